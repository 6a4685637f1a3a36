import type { Dispatcher } from 'undici';
import { transportError } from './s3-errors';

/** What the AWS SDK gives to a request handler; its own types come with a package that nothing else here needs. */
interface SdkRequest {
  method: string;
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  query?: Record<string, string | string[] | null>;
  headers: Record<string, string>;
  body?: string | Uint8Array;
}

/** The SDK repeats what says that it may be. The cause is for whoever explains it. */
export class NoAnswerError extends Error {
  readonly $retryable?: object;

  constructor(cause: unknown) {
    super('no answer', { cause });
    if (transportError(cause, 'ask the store').retryable) this.$retryable = {};
  }
}

const escape = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** Lets the AWS SDK send over an undici dispatcher, so that its connections are made like all others. Follows no redirect. */
export function undiciHandler(dispatcher: Dispatcher, { timeoutMs }: { timeoutMs: number }) {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (request: SdkRequest, { abortSignal }: { abortSignal?: AbortSignal } = {}) => {
      const asked: Dispatcher.RequestOptions = {
        origin: `${request.protocol}//${hostOf(request)}`,
        path: pathOf(request),
        method: request.method as Dispatcher.HttpMethod,
        headers: request.headers,
        body: request.body ?? null,
        signal: abortSignal,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      };
      const { statusCode, headers, body } = await dispatcher.request(asked).catch((cause: unknown) => {
        throw new NoAnswerError(cause);
      });
      return { response: { statusCode, headers: headers as Record<string, string>, body } };
    },
    destroy: () => void dispatcher.destroy(),
  };
}

function hostOf({ hostname, port }: SdkRequest): string {
  const bare = hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname;
  return port === undefined ? bare : `${bare}:${port}`;
}

function pathOf({ path, query = {} }: SdkRequest): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((one) => (one === null || one === undefined ? escape(name) : `${escape(name)}=${escape(one)}`)),
  );
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
}
