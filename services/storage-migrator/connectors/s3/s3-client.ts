import { hash, subtle } from 'node:crypto';
import { Pool } from 'undici';
import { SmartantError } from '@smartant/kernel';
import type { OpenStorageOptions, WriteGuard } from '@smartant/connectors';
import { BodyTooLongError, ResponseCollector, type HttpResponse } from './response-collector';
import { pause, PATIENT, RetryPolicy } from './retry-policy';
import { s3Address, type S3Address, type S3Location } from './s3-address';
import { cancelled } from '../cancellation';
import { mayHaveHappened, refusalError, transportError } from './s3-errors';
import { bodyOnTheWire, mayStillLand, type S3Request } from './s3-request';
import { s3Transport, type NetworkPolicy, type S3Transport } from './s3-transport';
import { readErrorBody } from './s3-xml';
import { canonicalQuery, EMPTY_PAYLOAD_HASH, RequestSigner, UNSIGNED_PAYLOAD } from './sigv4';

export interface S3Response extends HttpResponse {
  /** True when an earlier attempt of this request may have been carried out as well. */
  uncertain: boolean;
}

/** What most of this connector needs of a client: a guarded one will do. */
export type S3Requests = Pick<S3Client, 'address' | 'location' | 'send'>;

const CONTROL_ANSWER_LIMIT = 32 * 1024 * 1024;
const CONNECTIONS = 32;
/** Bodies above this are hashed off the main thread, and over plain HTTP sent unsigned where the store takes that. */
const LARGE_BODY = 256 * 1024;
/** A request must end within this, plus the time its bytes need at the slowest useful speed. */
const REQUEST_MS = 60_000;
const SLOWEST_BYTES_PER_MS = 50;

/** Signed S3 requests over pooled connections, repeated while that helps. The hot path of every copy. */
export class S3Client {
  readonly address: S3Address;
  private readonly pool: Pool;
  private readonly signer: RequestSigner;
  private allowed: Promise<void> | undefined;
  private unsignedRefused = false;
  private clockOffsetMs = 0;

  constructor(
    readonly location: S3Location,
    private readonly options: OpenStorageOptions,
    private readonly network: NetworkPolicy,
    private readonly transport: S3Transport = s3Transport(location, options, network),
  ) {
    this.address = s3Address(location);
    this.signer = new RequestSigner(location.region);
    this.pool = new Pool(this.address.origin, {
      connections: CONNECTIONS,
      pipelining: 1,
      headersTimeout: REQUEST_MS,
      bodyTimeout: REQUEST_MS,
      connect: transport.connect,
    });
  }

  /** The same client over the same connections, with a guard over every request. */
  guardedBy(guard: WriteGuard): S3Requests {
    return { address: this.address, location: this.location, send: (request, signal) => this.send({ ...request, guard }, signal) };
  }

  /**
   * Raises one of ours for any status of 300 and above. `details.uncertain` is set when an earlier attempt of the request may
   * have been carried out: a precondition may then fail because of our own write.
   */
  async send(request: S3Request, signal: AbortSignal): Promise<S3Response> {
    const policy = new RetryPolicy(request.budget ?? PATIENT);
    let uncertain = false;
    let adjusted = false;
    for (;;) {
      const sent = { begun: false };
      try {
        return Object.assign(await this.attempt(request, sent, signal), { uncertain });
      } catch (error) {
        const failure = error instanceof SmartantError ? error : transportError(error, request.operation);
        if (sent.begun && mayStillLand(request, failure)) await request.guard?.mayLandLate();
        if (signal.aborted) throw cancelled(signal.reason);
        if (!adjusted && this.adjust(failure)) {
          adjusted = true;
          continue;
        }
        const delayMs = policy.delayAfter(failure);
        if (uncertain) failure.details['uncertain'] = 'true';
        if (delayMs === undefined) throw failure;
        uncertain ||= mayHaveHappened(failure);
        this.options.onRetry?.(failure.code);
        await pause(delayMs, signal);
      }
    }
  }

  /** Learns from a refusal what the next attempt has to do otherwise; false when there is nothing to learn. */
  private adjust(failure: SmartantError): boolean {
    const { s3Code, serverTime } = failure.details;
    if (failure.code === 'STORAGE_CLOCK_SKEWED' && serverTime) {
      this.clockOffsetMs = Number(serverTime) - Date.now();
      return true;
    }
    if (this.unsignedRefused || !s3Code || !UNSIGNED_REFUSALS.has(s3Code)) return false;
    this.unsignedRefused = true;
    return true;
  }

  private async attempt(request: S3Request, sent: { begun: boolean }, signal: AbortSignal): Promise<HttpResponse> {
    if (signal.aborted) throw cancelled(signal.reason);
    await this.assertAllowed();
    await this.options.admit?.({ bytes: Math.max(request.body?.length ?? 0, request.maxBytes ?? 0) }, signal);
    const headers = await this.signedHeaders(request, signal);
    const response = await this.exchange(request, headers, sent, signal);
    if (response.status >= 300) throw this.refusal(request, response);
    return response;
  }

