// `npm run bench:storage [-- --rounds N --only WORKLOAD]`: us against rclone and mc mirror, in turn on the same data, contents checked.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mcMirror, rclone, smartant } from './contenders.mjs';
import { startEmbedded } from './embedded.mjs';
import { end } from './processes.mjs';
import { differencesOf, createBucket, fillBucket, startMinio } from './stores.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' }, only: { type: 'string' } } });
const rounds = Number(values.rounds);
const MIB = 1024 * 1024;
const workloads = [
  { name: '5,000 x 16 KiB', count: 5_000, size: 16 * 1024, large: false },
  { name: '20 x 64 MiB', count: 20, size: 64 * MIB, large: true },
];

const cache = join(process.env.SMARTANT_CACHE ?? join(homedir(), '.cache', 'smartant'), 'bin');
const binary = (name) => join(cache, name);
for (const name of ['minio', 'rclone', 'mc']) {
  if (!existsSync(binary(name))) {
    console.log(`SKIPPED: bench:storage: ${name} is not provisioned (npm run provision -- minio rclone mc)`);
    process.exit(0);
  }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const work = mkdtempSync(join(tmpdir(), 'smartant-bench-'));
const folder = (name) => {
  const path = join(work, name);
  mkdirSync(path);
  return path;
};

const source = await startMinio(binary('minio'), folder('source'));
const target = await startMinio(binary('minio'), folder('target'));
const platform = await startEmbedded(folder('data'));
try {
  const contenders = { smartant: smartant(platform), rclone: rclone(binary('rclone')), mc: mcMirror(binary('mc'), folder('mc')) };
  for (const [index, workload] of workloads.entries())
    if (!values.only || values.only === String(index)) await compete(index, workload, contenders);
} finally {
  await platform.stop();
  await end(source.child);
  await end(target.child);
  rmSync(work, { recursive: true, force: true });
}

async function compete(index, workload, contenders) {
  const sourceBucket = `source-${index}`;
  await createBucket(source, sourceBucket);
  await fillBucket(source, sourceBucket, workload);
  const results = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, copy] of Object.entries(contenders)) {
      const targetBucket = `target-${index}-${round}-${name}`;
      await createBucket(target, targetBucket);
      const result = await copy({ source, sourceBucket, target, targetBucket, large: workload.large });
      const differences = await differencesOf(source, sourceBucket, target, targetBucket);
      for (const difference of differences) console.log(`${name} round ${round}: ${difference}`);
      results[name].push({ ...result, differences: differences.length });
    }
  }
  print(workload, results);
}

function print({ name, count, size }, results) {
  console.log(`\n${name}, median of ${rounds} interleaved rounds`);
  const rows = Object.entries(results).map(([contender, runs]) => {
    const seconds = median(runs.map((run) => run.fullSeconds ?? run.seconds));
    return {
      contender,
      seconds: seconds.toFixed(2),
      'with set-up': median(runs.map((run) => run.seconds)).toFixed(2),
      'objects/s': Math.round(count / seconds),
      'MiB/s': Math.round((count * size) / MIB / seconds),
      'client CPU s': median(runs.map((run) => run.cpuSeconds)).toFixed(2),
      'database CPU s': runs[0].databaseCpuSeconds === undefined ? '' : median(runs.map((run) => run.databaseCpuSeconds)).toFixed(2),
      'peak MiB': Math.max(...runs.map((run) => run.peakMiB)),
      differences: runs.reduce((sum, run) => sum + run.differences, 0),
    };
  });
  console.table(rows);
  const ours = Number(rows[0].seconds);
  for (const row of rows.slice(1)) console.log(`smartant is ${(Number(row.seconds) / ours).toFixed(2)} times as fast as ${row.contender}`);
}
