// `npm run bench:claims`: how many shards a second several processes claim, and claim and complete, with 0, 1 and 10 million finished ones behind them.
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { databaseCpu, databaseCpuSince, startDatabase } from './database.mjs';
import { addFinished, fill, plans } from './shards.mjs';

const require = createRequire(import.meta.url);
const { openDatabase } = require('../../libs/platform/dist/postgres');
const { shardMigrations } = require('../../libs/shards/dist');

const { values } = parseArgs({
  options: {
    finished: { type: 'string', default: '0,1000000,10000000' },
    workspaces: { type: 'string', default: '20' },
    migrations: { type: 'string', default: '5' },
    shards: { type: 'string', default: '100000' },
    processes: { type: 'string', default: '4' },
    connections: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    batches: { type: 'string', default: '1,8,64' },
    // EXPLAIN (ANALYZE, BUFFERS) of one claim, from the server's log.
    plan: { type: 'boolean', default: false },
  },
});
const number = (name) => Number(values[name]);
const list = (name) => values[name].split(',').map(Number);

/** Runs all claimers for some seconds, from the moment when the last of them is ready. */
async function measure({ url, pid }, work) {
  const children = Array.from({ length: number('processes') }, (_, index) =>
    fork(new URL('claimer.mjs', import.meta.url), [
      JSON.stringify({ url, name: `claimer-${index}`, connections: number('connections'), seconds: number('seconds'), ...work }),
    ]),
  );
  const heard = (child) =>
    new Promise((resolve, reject) => {
      child.once('message', resolve);
      child.once('exit', (code) => code && reject(new Error(`a claimer ended with ${code}`)));
    });
  await Promise.all(children.map(heard));
  const results = children.map(heard);
  const cpuBefore = databaseCpu(pid);
  for (const child of children) child.send('go');
  const told = await Promise.all(results);
  const sum = (name) => told.reduce((total, result) => total + result[name], 0);
  const latencies = told.flatMap(({ latenciesMs }) => latenciesMs).sort((a, b) => a - b);
  const percentile = (share) => latencies[Math.floor((latencies.length - 1) * share)] ?? 0;
  const databaseSeconds = databaseCpuSince(cpuBefore, pid);
  for (const child of children) child.send('end');
  return {
    perSecond: sum('claims') / number('seconds'),
    // What the machine would reach if nothing else ran on it, and a figure that other work on it does not change.
    cpuMicroseconds: ((databaseSeconds + sum('cpuSeconds')) * 1e6) / Math.max(1, sum('claims')),
    databaseMicroseconds: (databaseSeconds * 1e6) / Math.max(1, sum('claims')),
    emptyShare: sum('empty') / Math.max(1, sum('statements')),
    medianMs: percentile(0.5),
    p99Ms: percentile(0.99),
  };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function measureRounds(database, server, name, work) {
  const rounds = [];
  for (let round = 0; round < number('rounds'); round += 1) {
    await fill(database, { workspaces: number('workspaces'), migrations: number('migrations'), shards: number('shards') });
    rounds.push(await measure(server, work));
  }
  const figures = Object.fromEntries(Object.keys(rounds[0]).map((key) => [key, median(rounds.map((round) => round[key]))]));
  const { perSecond, cpuMicroseconds, databaseMicroseconds, emptyShare, medianMs, p99Ms } = figures;
  console.log(
    `  ${name.padEnd(28)} ${perSecond.toFixed(0).padStart(7)}/s   ${cpuMicroseconds.toFixed(0).padStart(5)} us CPU each (database ${databaseMicroseconds.toFixed(0)})   statement ${medianMs.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, empty ${(emptyShare * 100).toFixed(1)}%` +
      `   (rounds: ${rounds.map((round) => round.perSecond.toFixed(0)).join(', ')})`,
  );
  return figures;
}

const server = await startDatabase();
try {
  const database = await openDatabase({ url: server.url, schema: 'work', migrations: shardMigrations(), applicationName: 'bench' });
  const first = new Map();
  const compare = async (name, work) => {
    const figures = await measureRounds(database, server, name, work);
    const before = first.get(name);
    if (!before) return first.set(name, figures);
    const rate = (figures.perSecond / before.perSecond).toFixed(2);
    const cpu = (figures.cpuMicroseconds / before.cpuMicroseconds).toFixed(2);
    console.log(`  ${''.padEnd(28)} with ${list('finished')[0]} behind: rate x ${rate}, CPU x ${cpu}`);
  };
  console.log(
    `${values.workspaces} workspaces x ${values.migrations} migrations, ${values.shards} open shards, ${values.processes} processes x ${values.connections} connections, ` +
      `${values.seconds} s a round, median of ${values.rounds}`,
  );
  for (const finished of list('finished')) {
    await addFinished(database, finished);
    console.log(`${finished.toLocaleString('en')} finished shards behind:`);
    for (const batch of list('batches')) await compare(`claim, ${batch} a statement`, { batch, complete: false });
    await compare('claim 8, complete each', { batch: 8, complete: true });
    if (values.plan) console.log(await plans(database, server.log));
  }
  await database.close();
} finally {
  await server.stop();
}