  /** Asked once; again after a refusal, which may come from a name that could not be resolved just then. Over a way, the dialer asks. */
  private async assertAllowed(): Promise<void> {
    if (this.location.via?.length) return;
    const asked = (this.allowed ??= this.network.assertAllowed?.(this.address.hostname) ?? Promise.resolve());
    try {
      await asked;
    } catch (error) {
      if (this.allowed === asked) this.allowed = undefined;
      throw error;
    }
  }

  private async signedHeaders(request: S3Request, signal: AbortSignal): Promise<Record<string, string>> {
    const secret = await this.options.secret(signal);
    const headers = request.headers ?? {};
    if (secret.kind === 'none') return onTheWire({ ...headers, host: this.address.host });
    const signed = this.signer.sign(
      {
        method: request.method,
        host: this.address.host,
        path: this.address.path(request.key),
        query: request.query ?? {},
        headers,
        payloadHash: await this.payloadHash(request.body),
        nowMs: Date.now() + this.clockOffsetMs,
      },
      secret,
    );
    return onTheWire(signed);
  }

  /** TLS already protects the body; over plain HTTP the signature does, except where hashing would cost too much. */
  private async payloadHash(body: Buffer | undefined): Promise<string> {
    if (!body || body.length === 0) return EMPTY_PAYLOAD_HASH;
    if (this.address.secure) return UNSIGNED_PAYLOAD;
    if (body.length <= LARGE_BODY) return hash('sha256', body);
    if (!this.unsignedRefused) return UNSIGNED_PAYLOAD;
    return Buffer.from(await subtle.digest('SHA-256', body as Buffer<ArrayBuffer>)).toString('hex');
  }

  private exchange(
    request: S3Request,
    headers: Record<string, string>,
    sent: { begun: boolean },
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const beforeStart = (): void => {
      request.guard?.mayWrite();
      sent.begun = true;
    };
    return new Promise((resolve, reject) => {
      const onAbort = () => collector.abort(cancelled(signal.reason));
      const expected = {
        maxBytes: request.maxBytes ?? CONTROL_ANSWER_LIMIT,
        bodyless: request.method === 'HEAD',
        into: request.into,
        beforeStart,
      };
      const collector = new ResponseCollector(expected, (outcome) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        if ('response' in outcome) resolve(outcome.response);
        else reject(outcome.error instanceof BodyTooLongError ? tooLong(request, outcome.error) : outcome.error);
      });
      const deadlineMs = REQUEST_MS + ((request.body?.length ?? 0) + (request.maxBytes ?? 0)) / SLOWEST_BYTES_PER_MS;
      const timer = setTimeout(() => collector.abort(overdue(request)), deadlineMs);
      signal.addEventListener('abort', onAbort, { once: true });
      const query = canonicalQuery(request.query ?? {});
      const path = query ? `${this.address.path(request.key)}?${query}` : this.address.path(request.key);
      this.pool.dispatch({ path, method: request.method, ...bodyOnTheWire(request, headers) }, collector);
    });
  }

  private refusal(request: S3Request, response: HttpResponse): SmartantError {
    const { code, message, requestId } = readErrorBody(response.body);
    const error = refusalError({
      status: response.status,
      s3Code: code,
      message,
      operation: request.operation,
      namesObject: request.key !== undefined,
      bucketRegion: response.headers['x-amz-bucket-region'],
      requestId: requestId ?? response.headers['x-amz-request-id'],
    });
    const serverTime = Date.parse(response.headers['date'] ?? '');
    if (error.code === 'STORAGE_CLOCK_SKEWED' && Number.isFinite(serverTime)) error.details['serverTime'] = String(serverTime);
    return error;
  }

  async close(): Promise<void> {
    await this.pool.destroy();
    this.transport.close();
  }
}

/** How stores say that they want the body's hash in the signature. */
const UNSIGNED_REFUSALS = new Set(['XAmzContentSHA256Mismatch', 'InvalidDigest', 'XMinioContentSHA256Mismatch', 'ContentSHA256Required']);

/** undici writes header values as Latin-1; UTF-8 bytes pass through as such. */
function onTheWire(headers: Record<string, string>): Record<string, string> {
  for (const name in headers) {
    const value = headers[name] ?? '';
    if (/[^\t\x20-\x7e]/.test(value)) headers[name] = Buffer.from(value, 'utf8').toString('latin1');
  }
  return headers;
}

function tooLong(request: S3Request, cause: Error): SmartantError {
  return new SmartantError('STORAGE_ANSWER_TOO_LONG', `The store sent more than was asked for (${request.operation}).`, {
    kind: 'precondition',
    hint: 'A store that ignores byte ranges, or a proxy in between, does this.',
    cause,
  });
}

function overdue(request: S3Request): SmartantError {
  return new SmartantError('STORAGE_TIMEOUT', `The request took too long (${request.operation}).`, {
    kind: 'timeout',
    actor: 'user',
    retry: { kind: 'backoff' },
  });
}
