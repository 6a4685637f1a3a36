// `npm run bench:observability [-- --rounds N --objects N]`: what tracing and logging cost the copying of objects, on against off in turn.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { smartant } from '../storage/contenders.mjs';
import { startEmbedded } from '../storage/embedded.mjs';
import { end, waitFor } from '../storage/processes.mjs';
import { createBucket, differencesOf, fillBucket, startMinio } from '../storage/stores.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, objects: { type: 'string', default: '5000' } } });
const rounds = Number(values.rounds);
/** Small ones: each has its spans, and little else. */
const workload = { count: Number(values.objects), size: 16 * 1024 };

const minio = join(process.env.SMARTANT_CACHE ?? join(homedir(), '.cache', 'smartant'), 'bin', 'minio');
if (!existsSync(minio)) {
  console.log('SKIPPED: bench:observability: minio is not provisioned (npm run provision -- minio)');
  process.exit(0);
}

/** On as it is shipped: spans to files, a unit's by its ratio, logs of level info to standard output and files. */
const SETTINGS = {
  on: { SMARTANT_TRACE_EXPORTER: 'file', SMARTANT_LOG_LEVEL: 'info' },
  off: { SMARTANT_TRACE_EXPORTER: 'none', SMARTANT_LOG_LEVEL: 'fatal' },
};

const work = mkdtempSync(join(tmpdir(), 'smartant-bench-'));
const folder = (name) => {
  const path = join(work, name);
  mkdirSync(path);
  return path;
};
const median = (numbers) => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
};

const stores = { source: await startMinio(minio, folder('source')), target: await startMinio(minio, folder('target')) };
const platforms = {};
try {
  for (const [name, environment] of Object.entries(SETTINGS)) platforms[name] = await startEmbedded(folder(name), environment);
  await createBucket(stores.source, 'source');
  await fillBucket(stores.source, 'source', workload);
  const results = { on: [], off: [] };
  // The first round of each warms up and is not counted; whoever goes first in one goes second in the next.
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of round % 2 === 0 ? ['on', 'off'] : ['off', 'on']) {
      const result = await copy(name, round);
      if (round > 0) results[name].push(result);
    }
  }
  print(results);
} finally {
  for (const platform of Object.values(platforms)) await platform.stop();
  for (const { child } of Object.values(stores)) await end(child);
  rmSync(work, { recursive: true, force: true });
}

async function copy(name, round) {
  const targetBucket = `target-${name}-${round}`;
  await createBucket(stores.target, targetBucket);
  const result = await smartant(platforms[name])({ ...stores, sourceBucket: 'source', targetBucket });
  // The round that comes after the copy tries the target, and takes away what it wrote for that when it is cancelled.
  let differences;
  const isEqual = async () => (differences = await differencesOf(stores.source, 'source', stores.target, targetBucket)).length === 0;
  await waitFor('equal contents', isEqual, 30_000).catch(() => Promise.reject(new Error(differences.join('\n'))));
  console.log(`round ${round}, ${name}: ${result.fullSeconds.toFixed(2)} s, CPU ${result.cpuSeconds.toFixed(2)} s`);
  return result;
}

/** Neighbours of one round are compared: the machine is the same for them. */
function print({ on, off }) {
  const rows = Object.entries({ on, off }).map(([name, runs]) => ({
    'tracing and logging': name,
    'full, s': median(runs.map((run) => run.fullSeconds)).toFixed(2),
    'objects/s': Math.round(workload.count / median(runs.map((run) => run.fullSeconds))),
    'client CPU s': median(runs.map((run) => run.cpuSeconds)).toFixed(2),
  }));
  console.log(`\n${workload.count} objects of ${workload.size / 1024} KiB, median of ${rounds} rounds in turn`);
  console.table(rows);
  const ratios = (fact) => on.map((run, round) => run[fact] / off[round][fact]);
  const percent = (ratio) => `${((ratio - 1) * 100).toFixed(1)}%`;
  console.log(
    `time: ${percent(median(ratios('fullSeconds')))} more with both on; CPU: ${percent(median(ratios('cpuSeconds')))} more (medians of the rounds' ratios)`,
  );
}
