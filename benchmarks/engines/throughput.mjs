// Claims a second of each engine: several processes, in turn on the same database server, so that ratios count and not the machine's other work.
import { fork } from 'node:child_process';
import { databaseCpu, databaseCpuSince } from '../claims/database.mjs';
import { engines } from './engines.mjs';

/** Runs all claimers of an engine for some seconds, from the moment when the last of them is ready. */
async function measure({ server, engine, url, modules }, work, { processes, connections, seconds }) {
  const children = Array.from({ length: processes }, (_, index) =>
    fork(new URL('claimer.mjs', import.meta.url), [
      JSON.stringify({ engine, url, modules, name: `claimer-${index}`, connections, seconds, ...work }),
    ]),
  );
  const heard = (child) =>
    new Promise((resolve, reject) => {
      child.once('message', resolve);
      child.once('exit', (code) => code && reject(new Error(`a claimer of ${engine} ended with ${code}`)));
    });
  await Promise.all(children.map(heard));
  const results = children.map(heard);
  const cpuBefore = databaseCpu(server.pid);
  for (const child of children) child.send('go');
  const told = await Promise.all(results);
  const databaseSeconds = databaseCpuSince(cpuBefore, server.pid);
  const ended = children.map((child) => new Promise((resolve) => child.once('exit', resolve)));
  for (const child of children) child.send('end');
  await Promise.all(ended);
  const sum = (name) => told.reduce((total, result) => total + result[name], 0);
  const claims = Math.max(1, sum('claims'));
  return {
    perSecond: claims / seconds,
    databaseMicroseconds: (databaseSeconds * 1e6) / claims,
    clientMicroseconds: (sum('cpuSeconds') * 1e6) / claims,
    emptyShare: sum('empty') / Math.max(1, sum('statements')),
  };
}

const WORKS = {
  'claim 1': { batch: 1, completion: 'none' },
  'claim 8': { batch: 8, completion: 'none' },
  'claim 64': { batch: 64, completion: 'none' },
  'claim 1, complete it': { batch: 1, completion: 'each' },
  'claim 8, complete each': { batch: 8, completion: 'each' },
  'claim 8, complete together': { batch: 8, completion: 'together' },
};

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Yields the rows of a table: for each kind of work, each engine's medians and its ratio to ours. */
export async function* compareThroughput(rigs, options) {
  for (const [name, work] of Object.entries(WORKS).filter(([title]) => title.startsWith(options.work))) {
    const taking = rigs.filter(({ engine }) => work.completion !== 'together' || engine !== 'smartant');
    const rounds = Object.fromEntries(taking.map(({ label }) => [label, []]));
    for (let round = 0; round < options.rounds; round += 1) {
      for (const rig of taking) {
        await rig.connection.fill(options.jobs, rig.shape);
        rounds[rig.label].push(await measure(rig, work, options));
      }
    }
    const figures = (label) =>
      Object.fromEntries(Object.keys(rounds[label][0]).map((key) => [key, median(rounds[label].map((round) => round[key]))]));
    const ours = rounds.smartant && figures('smartant');
    for (const label of Object.keys(rounds)) yield { work: name, label, ...ratios(figures(label), ours), rounds: rounds[label] };
  }
}

function ratios(figures, ours) {
  if (!ours) return figures;
  const cpu = (row) => row.databaseMicroseconds + row.clientMicroseconds;
  return { ...figures, rateRatio: figures.perSecond / ours.perSecond, cpuRatio: cpu(figures) / cpu(ours) };
}

/** One line of the table. */
export function lineOf({ work, label, perSecond, databaseMicroseconds, clientMicroseconds, emptyShare, rateRatio, cpuRatio, rounds }) {
  const ratio = rateRatio === undefined ? '' : `  rate x ${rateRatio.toFixed(2)}, CPU x ${cpuRatio.toFixed(2)}`;
  const each = rounds.map((round) => round.perSecond.toFixed(0)).join(', ');
  return (
    `  ${work.padEnd(27)} ${label.padEnd(18)} ${perSecond.toFixed(0).padStart(6)}/s  CPU us each: database ${databaseMicroseconds.toFixed(0).padStart(5)}, ` +
    `client ${clientMicroseconds.toFixed(0).padStart(4)}  empty ${(emptyShare * 100).toFixed(0)}%${ratio}  (${each})`
  );
}

/** Makes the engines ready, each in a database of its own. */
export async function prepareRigs(server, modules, names, admin) {
  const rigs = [];
  for (const engine of names) {
    const database = `bench_${engine.replace(/-/g, '_')}`;
    await admin(`CREATE DATABASE ${database}`);
    const url = server.url.replace(/postgres$/, database);
    const connection = await engines[engine].connect({ url, modules, name: 'bench', connections: 2 });
    rigs.push({ server, engine, url, modules, connection, label: engine });
    // The same with all jobs in one run: completions of one run go one after the other.
    if (engine === 'smartant') rigs.push({ ...rigs.at(-1), label: 'smartant, 1 run', shape: { workspaces: 1, migrations: 1 } });
  }
  return rigs;
}
