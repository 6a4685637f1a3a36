// `npm run bench:postgres:live [-- --tps N --scale N --seconds N --clients N]`: pgbench writes at the source while a migration flows; measures the lag, and a cutover under that load.
import { fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { contentOf } from '../clone/data.mjs';
import { findPrograms, startServer } from '../clone/servers.mjs';
import { probe } from './probe.mjs';

const { values } = parseArgs({
  options: {
    tps: { type: 'string', default: '1500' },
    scale: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '20' },
    clients: { type: 'string', default: '8' },
  },
});
const programs = findPrograms();
if (!programs) {
  console.log('There is no PostgreSQL with pgbench on this machine (apt-get install postgresql).');
  process.exit(0);
}
const folder = mkdtempSync(join(tmpdir(), 'smartant-bench-'));
// The servers run as another user.
chmodSync(folder, 0o755);
const servers = [];
try {
  for (const name of ['source', 'target']) servers.push(await startServer(programs, join(folder, name)));
  await measure(...servers);
} finally {
  for (const server of servers) await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(source, target) {
  source.query('postgres', 'CREATE DATABASE shop');
  target.query('postgres', 'CREATE DATABASE shop');
  await ended(spawn(programs.bin('pgbench'), ['-i', '-q', '-s', values.scale, source.url('shop')], { stdio: 'ignore' }));
  source.query(
    'shop',
    'CREATE TABLE probe (id int PRIMARY KEY); CREATE SEQUENCE tickets; ALTER TABLE pgbench_history REPLICA IDENTITY FULL',
  );
  const load = startLoad(source);
  const migration = startMigration(source, target);
  await migration.reached('done constraints');
  await caughtUp(migration);
  const running = await probe(source.url('shop'), target.url('shop'));
  const countBefore = transactionsOf(source);
  await delay(Number(values.seconds) * 1000);
  const tps = (transactionsOf(source) - countBefore) / Number(values.seconds);
  const lags = (await running.stop()).toSorted((a, b) => a - b);
  const at = (share) => lags[Math.floor(lags.length * share)]?.toFixed(0);
  console.log(
    `${tps.toFixed(0)} transactions/s at the source; lag of ${lags.length} rows: median ${at(0.5)} ms, p95 ${at(0.95)} ms, most ${lags.at(-1)?.toFixed(0)} ms`,
  );
  migration.cutOver();
  await migration.ended;
  // Its sessions were ended, and new ones are refused.
  await load.ended;
  tellCutover(migration.events);
  if (contentOf(source, 'shop') !== contentOf(target, 'shop'))
    throw new Error('the target has other rows, indexes or constraints than the source');
  console.log('Rows, indexes and constraints of both sides are equal.');
}

function startLoad(source) {
  const args = ['-n', '-M', 'prepared', '-c', values.clients, '-j', '1', '-T', '3600', '-R', values.tps, source.url('shop')];
  const child = spawn(programs.bin('pgbench'), args, { stdio: 'ignore' });
  return { ended: ended(child, () => true) };
}

function startMigration(source, target) {
  const order = {
    sourceUrl: source.url('shop'),
    targetUrl: target.url('shop'),
    migrationId: `mig_${randomBytes(16).toString('hex')}`,
    // A way back needs `wal_level = logical` at the target, which this server has.
    reverse: true,
  };
  const child = fork(join(import.meta.dirname, 'migrate.mjs'), [JSON.stringify(order)], {
    env: { ...process.env, PATH: `${programs.bin('')}:${process.env.PATH}` },
  });
  const events = [];
  child.on('message', (event) => events.push(event));
  const over = ended(child);
  over.catch(() => undefined);
  const reached = async (event) => {
    for (let isOver = false; !events.some((one) => one.event === event);) {
      if (isOver) throw new Error(`the migration ended before "${event}"`);
      isOver = child.exitCode !== null;
      await delay(20);
    }
  };
  return { events, reached, ended: over, cutOver: () => child.send('cut over') };
}

/** The backlog of the copy is applied. */
async function caughtUp({ events }) {
  for (let near = 0; near < 3;) {
    const seen = events.length;
    while (!events.slice(seen).some(({ event }) => event === 'stream')) await delay(50);
    near = events.findLast(({ event }) => event === 'stream').lagMs < 1_000 ? near + 1 : 0;
  }
}

function transactionsOf(source) {
  return Number(source.query('shop', `SELECT count(*) FROM pgbench_history`));
}

/** The steps of the freeze, by what the engine saves and counts on its way. */
function tellCutover(events) {
  const after = events.slice(events.findIndex(({ event }) => event === 'begun cutover'));
  const done = after.find(({ event }) => event === 'done cutover');
  if (!done?.isOpen) throw new Error(`the target was not opened: ${JSON.stringify(done?.verification)}`);
  const atMs = (event) => after.find((one) => one.event === event)?.atMs;
  const frozenAtMs = atMs('saved frozenAt');
  const sequencesAtMs = atMs('counted movedSequences');
  const drainedAtMs = after.findLast((one) => one.event === 'counted appliedBytes' && one.atMs >= frozenAtMs)?.atMs ?? frozenAtMs;
  const ends = [
    ['freeze', frozenAtMs],
    ['drain', drainedAtMs],
    ['sequences', sequencesAtMs],
    ['verify', atMs('saved verification')],
    ['arm the stream back', atMs('saved streamBack')],
    ['open', done.atMs],
  ];
  const begunMs = atMs('saved frozenSource');
  let sinceMs = begunMs;
  const steps = ends.map(([step, endMs]) => {
    const ms = endMs - sinceMs;
    sinceMs = endMs;
    return `${step} ${ms} ms`;
  });
  const { cpuSeconds, mostMiB } = after.find(({ event }) => event === 'costs');
  console.log(`downtime from the first step of the freeze to the open target: ${done.atMs - begunMs} ms (${steps.join(', ')})`);
  console.log(`the migrator took ${cpuSeconds.toFixed(1)} CPU s and at most ${mostMiB.toFixed(0)} MiB, copy and verification included`);
}

function ended(child, accepts = (code) => code === 0) {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => (accepts(code) ? resolve() : reject(new Error(`${child.spawnfile} ended with ${code}`))));
  });
}
