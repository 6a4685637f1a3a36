import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface PlainRequest {
  method?: string;
  /** Sent as it stands here: nothing is made shorter or encoded. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  bodyBytes?: number;
  /** Does not tell beforehand how long the body is. */
  chunked?: boolean;
}

export interface PlainAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** Where, and for TLS by which authority and for which name. */
export interface Place {
  host: string;
  port: number;
  tls?: { ca: string; name: string };
}

/** The answer's beginning; its body is left to the caller. */
export function opened(place: Place, request: PlainRequest): Promise<IncomingMessage> {
  const { method = 'GET', path, headers = {}, bodyBytes = 0, chunked = false } = request;
  const length = bodyBytes > 0 && !chunked ? { 'content-length': String(bodyBytes) } : {};
  const options = { host: place.host, port: place.port, method, path, headers: { ...length, ...headers }, agent: false as const };
  return new Promise((resolve, reject) => {
    const { tls } = place;
    const sent = tls ? httpsRequest({ ...options, ca: tls.ca, servername: tls.name }, resolve) : httpRequest(options, resolve);
    sent.on('error', reject);
    // Written before the end, so that a length that was not told stays untold.
    if (bodyBytes > 0) sent.write(Buffer.alloc(bodyBytes, 'x'));
    sent.end();
  });
}

export async function ask(place: Place, request: PlainRequest): Promise<PlainAnswer> {
  const answer = await opened(place, request);
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return { status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(chunks).toString() };
}
