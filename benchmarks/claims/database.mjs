// The embedded PostgreSQL of a benchmark, in a folder of its own, and what its processes cost.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresServer } from '../../tools/start/postgres-server.mjs';
import { cpuSeconds, freePort } from '../storage/processes.mjs';

export async function startDatabase() {
  const folder = mkdtempSync(join(tmpdir(), 'smartant-bench-'));
  mkdirSync(join(folder, 'logs'));
  const server = new PostgresServer({ dataFolder: folder, port: await freePort(), password: 'benchmark', say: () => {} });
  await server.prepare();
  await server.start();
  const stop = async () => {
    await server.stop({ immediately: true });
    rmSync(folder, { recursive: true, force: true });
  };
  const log = () => readFileSync(server.logFile, 'utf8');
  const { pid } = server.identity;
  return { pid, port: server.port, log, url: `postgres://postgres:benchmark@127.0.0.1:${server.port}/postgres`, stop };
}

/** CPU seconds so far of each of the database's processes that live now, by process. */
export function databaseCpu(postmaster) {
  const children = readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[1] === String(postmaster);
    } catch {
      return false;
    }
  });
  return new Map(children.map((pid) => [pid, cpuSeconds(pid)]));
}

/** CPU seconds that the database's processes spent since `before`; those that ended meanwhile count as nothing. */
export function databaseCpuSince(before, postmaster) {
  return [...databaseCpu(postmaster)].reduce((sum, [pid, seconds]) => sum + seconds - (before.get(pid) ?? 0), 0);
}
