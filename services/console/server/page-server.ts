import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listenError } from '@smartant/platform/health';
import { StaticSite, type SiteFiles } from '@smartant/platform/static-site';

/** As the scheduler of `npm start` serves it; the build has it written into its addresses. */
const BASE = '/console/';
const HEADERS_TIMEOUT_MS = 10_000;

/** Beside the policy, which the site sets itself. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

export interface PageServer {
  readonly port: number;
  close(): Promise<void>;
}

/** The console's files over plain HTTP, for a gateway that ends TLS. Nothing else is at any other address. Raises PORT_IN_USE. */
export async function startPageServer(files: SiteFiles, host: string, port: number): Promise<PageServer> {
  const site = new StaticSite({ files, base: BASE });
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS }, (request, response) => answer(site, request, response));
  await listen(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function answer(site: StaticSite, request: IncomingMessage, response: ServerResponse): void {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  const path = (request.url ?? '').split('?')[0] ?? '';
  if (site.covers(path)) site.answer(request.method ?? '', path, request, response);
  else response.writeHead(404, { 'Content-Length': 0 }).end();
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, resolve);
  });
}
