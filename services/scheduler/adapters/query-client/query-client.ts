import type { z } from 'zod';
import { SmartantError } from '@smartant/kernel';

export interface QueryClientOptions {
  /** Of the store, without credentials. Requests go below its path. */
  baseUrl: string;
  /** The guarded one: an administrator's setting must not become a way into the inner network by a redirect either. */
  fetch: typeof fetch;
  /** Sent with each request; never logged. */
  authorization?: string;
  /** Headers beside it, for example Loki's tenant. */
  headers?: Record<string, string>;
  /** What failures say: `TRACE_STORE_UNAVAILABLE`, and what the store is called. */
  failure: { code: string; store: string };
}

const TIMEOUT_MS = 15_000;
/** Of an answer: a trace or a page of log lines is far below. */
const LONGEST_ANSWER = 64 * 1024 * 1024;

/** Asks a store of traces or logs over HTTP, within bounds of time and size. */
export class QueryClient {
  constructor(private readonly options: QueryClientOptions) {}

  /** Null for 404: what was asked for is not there. Answers of another shape are failures. */
  get<T>(path: string, query: Record<string, string>, shape: z.ZodType<T>, signal: AbortSignal): Promise<T | null> {
    return this.ask(path, query, { method: 'GET' }, shape, signal);
  }

  post<T>(path: string, body: object, shape: z.ZodType<T>, signal: AbortSignal): Promise<T | null> {
    return this.ask(path, {}, { method: 'POST', body: JSON.stringify(body) }, shape, signal);
  }

  private async ask<T>(
    path: string,
    query: Record<string, string>,
    init: { method: string; body?: string },
    shape: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T | null> {
    const { baseUrl, authorization, headers } = this.options;
    const url = new URL(`${baseUrl.replace(/\/+$/, '')}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.append(name, value);
    try {
      const response = await this.options.fetch(url, {
        ...init,
        headers: {
          accept: 'application/json',
          ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(authorization === undefined ? {} : { authorization }),
          ...headers,
        },
        // A store that sends us elsewhere is not the one that was configured.
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      const text = await readBounded(response);
      if (response.status === 404) return null;
      if (!response.ok) throw new Error(`it answered with status ${response.status}`);
      return shape.parse(JSON.parse(text));
    } catch (error) {
      signal.throwIfAborted();
      throw this.unavailable(error);
    }
  }

  /** The store's own words stay out: they may quote what it holds. A refusal of the egress guard is told as it is. */
  private unavailable(error: unknown): SmartantError {
    for (let cause: unknown = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
      if (cause instanceof SmartantError) return cause;
    }
    const { code, store } = this.options.failure;
    // Those of a parser would quote the answer.
    const isOfParser = error instanceof SyntaxError || (error instanceof Error && error.name === 'ZodError');
    const message = isOfParser ? 'its answer has another shape' : error instanceof Error ? error.message : 'unknown';
    return new SmartantError(code, `${store} could not be asked: ${message}.`, {
      kind: 'unavailable',
      retry: { kind: 'backoff' },
      actor: 'operator',
      hint: `Check that ${store} runs, and the address and credentials that the scheduler has of it.`,
      cause: error,
    });
  }
}

async function readBounded(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > LONGEST_ANSWER) throw new Error('its answer is longer than 64 MiB');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
