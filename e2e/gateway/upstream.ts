import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { PublishedKey } from '../../services/scheduler/application/identity/signing-keys';

/** What of a request reached the scheduler's place. */
export interface Arrival {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  bodyBytes: number;
}

/** An empty message of gRPC: not compressed, no bytes. */
const EMPTY_MESSAGE = Buffer.alloc(5);

/** Stands where the scheduler stands behind Kong: publishes keys, answers REST and gRPC, holds streams of events open, and notes what arrives. */
export class Upstream {
  readonly arrivals: Arrival[] = [];
  published: PublishedKey[] = [];
  private readonly streams: ServerResponse[] = [];
  private readonly http: Server;
  private readonly grpc: Http2Server;

  private constructor() {
    this.http = createServer((request, response) => {
      let bodyBytes = 0;
      request.on('data', (chunk: Buffer) => (bodyBytes += chunk.length));
      request.on('end', () => this.answer({ method: request.method!, path: request.url!, headers: request.headers, bodyBytes }, response));
    });
    this.grpc = createHttp2Server().on('stream', (stream, headers) => this.answerGrpc(stream, headers));
  }

  static async start(): Promise<Upstream> {
    const upstream = new Upstream();
    for (const server of [upstream.http, upstream.grpc]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return upstream;
  }

  get httpPort(): number {
    return (this.http.address() as AddressInfo).port;
  }

  get grpcPort(): number {
    return (this.grpc.address() as AddressInfo).port;
  }

  get jwksUrl(): string {
    return `http://127.0.0.1:${this.httpPort}/.well-known/jwks.json`;
  }

  /** Sends an event to everybody who watches; they stay. */
  tell(event: string): void {
    for (const stream of this.streams) stream.write(`data: ${event}\n\n`);
  }

  /** Ends what is watched. */
  endStreams(): void {
    for (const stream of this.streams.splice(0)) stream.end();
  }

  stop(): void {
    this.endStreams();
    this.http.close();
    this.http.closeAllConnections();
    this.grpc.close();
  }

  private answer(arrival: Arrival, response: ServerResponse): void {
    // gateway-keys asks past Kong: that is nobody's request.
    if (arrival.path === '/.well-known/jwks.json' && arrival.headers['x-forwarded-for'] === undefined) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: this.published }));
      return;
    }
    this.arrivals.push(arrival);
    if (arrival.path.endsWith('/watch')) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
      response.flushHeaders();
      this.streams.push(response);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"answered":true}');
  }

  private answerGrpc(stream: ServerHttp2Stream, headers: IncomingHttpHeaders & { ':path'?: string; ':method'?: string }): void {
    let bodyBytes = 0;
    stream.on('data', (chunk: Buffer) => (bodyBytes += chunk.length));
    stream.on('error', () => undefined);
    stream.on('end', () => {
      this.arrivals.push({ method: headers[':method'] ?? '', path: headers[':path'] ?? '', headers, bodyBytes });
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(EMPTY_MESSAGE);
    });
  }
}
