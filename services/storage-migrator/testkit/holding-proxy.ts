import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP proxy that can keep what a client sends from reaching the server, also after the client has gone, and let it go on later. */
export class HoldingProxy {
  /** What the server answered to what had been held. */
  answered = '';
  private onHeld: (() => void) | undefined;
  private held: (() => void)[] | null = null;
  private readonly sockets = new Set<Socket>();
  private constructor(private readonly server: Server) {}

  /** `upstream`: an URL of the server. */
  static async start(upstream: string): Promise<HoldingProxy> {
    const { hostname, port } = new URL(upstream);
    const server = createServer({ allowHalfOpen: true });
    const proxy = new HoldingProxy(server);
    server.on('connection', (client) => proxy.relay(client, connect({ host: hostname, port: Number(port), allowHalfOpen: true })));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Bytes that wait to go on. */
  heldBytes = 0;
  /** Clients that have gone while something of theirs was held. */
  abandoned = 0;

  /** `onHeld` is called with the first bytes that are kept. */
  hold(onHeld?: () => void): void {
    this.held ??= [];
    this.onHeld = onHeld;
  }

  release(): void {
    const { held } = this;
    this.held = null;
    for (const pass of held ?? []) pass();
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private relay(client: Socket, upstream: Socket): void {
    let wasHeld = false;
    client.on('data', (chunk) => {
      if (!this.held) return void upstream.write(chunk);
      wasHeld = true;
      this.heldBytes += chunk.length;
      this.held.push(() => void upstream.write(chunk));
      this.onHeld?.();
    });
    // Some servers drop a request whose client is gone: to them it seems to be there still, as one that is stopped would.
    client.once('end', () => void (wasHeld ? (this.abandoned += 1) : upstream.end()));
    upstream.on('data', (chunk) => {
      if (wasHeld) this.answered += chunk.toString('latin1');
      client.write(chunk);
    });
    upstream.on('end', () => client.end());
    for (const socket of [client, upstream]) {
      this.sockets.add(socket);
      // The other side may be gone: that is what it is for.
      socket.on('error', () => undefined);
      socket.on('close', () => this.sockets.delete(socket));
    }
  }
}
