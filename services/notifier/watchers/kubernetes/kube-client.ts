import http, { type IncomingMessage } from 'node:http';
import https, { type RequestOptions } from 'node:https';
import { expired, kubeConfigInvalid, refused, unreachable } from '../watcher-errors';

/** What is needed of `KubeConfig` of @kubernetes/client-node: where the server is, and who asks. Tokens that are renewed are read anew by it. */
export interface KubeAccess {
  getCurrentCluster(): { readonly server: string } | null;
  applyToHTTPSOptions(options: RequestOptions): Promise<void>;
}

export interface Status {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string }[]; readonly retryAfterSeconds?: number };
}

const BODY_BYTES = 128 * 1024 * 1024;
/** A body that is not JSON may be anybody's page: only a little of it is read. */
const MESSAGE_CHARACTERS = 300;

export interface Ask {
  readonly query?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** The connection is given up when nothing came for so long. */
  readonly idleMs: number;
}

/** Reads of the API server, each over a connection of its own, which ends with its signal. */
export class KubeClient {
  constructor(private readonly access: KubeAccess) {
    if (!access.getCurrentCluster()) throw kubeConfigInvalid('it names no cluster');
  }

  /** Raises KUBERNETES_UNREACHABLE, KUBERNETES_FORBIDDEN, KUBERNETES_WATCH_EXPIRED or KUBERNETES_REFUSED. */
  async list<Answer>(path: string, ask: Ask): Promise<Answer> {
    const text = await textOf(await this.open(path, ask), BODY_BYTES);
    try {
      return JSON.parse(text) as Answer;
    } catch (error) {
      throw unreachable(error);
    }
  }

  /** An answer whose body comes as things happen. Raises as `list`. */
  async open(path: string, ask: Ask): Promise<IncomingMessage> {
    const answer = await this.ask(path, ask);
    if (answer.statusCode === 200) return answer;
    throw failureOf(answer, await textOf(answer, BODY_BYTES));
  }

  /** Any status with its body. Raises KUBERNETES_UNREACHABLE. */
  async probe(path: string, ask: Ask): Promise<{ status: number; body: string }> {
    const answer = await this.ask(path, ask);
    return { status: answer.statusCode ?? 0, body: await textOf(answer, 1024 * 1024) };
  }

  private async ask(path: string, { query = {}, signal, idleMs }: Ask): Promise<IncomingMessage> {
    const url = new URL(`${this.access.getCurrentCluster()!.server.replace(/\/+$/, '')}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const options: RequestOptions = { method: 'GET', headers: { accept: 'application/json' }, signal };
    try {
      await this.access.applyToHTTPSOptions(options);
    } catch (error) {
      throw kubeConfigInvalid(error instanceof Error ? error.message : String(error), error);
    }
    // A plain agent of the client keeps the authority and certificate that it was made with, over those just read, which may have been renewed.
    if (isPlain(options.agent)) options.agent = false;
    return new Promise<IncomingMessage>((resolve, reject) => {
      const request = (url.protocol === 'http:' ? http : https).request(url, options, resolve);
      request.setTimeout(idleMs, () => request.destroy(new Error(`nothing came for ${idleMs} ms`)));
      request.on('error', (error) => reject(unreachable(error)));
      request.end();
    });
  }
}

const isPlain = (agent: RequestOptions['agent']) =>
  typeof agent === 'object' && [http.Agent.prototype, https.Agent.prototype].includes(Object.getPrototypeOf(agent) as http.Agent);

export async function textOf(answer: IncomingMessage, limitBytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of answer as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > limitBytes) throw new Error(`the answer is longer than ${limitBytes} bytes`);
      parts.push(part);
    }
  } catch (error) {
    throw unreachable(error);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** An answer's failure, or that of a watch whose last line is a Status. */
export function statusFailure(status: Status, fallbackCode: number, retryAfter?: string): Error {
  const code = status.code ?? fallbackCode;
  // A version of the future: etcd was restored from a backup.
  const fromTheFuture = status.details?.causes?.some(({ reason }) => reason === 'ResourceVersionTooLarge') ?? false;
  if (code === 410 || fromTheFuture) return expired();
  const seconds = Number(retryAfter ?? status.details?.retryAfterSeconds ?? Number.NaN);
  return refused(code, (status.message ?? '').slice(0, MESSAGE_CHARACTERS), Number.isFinite(seconds) ? seconds * 1000 : undefined);
}

function failureOf(answer: IncomingMessage, text: string): Error {
  let status: Status = {};
  try {
    status = (JSON.parse(text) ?? {}) as Status;
  } catch {
    // What stands before the API server answers in words of its own.
  }
  return statusFailure(
    { ...status, ...(typeof status.code !== 'number' && { code: answer.statusCode ?? 0 }) },
    0,
    answer.headers['retry-after'],
  );
}
