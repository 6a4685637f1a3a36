import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RecordedRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: unknown;
}

/** Answers with JSON, or does as it likes with the response. */
export type Reply = { status?: number; body?: unknown } | ((response: ServerResponse) => void);
export type Script = Record<string, (request: RecordedRequest) => Reply>;

/** An HTTP server that speaks the documented API by script, for what is hard to provoke in a real one. Not a model of the product. */
export class ScriptedApi {
  private constructor(
    private readonly server: Server,
    readonly url: string,
    readonly requests: RecordedRequest[],
  ) {}

  /** `script` maps "METHOD /path" (the workspace's prefix left out) to a reply. Signing in always works unless it says otherwise. */
  static async start(script: Script): Promise<ScriptedApi> {
    const full: Script = { 'POST /v1/auth/token': () => ({ body: { accessToken: 'token-1', expiresInSeconds: 600 } }), ...script };
    const requests: RecordedRequest[] = [];
    const server = createServer((request, response) => void answer(request, response, full, (recorded) => requests.push(recorded)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ScriptedApi(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests);
  }

  /** Requests to one route. */
  to(route: string): RecordedRequest[] {
    return this.requests.filter(({ method, path }) => `${method} ${path}` === route);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  script: Script,
  record: (recorded: RecordedRequest) => void,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  const url = new URL(request.url ?? '/', 'http://scripted');
  const path = decodeURIComponent(url.pathname).replace('/v1/workspaces/default', '');
  const recorded = {
    method: request.method ?? '',
    path,
    query: url.searchParams,
    headers: request.headers,
    body: text ? (JSON.parse(text) as unknown) : undefined,
  };
  record(recorded);
  const reply = script[`${recorded.method} ${path}`]?.(recorded) ?? { status: 404, body: problem(404, 'NOT_FOUND', `nothing at ${path}`) };
  if (typeof reply === 'function') return reply(response);
  const status = reply.status ?? 200;
  const type = status >= 400 ? 'application/problem+json' : 'application/json';
  response.writeHead(status, { 'content-type': type }).end(status === 204 ? undefined : JSON.stringify(reply.body));
}

/** A problem as the API documents it. */
export function problem(status: number, code: string, detail: string, more: object = {}): object {
  return {
    type: 'about:blank',
    title: code,
    status,
    detail,
    code,
    docs: `https://smartant.io/errors/${code}`,
    retryable: false,
    traceId: 'feedbeef',
    ...more,
  };
}

/** Sends updates as an event stream; `ending` says how the connection ends. */
export function eventStream(updates: object[], ending: 'open' | 'close' | 'cut'): Reply {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': keep-alive\n\n');
    for (const update of updates) response.write(`event: update\ndata: ${JSON.stringify(update)}\n\n`);
    if (ending === 'close') response.end();
    // Flushed first: a cut must not take what was sent with it.
    if (ending === 'cut') setImmediate(() => setImmediate(() => response.destroy()));
  };
}
