import { SmartantError } from '@smartant/kernel';
import { counter } from '@smartant/platform/metrics';
import type { Response } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** How many requests of one caller a process takes in a window of time. */
export interface RequestRate {
  requests: number;
  windowSeconds: number;
}

/** 300 a second on average. The heaviest honest client, an import with 32 requests at once, stays below it. */
export const DEFAULT_REQUEST_RATE: RequestRate = { requests: 3_000, windowSeconds: 10 };

const limited = counter('smartant_request_rate_limited_total', 'Requests that were refused because their caller sent too many.', []);

/**
 * Counts the requests of each caller in this process, before anything is done for them. Admission protects the process by what is under
 * way; this protects everybody from one who asks quickly for what is cheap. A window begins with a caller's first request.
 */
export class RequestRateLimit {
  private readonly limiter: RateLimiterMemory;

  /** `onLimited` hears of a caller once in each window in which it is refused: a line for every refusal would be a flood of its own. */
  constructor(
    private readonly rate: RequestRate = DEFAULT_REQUEST_RATE,
    private readonly onLimited: (caller: string) => void = () => undefined,
  ) {
    this.limiter = new RateLimiterMemory({ points: rate.requests, duration: rate.windowSeconds });
  }

  /**
   * Counts one request and says in the answer's headers what is left: `RateLimit-Policy` and `RateLimit` of
   * https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/. Raises REQUEST_RATE_LIMITED.
   */
  async take(caller: string, response: Response): Promise<void> {
    const { requests, windowSeconds } = this.rate;
    response.setHeader('RateLimit-Policy', `"caller";q=${requests};w=${windowSeconds}`);
    try {
      this.tell(response, await this.limiter.consume(caller));
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      this.tell(response, refusal);
      limited.inc();
      if (refusal.consumedPoints === requests + 1) this.onLimited(caller);
      throw tooMany(this.rate, refusal.msBeforeNext);
    }
  }

  private tell(response: Response, { remainingPoints, msBeforeNext }: RateLimiterRes): void {
    response.setHeader('RateLimit', `"caller";r=${Math.max(0, remainingPoints)};t=${Math.ceil(msBeforeNext / 1_000)}`);
  }
}

function tooMany({ requests, windowSeconds }: RequestRate, waitMs: number): SmartantError {
  return new SmartantError('REQUEST_RATE_LIMITED', `You sent more than ${requests} requests in ${windowSeconds} s. Nothing was done.`, {
    kind: 'too-many',
    retry: { kind: 'after', delayMs: Math.max(1, waitMs) },
    hint: 'Wait for the time that Retry-After says, and spread requests by the RateLimit header of each answer.',
    details: { requests: String(requests), windowSeconds: String(windowSeconds) },
  });
}
