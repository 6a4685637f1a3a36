import { SmartantError } from '@smartant/kernel';
import {
  BrokenCircuitError,
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  retry,
  wrap,
  type IPolicy,
} from 'cockatiel';
import { Agent, type Dispatcher } from 'undici';
import { CIRCUIT_OPEN_MS, kmsUnavailable } from './transit-errors';

export interface TransitClientOptions {
  /** Scheme, host and port. */
  address: string;
  /** PEM; absent: the system's authorities. Certificates are always checked. */
  ca?: string;
  namespace?: string;
  /** Of one attempt. */
  timeoutMs: number;
}

export interface TransitAnswer {
  status: number;
  /** What the server answered with, unchecked; undefined where it is no JSON. */
  body: unknown;
}

const ATTEMPTS = 3;
const FAILURES_THAT_OPEN = 5;
const LARGEST_ANSWER_BYTES = 256 * 1024;

/**
 * HTTP calls to HashiCorp Vault or OpenBao. Encrypting, decrypting and signing in may all be sent twice, so every call is. After a row of
 * failures calls fail at once for some seconds: whoever waits for a secret learns it quickly, and a service that comes back is not run over.
 */
export class TransitClient {
  private readonly agent: Agent;
  private readonly policy: IPolicy;

  constructor(private readonly options: TransitClientOptions) {
    this.agent = new Agent({ connections: 16, connect: { ca: options.ca, timeout: options.timeoutMs } });
    const unavailable = handleWhen((error) => error instanceof SmartantError && error.code === 'VAULT_KMS_UNAVAILABLE');
    this.policy = wrap(
      retry(unavailable, { maxAttempts: ATTEMPTS - 1, backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 400 }) }),
      circuitBreaker(unavailable, { halfOpenAfter: CIRCUIT_OPEN_MS, breaker: new ConsecutiveBreaker(FAILURES_THAT_OPEN) }),
    );
  }

  /** Raises VAULT_KMS_UNAVAILABLE where nothing answers, or the server says that it cannot just now. Every other status is an answer. */
  async call(method: 'GET' | 'POST', path: string, body: object | undefined, token: string | undefined): Promise<TransitAnswer> {
    try {
      return await this.policy.execute(() => this.attempt(method, path, body, token));
    } catch (error) {
      if (error instanceof BrokenCircuitError) throw kmsUnavailable('it did not the last times, and is left alone for a moment');
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.agent.close();
  }

  private async attempt(method: 'GET' | 'POST', path: string, body: object | undefined, token: string | undefined): Promise<TransitAnswer> {
    const { address, namespace, timeoutMs } = this.options;
    const signal = AbortSignal.timeout(timeoutMs);
    const answer = await this.agent
      .request({
        origin: address.replace(/\/$/, ''),
        path: `/v1/${path}`,
        method,
        headers: {
          ...(token === undefined ? {} : { 'x-vault-token': token }),
          ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal,
      })
      .then(async (response) => ({ status: response.statusCode, body: await readJson(response.body) }))
      .catch((error: unknown) => {
        throw kmsUnavailable(signal.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(error));
      });
    // 429: a quota, or a standby; 472 and 473: standbys; 5xx: sealed, or worse.
    if (answer.status === 429 || answer.status === 472 || answer.status === 473 || answer.status >= 500) {
      throw kmsUnavailable(`status ${answer.status}`);
    }
    return answer;
  }
}

async function readJson(body: Dispatcher.ResponseData['body']): Promise<unknown> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > LARGEST_ANSWER_BYTES) throw new Error('the answer is too long');
    pieces.push(piece);
  }
  const bytes = Buffer.concat(pieces);
  for (const piece of pieces) piece.fill(0);
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return undefined;
  } finally {
    bytes.fill(0);
  }
}

/** A code, and never the text of an error: it may repeat what was sent. */
function reasonOf(error: unknown): string {
  const { code, name } = error as { code?: string; name?: string };
  return code ?? name ?? 'unknown';
}
