import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  /** Whether the signature is that of the key. */
  signed: boolean;
  deliveryId: string;
  body: string;
}

/** Somebody's own system that takes notifications: it checks their signatures as docs/guides/notifications.md describes them. */
export class HookReceiver {
  readonly received: Received[] = [];
  /** What it answers with. */
  status = 204;
  private readonly server = createServer((request, response) => void this.take(request, response));

  constructor(private readonly key: string) {}

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  /** What it took, and whose text holds a word. */
  taken(word: string): Received[] {
    return this.received.filter(({ body }) => body.includes(word));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const [, seconds = '', given = ''] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(request.headers['smartant-signature'])) ?? [];
    const wanted = createHmac('sha256', this.key).update(`${seconds}.${body}`).digest();
    const signed = given !== '' && timingSafeEqual(wanted, Buffer.from(given, 'hex'));
    if (this.status < 300) this.received.push({ signed, deliveryId: String(request.headers['smartant-delivery']), body });
    response.writeHead(this.status).end();
  }
}
