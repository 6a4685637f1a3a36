import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TestCertificate } from '@smartant/test-servers';

export interface SeenRequest {
  method: string;
  /** With its query. */
  path: string;
  query: URLSearchParams;
  headers: Record<string, string>;
  body: string;
  json: Record<string, unknown>;
}

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON. */
  body?: unknown;
}

export type Behaviour = ((request: SeenRequest) => Reply) | 'hang' | 'drop' | 'endless';

/** A provider over HTTPS that does what it is told, and remembers what it was asked. */
export interface ProviderServer {
  readonly url: string;
  readonly port: number;
  readonly seen: SeenRequest[];
  connections(): number;
  behave(behaviour: Behaviour): void;
  /** When a request has come that is not answered. */
  waiting(): Promise<void>;
  close(): Promise<void>;
}

export async function startProvider(certificate: TestCertificate): Promise<ProviderServer> {
  const seen: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  let [connections, behaviour] = [0, (() => ({})) as Behaviour];
  const server = createServer({ cert: certificate.cert, key: certificate.key }, (request, response) => {
    void readRequest(request).then((asked) => {
      seen.push(asked);
      server.emit('asked');
      answer(behaviour, asked, request, response);
    });
  });
  server.on('tlsClientError', () => undefined);
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => undefined));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://localhost:${port}`,
    port,
    seen,
    connections: () => connections,
    behave: (next) => void (behaviour = next),
    waiting: () => once(server, 'asked').then(() => undefined),
    close: async () => {
      const closed = new Promise((done) => server.close(done));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function readRequest(request: IncomingMessage): Promise<SeenRequest> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  const body = Buffer.concat(pieces).toString('utf8');
  const path = request.url ?? '';
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const type = headers['content-type'] ?? '';
  const json = type.includes('json') ? (JSON.parse(body) as Record<string, unknown>) : {};
  return { method: request.method ?? '', path, query: new URL(path, 'https://x').searchParams, headers, body, json };
}

function answer(behaviour: Behaviour, asked: SeenRequest, request: IncomingMessage, response: ServerResponse): void {
  if (behaviour === 'hang') return;
  if (behaviour === 'drop') return void request.socket.destroy();
  if (behaviour === 'endless') return endless(response);
  const { status = 200, headers = {}, body = '' } = behaviour(asked);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json', ...headers }).end(text);
}

/** As JSON that never ends, so that whoever reads it to its end would fill the memory. */
function endless(response: ServerResponse): void {
  const piece = Buffer.alloc(16 * 1024, 0x20);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"a":"');
  const more = () => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', more).on('error', () => undefined);
  more();
}
