// `node benchmarks/engines/temporal/bench.mjs --source FOLDER --binaries FOLDER`: Temporal on the embedded PostgreSQL, for the same figures as bench:engines.
import { fork } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { databaseCpu, databaseCpuSince, startDatabase } from '../../claims/database.mjs';
import { cpuSeconds, peakMiB } from '../../storage/processes.mjs';
import { installPeers } from '../peers.mjs';
import { staleWrites, takeover } from '../takeover.mjs';
import { connect, settings } from './engine.mjs';
import { startTemporal } from './server.mjs';

const VERSION = '1.24.0';
const PACKAGES = ['client', 'worker', 'activity', 'workflow'].map((name) => [`@temporalio/${name}`, VERSION]);

const { values } = parseArgs({
  options: {
    // The unpacked module go.temporal.io/server, and where `server` and `sql` were built from it.
    source: { type: 'string' },
    binaries: { type: 'string' },
    modules: { type: 'string' },
    processes: { type: 'string', default: '4' },
    slots: { type: 'string', default: '16' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    takeovers: { type: 'string', default: '5' },
  },
});
const number = (name) => Number(values[name]);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const message = (child) => new Promise((resolve) => child.once('message', resolve));

async function throughput({ database, temporal, rig }) {
  const children = Array.from({ length: number('processes') }, (_, index) =>
    fork(new URL('counter.mjs', import.meta.url), [
      JSON.stringify({ ...rig, connection: null, name: `counter-${index}`, slots: number('slots') }),
    ]),
  );
  await Promise.all(children.map(message));
  // 20 workflows with as many activities under way as all workers together have slots.
  const width = Math.ceil((number('processes') * number('slots')) / 20);
  for (let n = 0; n < 20; n += 1) await rig.connection.start('empties', [width, 500]);
  const ask = async () => {
    const answers = children.map(message);
    for (const child of children) child.send('how many');
    const told = await Promise.all(answers);
    return { done: told.reduce((sum, { done }) => sum + done, 0), cpu: told.reduce((sum, { cpuSeconds: spent }) => sum + spent, 0) };
  };
  await pause(5_000);
  const rounds = [];
  for (let round = 0; round < number('rounds'); round += 1) {
    const [before, databaseBefore, serverBefore] = [await ask(), databaseCpu(database.pid), cpuSeconds(temporal.pid)];
    await pause(number('seconds') * 1_000);
    const after = await ask();
    const done = Math.max(1, after.done - before.done);
    rounds.push({
      perSecond: done / number('seconds'),
      client: ((after.cpu - before.cpu) * 1e6) / done,
      database: (databaseCpuSince(databaseBefore, database.pid) * 1e6) / done,
      server: ((cpuSeconds(temporal.pid) - serverBefore) * 1e6) / done,
    });
  }
  for (const child of children) child.kill('SIGKILL');
  await rig.connection.clear();
  const of = (key) => median(rounds.map((round) => round[key])).toFixed(0);
  console.log(
    `Activities, empty: ${of('perSecond')}/s (${rounds.map(({ perSecond }) => perSecond.toFixed(0)).join(', ')})  CPU us each: database ${of('database')}, ` +
      `server ${of('server')}, workers ${of('client')}; server ${peakMiB(temporal.pid)} MiB`,
  );
}

async function takeovers(rig) {
  console.log(`Takeover, default: ${settings.default.says}. With ${settings.tuned.says}:`);
  const trials = [];
  for (let trial = 0; trial < number('takeovers'); trial += 1) trials.push(await takeover(rig, 'tuned', 60));
  console.log(
    `  taken over after ${trials.map(({ seconds }) => seconds?.toFixed(1) ?? 'not within 60').join(', ')} s; worker ${trials[0].memoryMiB} MiB`,
  );
  for (let trial = 0; trial < number('takeovers'); trial += 1) {
    const { writes, forMs, completion } = await staleWrites(rig, 'tuned', 60);
    console.log(
      `  woken after a takeover, the first worker wrote ${writes} times, for ${forMs.toFixed(0)} ms; its completion: ${completion}`,
    );
  }
}

const folder = mkdtempSync(join(tmpdir(), 'smartant-temporal-'));
const database = await startDatabase();
let temporal;
try {
  const modules = values.modules ?? installPeers(folder, Object.fromEntries(PACKAGES));
  cpSync(new URL('workflows.cjs', import.meta.url), join(dirname(modules), 'workflows.cjs'));
  temporal = await startTemporal({ source: values.source, binaries: values.binaries, folder, database });
  const rig = { engine: 'temporal', url: temporal.address, modules };
  rig.connection = await connect(rig);
  await throughput({ database, temporal, rig });
  await takeovers(rig);
  await rig.connection.close();
} catch (error) {
  if (temporal) console.error(temporal.log().split('\n').slice(-20).join('\n'));
  throw error;
} finally {
  await temporal?.stop();
  await database.stop();
  rmSync(folder, { recursive: true, force: true });
}
