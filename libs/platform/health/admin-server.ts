import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SmartantError } from '@smartant/kernel';
import type { Logger } from '@smartant/platform/logging';
import { renderMetrics, type Registry } from '@smartant/platform/metrics';
import type { HealthRegistry } from './health-registry';

export interface AdminServerOptions {
  host: string;
  /** 0: any free port (see `AdminServer.port`). */
  port: number;
  health: HealthRegistry;
  registry: Registry;
  logger: Logger;
}

export interface AdminServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Plain HTTP for probes and Prometheus, on a port of its own that no user reaches: `/livez` (200 while the event loop turns), `/readyz`
 * (200 or 503 with each check), `/metrics` (with exemplars for who accepts OpenMetrics). Raises `PORT_IN_USE`, or `LISTEN_FAILED`.
 */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { logger } = options;
  const server = createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      logger.error({ err: error, path: request.url }, 'admin request failed');
      response.writeHead(500).end();
    });
  });
  await listen(server, options.host, options.port);
  const { port } = server.address() as AddressInfo;
  logger.debug({ host: options.host, port }, 'admin server listens');
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, { health, registry }: AdminServerOptions): Promise<void> {
  const path = (request.url ?? '/').split('?')[0];
  if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
  if (path === '/livez') return sendJson(response, 200, { status: 'ok' });
  if (path === '/readyz') {
    const report = await health.report();
    return sendJson(response, report.ready ? 200 : 503, report);
  }
  if (path === '/metrics') {
    const { contentType, body } = await renderMetrics(registry, request.headers.accept);
    return void response.writeHead(200, { 'content-type': contentType }).end(body);
  }
  return sendJson(response, 404, { status: 'not found' });
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(body));
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, resolve);
  });
}

/** A listen failure as one of ours. Also for the HTTP API and gRPC. */
export function listenError(error: NodeJS.ErrnoException, host: string, port: number): SmartantError {
  const details = { host, port: String(port) };
  if (error.code === 'EADDRINUSE') {
    return new SmartantError('PORT_IN_USE', `Port ${port} on ${host} is already in use.`, {
      kind: 'unavailable',
      hint: `Stop the program that listens on ${port}, or choose another port.`,
      details,
      cause: error,
    });
  }
  return new SmartantError('LISTEN_FAILED', `Cannot listen on ${host} port ${port} (${error.code ?? 'unknown'}).`, {
    kind: 'unavailable',
    hint: 'Check that the address belongs to this machine and that the port is allowed (below 1024 needs rights).',
    details,
    cause: error,
  });
}
