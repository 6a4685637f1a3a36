import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A server of this process on a loopback port. */
export interface NetworkServer {
  readonly port: number;
  /** Connections that were ever made. */
  connections(): number;
  /** Ends every connection at once, and goes on listening. */
  cut(): void;
  close(): Promise<void>;
}

export async function listening(server: Server): Promise<NetworkServer> {
  const sockets = new Set<Socket>();
  let count = 0;
  server.on('connection', (socket: Socket) => {
    count += 1;
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => undefined));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => sockets.forEach((socket) => socket.destroy());
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => count,
    cut,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  };
}
