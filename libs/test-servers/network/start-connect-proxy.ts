import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { listening, type NetworkServer } from './listening';

export interface ConnectProxyOptions {
  /** "user:password" that is asked for. */
  credentials?: string;
  /** Answers instead of connecting. */
  status?: number;
  tls?: { cert: string; key: string };
}

export interface ConnectProxy extends NetworkServer {
  /** The authorities that were asked for. */
  readonly asked: string[];
}

/** An HTTP proxy that knows CONNECT. */
export async function startConnectProxy({ credentials, status, tls }: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const asked: string[] = [];
  const server = tls ? createTlsServer(tls) : createServer();
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    client.on('error', () => undefined);
    asked.push(request.url ?? '');
    const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
    if (wanted && request.headers['proxy-authorization'] !== wanted) return void client.end('HTTP/1.1 407 Sign in\r\n\r\n');
    if (status) return void client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const { hostname, port } = new URL(`http://${request.url}`);
    const target = connect(Number(port) || 80, hostname.replace(/^\[|\]$/g, ''), () => {
      client.write('HTTP/1.1 200 Connected\r\n\r\n');
      client.pipe(target).pipe(client);
    });
    target.on('error', () => client.end('HTTP/1.1 502 Unreachable\r\n\r\n'));
    client.on('close', () => target.destroy());
    target.on('close', () => client.destroy());
  });
  return { ...(await listening(server)), asked };
}
