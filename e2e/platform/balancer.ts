import { connect, createServer, type Server, type Socket } from 'node:net';
import { lastingPort } from '@smartant/test-servers';

/** Forwards each connection to one of the ports that `choose` offers, as a Kubernetes Service does: per connection, not per call. */
export class Balancer {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(
    readonly port: number,
    private readonly choose: () => number | undefined,
  ) {
    this.server = createServer((socket) => this.forward(socket));
  }

  /** Listens on 127.0.0.1. `choose` answers with the port of a replica that is ready, or nothing when there is none. */
  static async start(choose: () => number | undefined): Promise<Balancer> {
    const balancer = new Balancer(await lastingPort(), choose);
    await new Promise<void>((resolve, reject) => {
      balancer.server.once('error', reject).listen(balancer.port, '127.0.0.1', resolve);
    });
    return balancer;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  private forward(inbound: Socket): void {
    const port = this.choose();
    if (port === undefined) return void inbound.destroy();
    const outbound = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.once('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}
