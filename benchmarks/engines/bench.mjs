// `npm run bench:engines`: our work engine beside pg-boss and graphile-worker, on the same PostgreSQL: claims a second, takeover, fencing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startDatabase } from '../claims/database.mjs';
import { engines } from './engines.mjs';
import { installPeers, VERSIONS } from './peers.mjs';
import { staleWrites, takeover } from './takeover.mjs';
import { compareThroughput, lineOf, prepareRigs } from './throughput.mjs';

const { values } = parseArgs({
  options: {
    engines: { type: 'string', default: 'smartant,pg-boss,graphile-worker' },
    only: { type: 'string', default: 'claims,takeover' },
    finished: { type: 'string', default: '0,1000000' },
    // The kinds of work whose names begin so.
    work: { type: 'string', default: '' },
    jobs: { type: 'string', default: '40000' },
    processes: { type: 'string', default: '4' },
    connections: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    takeovers: { type: 'string', default: '5' },
    // An earlier installation of the other engines.
    modules: { type: 'string' },
  },
});
const number = (name) => Number(values[name]);
const list = (name) => values[name].split(',');

async function claims(rigs) {
  const options = Object.fromEntries(['jobs', 'processes', 'connections', 'seconds', 'rounds'].map((name) => [name, number(name)]));
  options.work = values.work;
  console.log(
    `Claims: ${options.processes} processes x ${options.connections} connections, ${options.seconds} s a round, median of ${options.rounds}, engines in turn. ` +
      'SmartAnt: 100 runs of 20 workspaces, shared fairly; the others: one queue.',
  );
  for (const finished of list('finished').map(Number)) {
    for (const rig of rigs) await rig.connection.addFinished(finished);
    console.log(`${finished.toLocaleString('en')} finished behind (graphile-worker keeps none):`);
    for await (const row of compareThroughput(rigs, options)) console.log(lineOf(row));
  }
}

const SETTLED_WITHIN_SECONDS = 60;
const seconds = (numbers) => numbers.map((value) => value.toFixed(1)).join(', ');

const toldOf = ({ writes, forMs, going }) =>
  `${writes} times${writes > 0 ? ` for ${forMs.toFixed(0)} ms` : ''}${going ? '' : ' (and the second stopped)'}`;

async function takeovers(rig) {
  const { settings } = engines[rig.engine];
  const lines = [];
  for (const [setting, { says, waitSeconds, byOperator }] of Object.entries(settings)) {
    if (waitSeconds) {
      lines.push(`  ${rig.engine}, ${setting} (${says}): up to ${waitSeconds} s by its settings, not waited for`);
      continue;
    }
    await rig.connection.retune?.(setting);
    const trials = [];
    for (let trial = 0; trial < number('takeovers'); trial += 1) trials.push(await takeover(rig, setting, SETTLED_WITHIN_SECONDS));
    const took = trials.flatMap((trial) => trial.seconds ?? []).toSorted((a, b) => a - b);
    const never = trials.length - took.length;
    const stale = [];
    for (let trial = 0; trial < number('takeovers'); trial += 1) stale.push(await staleWrites(rig, setting, SETTLED_WITHIN_SECONDS));
    lines.push(
      `  ${rig.engine}, ${setting} (${says}):`,
      `    taken over after ${seconds(took)} s${byOperator ? ' (unlocked after 1 s)' : ''}${never > 0 ? `, ${never} not within ${SETTLED_WITHIN_SECONDS} s` : ''}; worker ${Math.max(...trials.map(({ memoryMiB }) => memoryMiB))} MiB`,
      `    woken after a takeover, the first worker wrote ${stale.map(toldOf).join('; ')}`,
    );
  }
  lines.push(`  ${rig.engine}: completion by a stale holder ${await engines[rig.engine].staleCompletion(rig.connection)}`);
  return lines.join('\n');
}

const folder = mkdtempSync(join(tmpdir(), 'smartant-engines-'));
const server = await startDatabase();
try {
  const modules = values.modules ?? installPeers(folder);
  console.log(
    Object.entries(VERSIONS)
      .map((version) => version.join(' '))
      .join(', '),
  );
  const admin = async (sql) => {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  const rigs = await prepareRigs(server, modules, list('engines'), admin);
  if (list('only').includes('claims')) await claims(rigs);
  if (list('only').includes('takeover')) {
    console.log(`Takeover: a worker that holds a job is killed, or stopped and woken after the takeover, ${values.takeovers} times each.`);
    const single = rigs.filter(({ label, engine }) => label === engine);
    for (const told of await Promise.all(single.map(takeovers))) console.log(told);
  }
  for (const { connection, label, engine } of rigs) if (label === engine) await connection.close();
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
