import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { lastingPort, type S3Server } from '@smartant/test-servers';

/** A slow way to a real store, on which every object that is put is counted: what was begun, and what the store has taken. */
export class CountedStore {
  /** By path, for objects whose key contains `watched`. */
  readonly begun = new Map<string, number>();
  readonly taken = new Map<string, number>();
  /** Of those that were begun: without an answer so far. */
  inFlight = 0;
  /** How long a watched object is on its way. Holds for what comes from now on. */
  delayMs = 0;
  private readonly server: Server;

  private constructor(
    private readonly store: URL,
    private readonly watched: string,
    readonly port: number,
  ) {
    this.server = createServer((inbound, answer) => void this.forward(inbound, answer));
  }

  static async before(store: S3Server, watched: string): Promise<CountedStore> {
    const counted = new CountedStore(new URL(store.serviceUrl), watched, await lastingPort());
    await new Promise<void>((resolve, reject) => counted.server.once('error', reject).listen(counted.port, '127.0.0.1', resolve));
    return counted;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  private async forward(inbound: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method, url: path = '', headers } = inbound;
    const [key = ''] = path.split('?');
    const counts = method === 'PUT' && key.includes(this.watched);
    if (counts) this.begin(key, answer);
    if (counts && this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    const outbound = request({ host: this.store.hostname, port: this.store.port, method, path, headers });
    outbound.once('response', (response) => {
      if (counts && response.statusCode === 200) add(this.taken, key);
      answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
      response.pipe(answer);
    });
    outbound.once('error', () => answer.destroy());
    // One that is cut off on its way lands all the same, as it may in a real network.
    inbound.pipe(outbound);
  }

  private begin(key: string, answer: ServerResponse): void {
    add(this.begun, key);
    this.inFlight += 1;
    answer.once('close', () => (this.inFlight -= 1));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
