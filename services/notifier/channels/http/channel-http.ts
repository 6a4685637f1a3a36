import { dialerFor, undiciConnector, type EgressGuard } from '@smartant/platform/egress';
import { Agent, type Dispatcher } from 'undici';
import { ChannelError } from '../../application/ports/channel-error';
import { refused } from '../channel-refusals';
import { transportRefusal } from './transport-refusal';

export interface HttpRequest {
  method?: 'GET' | 'POST' | 'PUT';
  url: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface HttpAnswer {
  status: number;
  /** By lower-case name; of a repeated one the first. */
  headers: Readonly<Record<string, string>>;
  text: string;
  /** Undefined where it is no JSON. */
  json: unknown;
}

/** Providers answer in some hundred bytes. More is not read: it is no provider. */
export const LONGEST_ANSWER_BYTES = 256 * 1024;

/**
 * HTTP to one provider. Every connection is judged when it is made and its certificate verified; redirects are answers and are not
 * followed. A connection serves one request: messages are rare, and one that the provider has closed meanwhile would look like a failure.
 */
export class ChannelHttp {
  private readonly agent: Agent;

  constructor(guard: EgressGuard, caPem?: string) {
    const dialer = dialerFor({ guard, ways: [], secret: async () => ({}) });
    const connect = undiciConnector({ dialer, tls: async () => ({ caPem: caPem === '' ? undefined : caPem }) });
    this.agent = new Agent({ pipelining: 0, connect });
  }

  /** Any status is an answer. Raises ChannelError for what is wrong with the connection, or with an answer that never ends. */
  async send({ method = 'POST', url, headers = {}, body }: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const { origin, pathname, search } = new URL(url);
    try {
      const all = { 'user-agent': 'smartant-notifier', ...headers };
      const answer = await this.agent.request({ origin, path: `${pathname}${search}`, method, headers: all, body, signal });
      const text = await readText(answer.body);
      return { status: answer.statusCode, headers: firstOfEach(answer.headers), text, json: parsed(text) };
    } catch (error) {
      if (error instanceof ChannelError) throw error;
      throw transportRefusal(error);
    }
  }

  /** Bytes of JSON, in which every character beyond ASCII is as it is. */
  sendJson(url: string, body: unknown, signal: AbortSignal, headers: Record<string, string> = {}): Promise<HttpAnswer> {
    const all = { 'content-type': 'application/json; charset=utf-8', accept: 'application/json', ...headers };
    return this.send({ url, headers: all, body: JSON.stringify(body) }, signal);
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }
}

async function readText(body: Dispatcher.ResponseData['body']): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > LONGEST_ANSWER_BYTES) throw refused('answer', { detail: 'the answer is too long' });
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function firstOfEach(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, (Array.isArray(value) ? value[0] : value) ?? '']));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
