// What happens to a job whose worker is killed, or stopped for a while: how long until another one works on it, and what the first one still writes.
import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import { peakMiB, waitFor } from '../storage/processes.mjs';
import { engines } from './engines.mjs';

/** Takes writes and remembers by whom and when (`performance.now()`). */
async function startTarget() {
  const writes = [];
  const server = createServer((request, response) => {
    writes.push({ by: request.url.slice(1), atMs: performance.now() });
    response.end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const by = (name, sinceMs = 0) => writes.filter((write) => write.by === name && write.atMs >= sinceMs);
  return { port: server.address().port, by, close: () => server.closeAllConnections() ?? server.close() };
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Two workers and one job: resolves once the first holds it and the second waits for work. */
async function stage({ engine, url, modules, connection }, setting) {
  const target = await startTarget();
  const children = [];
  const start = async (name) => {
    const child = fork(new URL('holder.mjs', import.meta.url), [
      JSON.stringify({ engine, url, modules, name, setting, target: target.port }),
    ]);
    children.push(child);
    // What an engine may want to complete its job with later.
    child.on('message', ({ token }) => (child.token ??= token));
    await new Promise((resolve, reject) => {
      child.once('message', resolve);
      child.once('exit', () => reject(new Error(`a worker of ${engine} ended`)));
    });
    return child;
  };
  const end = async () => {
    const alive = children.filter((child) => child.exitCode === null && child.signalCode === null);
    const ended = alive.map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of alive) child.kill('SIGKILL');
    await Promise.all(ended);
    target.close();
  };
  try {
    await connection.fill(1, { workspaces: 1, migrations: 1 });
    const first = await start('first');
    await waitFor(`${engine}'s first worker`, () => target.by('first').length > 0, 60_000);
    await start('second');
    // Anywhere between two renewals.
    await pause(1_000 + Math.random() * 5_000);
    return { target, first, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Seconds from `kill -9` until the second worker's first write at the target; null when there was none in time. */
export async function takeover(rig, setting, limitSeconds) {
  const { target, first, end } = await stage(rig, setting);
  try {
    const memoryMiB = peakMiB(first.pid);
    first.kill('SIGKILL');
    const killedMs = performance.now();
    if (engines[rig.engine].settings[setting].byOperator) {
      await pause(1_000);
      await rig.connection.unlock();
    }
    const inTime = await waitFor('the heir', () => target.by('second').length > 0, limitSeconds * 1_000).catch(() => null);
    return { seconds: inTime === null ? null : (target.by('second')[0].atMs - killedMs) / 1_000, memoryMiB };
  } finally {
    await end();
  }
}

/** The first worker is stopped until the second has the job, and then goes on: how often it still writes, while the second does. */
export async function staleWrites(rig, setting, limitSeconds) {
  const { target, first, end } = await stage(rig, setting);
  try {
    first.kill('SIGSTOP');
    if (engines[rig.engine].settings[setting].byOperator) await rig.connection.unlock();
    await waitFor(`the heir of ${rig.engine}`, () => target.by('second').length > 0, limitSeconds * 1_000);
    await pause(500);
    const wokenMs = performance.now();
    first.kill('SIGCONT');
    await pause(3_000);
    const stale = target.by('first', wokenMs);
    return {
      writes: stale.length,
      forMs: stale.length === 0 ? 0 : stale.at(-1).atMs - wokenMs,
      going: target.by('second', wokenMs + 1_000).length > 0,
      completion: await rig.connection.completeWith?.(first.token).then(
        () => 'accepted',
        (error) => `refused (${error.name})`,
      ),
    };
  } finally {
    await end();
  }
}
