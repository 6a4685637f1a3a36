import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Somebody's webhook that refuses, and repeats in its answer all that it was given, as careless ones do. */
export class RepeatingProvider {
  asked = 0;
  private readonly server = createServer((request, response) => {
    this.asked += 1;
    const text = JSON.stringify({ error: `refused: ${request.url}`, headers: request.headers });
    response.writeHead(401, { 'content-type': 'application/json', 'www-authenticate': `Bearer realm="${request.headers.authorization}"` });
    response.end(text);
  });

  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
