import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SiteFile, SiteFiles } from './site-files';

/** What the index has in place of the nonce of its answer; Vite writes it there (`html.cspNonce`). */
const NONCE_PLACEHOLDER = '__CSP_NONCE__';
/** Names in this folder hold a digest of their content: a file of the same name never changes. */
const HASHED_FOLDER = 'assets/';
const YEAR_SECONDS = 31_536_000;

export interface StaticSiteOptions {
  files: SiteFiles;
  /** Where it is mounted, with a slash at both ends: `/console/`. */
  base: string;
}

/**
 * Serves a built single-page application: hashed assets for ever and compressed, and for every other address below its base the index, as
 * the application has addresses of its own. Styles that scripts add must carry the nonce of the index, which is new in each answer; nothing
 * else that is not a file of ours runs or is loaded.
 */
export class StaticSite {
  private readonly index: string;

  constructor(private readonly options: StaticSiteOptions) {
    this.index = options.files.get('index.html')?.identity.toString('utf8') ?? '';
  }

  /** Whether an address, without its query, is one of this site. */
  covers(path: string): boolean {
    return path.startsWith(this.options.base) || `${path}/` === this.options.base;
  }

  /** Answers a request that `covers` holds for. Headers that are set already stay, but for policy and caching. */
  answer(method: string, path: string, request: IncomingMessage, response: ServerResponse): void {
    if (method !== 'GET' && method !== 'HEAD') return refuse(response, 405, { Allow: 'GET, HEAD' });
    if (!path.startsWith(this.options.base)) return refuse(response, 308, { Location: this.options.base });
    const name = path.slice(this.options.base.length);
    const file = this.options.files.get(name);
    if (name === 'index.html' || (!file && !name.startsWith(HASHED_FOLDER))) return this.answerIndex(method, response);
    if (!file) return refuse(response, 404, { 'Cache-Control': 'no-store' });
    const caching = name.startsWith(HASHED_FOLDER) ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache';
    response.setHeader('Cache-Control', caching);
    send(method, response, file.contentType, smallest(file, request, response));
  }

  private answerIndex(method: string, response: ServerResponse): void {
    const nonce = randomBytes(16).toString('base64');
    response.setHeader('Content-Security-Policy', policy(nonce));
    response.setHeader('Cache-Control', 'no-store');
    send(method, response, 'text/html; charset=utf-8', Buffer.from(this.index.replaceAll(NONCE_PLACEHOLDER, nonce)));
  }
}

/** https://www.w3.org/TR/CSP3/ — images of data: are those inside style sheets. */
function policy(nonce: string): string {
  return [
    "default-src 'self'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** What was compressed at build, best first, where the client takes it. */
function smallest(file: SiteFile, request: IncomingMessage, response: ServerResponse): Buffer {
  const accepted = String(request.headers['accept-encoding'] ?? '');
  response.setHeader('Vary', 'Accept-Encoding');
  for (const encoding of ['br', 'gzip'] as const) {
    const content = file[encoding];
    if (!content || !new RegExp(`\\b${encoding}\\b(?!\\s*;\\s*q=0(\\.0*)?\\s*(,|$))`).test(accepted)) continue;
    response.setHeader('Content-Encoding', encoding);
    return content;
  }
  return file.identity;
}

function send(method: string, response: ServerResponse, contentType: string, content: Buffer): void {
  response.writeHead(200, { 'Content-Type': contentType, 'Content-Length': content.byteLength });
  response.end(method === 'HEAD' ? undefined : content);
}

function refuse(response: ServerResponse, status: number, headers: Record<string, string>): void {
  response.writeHead(status, { ...headers, 'Content-Length': 0 });
  response.end();
}
