import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { accessSync, constants } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { startChildServer } from '../child-server';
import { freePort } from '../guarded-server';

/** A pooler in front of a real server. */
export interface TestPgbouncer {
  /** As the URL of the server that it was given, by way of the pooler. */
  url: string;
  stop(): Promise<void>;
}

/** Why pgBouncer cannot run on this machine, or null when it can: for `describeIf`. */
export function whyNoPgbouncer(): string | null {
  return binary() ? null : 'pgbouncer is not installed on this machine (Debian: apt-get install pgbouncer).';
}

/** Debian keeps it where only root looks. */
function binary(): string | undefined {
  return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
    .map((folder) => join(folder, 'pgbouncer'))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Pools the server of `url` for whoever comes. */
export async function startPgbouncer(url: string, poolMode: 'session' | 'transaction'): Promise<TestPgbouncer> {
  const command = binary();
  if (!command) throw new Error(whyNoPgbouncer() ?? '');
  const { hostname, port, username, password } = new URL(url);
  const own = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'smartant-pgbouncer-'));
  await chmod(folder, 0o755);
  const config = join(folder, 'pgbouncer.ini');
  await writeFile(
    config,
    `[databases]
* = host=${hostname} port=${port} user=${decodeURIComponent(username)} password=${decodeURIComponent(password)}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
auth_type = any
pool_mode = ${poolMode}
ignore_startup_parameters = extra_float_digits,options
unix_socket_dir =
`,
    { mode: 0o644 },
  );
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const server = await startChildServer({ name: 'pgbouncer', command, args: [...user, config], ready: () => answers(own) });
  const pooled = new URL(url);
  [pooled.hostname, pooled.port] = ['127.0.0.1', String(own)];
  return {
    url: pooled.toString(),
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
