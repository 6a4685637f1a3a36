// Two real servers of Debian's PostgreSQL, durable as they are in production.
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { end, freePort, waitFor } from '../../storage/processes.mjs';

const NOBODY = { uid: 65_534, gid: 65_534 };
const asServer = process.getuid() === 0 ? NOBODY : {};
const VERSIONS = '/usr/lib/postgresql';

/** The newest Debian PostgreSQL with all programs that the comparison needs; null: there is none. */
export function findPrograms() {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a)) : [];
  const needed = ['initdb', 'postgres', 'pgbench', 'pg_dump', 'pg_restore', 'psql', 'vacuumdb'];
  for (const version of versions) {
    const bin = join(VERSIONS, version, 'bin');
    if (needed.every((name) => existsSync(join(bin, name)))) return { version, bin: (name) => join(bin, name) };
  }
  return null;
}

const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '512MB',
  max_wal_size: '8GB',
  checkpoint_timeout: '30min',
  maintenance_work_mem: '256MB',
  wal_level: 'logical',
  log_min_messages: 'error',
};

/** Starts one in `folder`; `url` takes a database's name. */
export async function startServer(programs, folder) {
  const port = await freePort();
  mkdirSync(folder, { recursive: true });
  if (asServer.uid !== undefined) chownSync(folder, asServer.uid, asServer.gid);
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
  const data = join(folder, 'data');
  execFileSync(programs.bin('initdb'), ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'], {
    ...asServer,
    cwd: folder,
    env,
    stdio: 'ignore',
  });
  const options = Object.entries({ ...settings, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(programs.bin('postgres'), ['-D', data, ...options], { ...asServer, cwd: folder, env, stdio: 'ignore' });
  const url = (database) => `postgres://postgres@127.0.0.1:${port}/${database}`;
  const query = (database, sql) =>
    execFileSync(programs.bin('psql'), ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', sql, url(database)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 1 << 26,
    }).trim();
  await waitFor('PostgreSQL', async () => query('postgres', 'SELECT 1') === '1', 60_000);
  return { port, url, query, cpuSeconds: () => treeCpuSeconds(child.pid), stop: () => end(child) };
}

/** Of a server with its sessions, also those that have ended. */
export function treeCpuSeconds(pid) {
  const ticksOf = (each, fields) => {
    try {
      const stat = readFileSync(`/proc/${each}/stat`, 'utf8');
      const values = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields.reduce((sum, field) => sum + Number(values[field]), 0);
    } catch {
      return 0;
    }
  };
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean);
  return (ticksOf(pid, [11, 12, 13, 14]) + children.reduce((sum, child) => sum + ticksOf(child, [11, 12]), 0)) / 100;
}
