// `npm run bench:postgres:apply [-- --changes N --rounds N --profile FOLDER]`: a backlog of row changes, applied by us and by a native subscription in turn.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import pg from 'pg';
import testServers from '@smartant/test-servers';
import slots from '../../../services/db-migrator/dist/connectors/postgres/replication/slot.js';
import { treeCpuSeconds } from '../clone/servers.mjs';
import { endpointOf } from './endpoint.mjs';
import { WORKLOADS } from './workloads.mjs';

const { values } = parseArgs({
  options: {
    changes: { type: 'string', default: '80000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    appliers: { type: 'string', default: '1' },
    profile: { type: 'string' },
  },
});
const run = promisify(execFile);
const [changes, rounds] = [Number(values.changes), Number(values.rounds)];
const settings = { max_replication_slots: '60', max_wal_senders: '60', shared_buffers: '256MB', max_wal_size: '8GB', autovacuum: 'off' };
/** Ours with each of these numbers of appliers. */
const appliers = values.appliers.split(',').map(Number);
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

const source = await testServers.startRestartablePostgres({ settings });
const target = await testServers.startRestartablePostgres({ settings });
try {
  for (const [name, workload] of Object.entries(WORKLOADS)) if (!values.only || values.only === name) await compare(name, workload);
} finally {
  await source.stop();
  await target.stop();
}

async function ask(url, ...statements) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows;
    for (const sql of statements) ({ rows } = await client.query(sql));
    return rows;
  } finally {
    await client.end();
  }
}

/** CPU seconds so far of both servers, with their ended sessions. */
async function serverCpu() {
  return Promise.all(
    [source, target].map(async ({ url }) => {
      const [{ pid }] = await ask(url, `SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1) AS pid`);
      return treeCpuSeconds(Number(pid));
    }),
  );
}

async function compare(name, { schema, backlog, tables }) {
  const sourceUrl = await source.createDatabase(`src_${name}`);
  await ask(sourceUrl, schema, 'CREATE TABLE done (id int PRIMARY KEY)', 'CREATE PUBLICATION bench FOR ALL TABLES');
  const contenders = Array.from({ length: rounds }, (_, round) => [
    `native_${round}`,
    ...appliers.map((count) => `ours${count}_${round}`),
  ]).flat();
  const made = new Map();
  for (const contender of contenders) {
    const created = await slots.createSlot(endpointOf(sourceUrl), { name: `${name}_${contender}`, signal: new AbortController().signal });
    await created.close();
    made.set(contender, created.slot);
  }
  await ask(sourceUrl, backlog(changes), 'INSERT INTO done VALUES (1)');
  const [{ lsn }] = await ask(sourceUrl, 'SELECT pg_current_wal_flush_lsn() AS lsn');
  const wanted = await digest(sourceUrl, tables);
  const figures = Object.fromEntries(['native', ...appliers.map((count) => `ours${count}`)].map((kind) => [kind, []]));
  for (const contender of contenders) {
    const targetUrl = await target.createDatabase(`${name}_${contender}`);
    await ask(targetUrl, schema, 'CREATE TABLE done (id int PRIMARY KEY)', 'VACUUM ANALYZE', 'CHECKPOINT');
    const kind = contender.split('_')[0];
    const before = await serverCpu();
    const slot = made.get(contender);
    const figure = await (kind === 'native'
      ? native(sourceUrl, targetUrl, slot)
      : ours(sourceUrl, targetUrl, slot, lsn, Number(kind.slice(4))));
    const after = await serverCpu();
    figures[kind].push({ ...figure, serverCpuSeconds: after.map((seconds, side) => seconds - before[side]) });
    if ((await digest(targetUrl, tables)) !== wanted) throw new Error(`${name}: ${contender} has other rows than the source`);
    await ask(sourceUrl, `SELECT pg_drop_replication_slot('${name}_${contender}')`);
  }
  for (const [kind, runs] of Object.entries(figures)) console.log(told(name, kind, runs, figures.native));
}

function told(name, kind, runs, natives) {
  const rate = (of) => median(of.map(({ seconds }) => changes / seconds));
  const server = (side) => median(runs.map(({ serverCpuSeconds }) => serverCpuSeconds[side])).toFixed(2);
  const parts = [
    `${name}, ${kind}: ${rate(runs).toFixed(0)} rows/s`,
    `server CPU ${server(0)} s at the source, ${server(1)} s at the target`,
    `runs of ${runs.map(({ seconds }) => seconds.toFixed(2)).join(', ')} s`,
  ];
  if (kind !== 'native') {
    const client = median(runs.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2);
    const memory = Math.max(...runs.map(({ mostMiB }) => mostMiB)).toFixed(0);
    parts.splice(1, 0, `${(rate(runs) / rate(natives)).toFixed(2)} times native`, `client ${client} CPU s and ${memory} MiB`);
  }
  return parts.join('; ');
}

async function native(sourceUrl, targetUrl, slot) {
  const { hostname, port, password, pathname } = new URL(sourceUrl);
  const connection = `host=${hostname} port=${port} user=postgres password=${password} dbname=${pathname.slice(1)}`;
  await ask(
    targetUrl,
    `CREATE SUBSCRIPTION ${slot.name} CONNECTION '${connection}' PUBLICATION bench
     WITH (create_slot = false, slot_name = '${slot.name}', copy_data = false, enabled = false, streaming = off)`,
  );
  const client = new pg.Client({ connectionString: targetUrl });
  await client.connect();
  const startedMs = performance.now();
  await client.query(`ALTER SUBSCRIPTION ${slot.name} ENABLE`);
  while ((await client.query('SELECT FROM done')).rowCount === 0) await delay(5);
  const seconds = (performance.now() - startedMs) / 1000;
  await client.query(`ALTER SUBSCRIPTION ${slot.name} DISABLE`);
  await client.query(`ALTER SUBSCRIPTION ${slot.name} SET (slot_name = NONE)`);
  await client.query(`DROP SUBSCRIPTION ${slot.name}`);
  await client.end();
  return { seconds };
}

/** From the moment at which a running process is told to begin, as the subscription's server is running as well. */
async function ours(sourceUrl, targetUrl, slot, untilLsn, appliers) {
  const profile = values.profile ? ['--cpu-prof', '--cpu-prof-dir', values.profile] : [];
  const order = JSON.stringify({ sourceUrl, targetUrl, slot, untilLsn, appliers });
  const { stdout } = await run(process.execPath, [...profile, join(import.meta.dirname, 'apply.mjs'), order]);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

async function digest(url, tables) {
  const sums = tables.map((table) => `(SELECT count(*) || md5(string_agg(t::text, ';' ORDER BY t::text COLLATE "C")) FROM ${table} t)`);
  const [{ sum }] = await ask(url, `SELECT ${sums.join(" || ' ' || ")} AS sum`);
  return sum;
}
