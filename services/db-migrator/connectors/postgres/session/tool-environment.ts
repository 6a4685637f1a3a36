import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { DatabaseSecret, PostgresLocation } from '@smartant/connectors';
import type { ToolEnvironment } from './pg-session';

export interface ToolEnvironmentOptions {
  location: PostgresLocation;
  secret: DatabaseSecret;
  /** A fresh stream to the server, with its TLS up. */
  connect: (signal: AbortSignal) => Promise<Duplex>;
}

const SOCKET_PORT = 5432;

/**
 * Programs that use libpq connect to a socket in a folder of ours, which carries them to the server as a session of ours would get there:
 * judged by the guard, over the way, with TLS made here. So no name is resolved by another program, and no key of TLS is written down.
 */
export async function makeToolEnvironment({ location, secret, connect }: ToolEnvironmentOptions): Promise<ToolEnvironment> {
  const folder = await mkdtemp(join(tmpdir(), 'smartant-pg-'));
  const stopped = new AbortController();
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket)).on('error', () => socket.destroy());
    connect(stopped.signal).then(
      (stream) => joinStreams(socket, stream),
      // The program sees a connection that ends; why is told by whoever opens a session of this endpoint.
      () => socket.destroy(),
    );
  });
  const dispose = async () => {
    stopped.abort();
    server.close();
    for (const socket of open) socket.destroy();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    server.listen(join(folder, `.s.PGSQL.${SOCKET_PORT}`));
    await once(server, 'listening');
    const passwordFile = join(folder, 'password');
    await writeFile(passwordFile, secret.kind === 'password' ? `*:*:*:*:${escaped(secret.password)}\n` : '', { mode: 0o600 });
    await chmod(folder, 0o700);
    return { env: environment(location, folder, passwordFile), dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function environment(location: PostgresLocation, folder: string, passwordFile: string): Record<string, string> {
  return {
    PGHOST: folder,
    PGPORT: String(SOCKET_PORT),
    PGDATABASE: location.database,
    PGUSER: location.user,
    PGPASSFILE: passwordFile,
    PGSSLMODE: 'disable',
    PGGSSENCMODE: 'disable',
    PGCHANNELBINDING: 'disable',
    PGCLIENTENCODING: 'UTF8',
    PGCONNECT_TIMEOUT: '30',
    PGSERVICEFILE: '/dev/null',
  };
}

/** https://www.postgresql.org/docs/18/libpq-pgpass.html */
function escaped(password: string): string {
  return password.replaceAll('\\', '\\\\').replaceAll(':', '\\:');
}

function joinStreams(near: Socket, far: Duplex): void {
  const end = () => {
    near.destroy();
    far.destroy();
  };
  if (near.destroyed) return void far.destroy();
  near.once('close', end);
  far.once('close', end).once('error', end);
  near.pipe(far);
  far.pipe(near);
}
