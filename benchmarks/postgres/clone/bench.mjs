// `npm run bench:postgres [-- --rounds N --only NAME,… --scale N --wide N --jobs N]`: a clone by us, by pg_dump and pg_restore and by pgcopydb,
// in turn on the same data between two durable servers, with indexes and ANALYZE, contents checked.
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { contenders } from './contenders.mjs';
import { contentOf, fill } from './data.mjs';
import { findPrograms, startServer } from './servers.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    scale: { type: 'string', default: '50' },
    wide: { type: 'string', default: '1000000' },
    jobs: { type: 'string', default: '2' },
  },
});
const rounds = Number(values.rounds);
const programs = findPrograms();
if (!programs) {
  console.log("SKIPPED: bench:postgres: Debian's PostgreSQL server and client are not installed (apt-get install postgresql)");
  process.exit(0);
}

const median = (numbers) => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};
const MIB = 1024 * 1024;
const work = mkdtempSync(join(tmpdir(), 'smartant-bench-'));
// The servers run as another user.
chmodSync(work, 0o711);
const servers = [];
try {
  const source = await startServer(programs, join(work, 'source'));
  servers.push(source);
  const target = await startServer(programs, join(work, 'target'));
  servers.push(target);
  const bytes = fill(programs, source, 'shop', { scale: Number(values.scale), wideRows: Number(values.wide) });
  const expected = contentOf(source, 'shop');
  console.log(
    `PostgreSQL ${programs.version}, ${Math.round(bytes / MIB)} MiB with indexes (pgbench -s ${values.scale} and ${values.wide} wide rows)`,
  );
  const names = Object.entries(contenders(programs, { jobs: values.jobs })).filter(
    ([name]) => !values.only || values.only.split(',').includes(name),
  );
  const results = Object.fromEntries(names.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, clone] of names) {
      const folder = join(work, `scratch-${round}-${name.replaceAll(/\W/g, '')}`);
      mkdirSync(folder);
      target.query('postgres', 'DROP DATABASE IF EXISTS clone WITH (FORCE)');
      target.query('postgres', 'CREATE DATABASE clone');
      target.query('postgres', 'CHECKPOINT');
      const before = source.cpuSeconds() + target.cpuSeconds();
      const result = await clone(source.url('shop'), target.url('clone'), folder);
      const serverCpuSeconds = source.cpuSeconds() + target.cpuSeconds() - before;
      const verification = await result.verify?.();
      const isSame = contentOf(target, 'clone') === expected;
      if (!isSame) console.log(`${name} round ${round}: the clone differs from its source`);
      results[name].push({ ...result, serverCpuSeconds, verification, isSame });
      console.log(
        `${name}: ${result.seconds.toFixed(2)} s, servers' CPU ${serverCpuSeconds.toFixed(2)} s${result.own ? ` ${JSON.stringify(result.own)}` : ''}${verification ? `, verification ${verification.seconds.toFixed(2)} s` : ''}`,
      );
      rmSync(folder, { recursive: true });
    }
  }
  print(results, bytes);
} finally {
  for (const server of servers) await server.stop();
  rmSync(work, { recursive: true, force: true });
}

function print(results, bytes) {
  console.log(`\nmedian of ${rounds} interleaved rounds`);
  const rows = Object.entries(results).map(([contender, runs]) => ({
    contender,
    seconds: median(runs.map((run) => run.seconds)).toFixed(2),
    'with start': median(runs.map((run) => run.secondsWithStart ?? run.seconds)).toFixed(2),
    'MiB/s': Math.round(bytes / MIB / median(runs.map((run) => run.seconds))),
    'client CPU s': median(runs.map((run) => run.cpuSeconds)).toFixed(2),
    'server CPU s': median(runs.map((run) => run.serverCpuSeconds)).toFixed(2),
    'CPU s per GB': (median(runs.map((run) => run.cpuSeconds)) / (bytes / 1e9)).toFixed(2),
    'peak MiB': Math.max(...runs.map((run) => run.peakMiB)),
    'same content': runs.every((run) => run.isSame),
  }));
  console.table(rows);
  const ours = rows.find((row) => row.contender === 'smartant');
  const verifications = (results.smartant ?? []).map(({ seconds, verification }) => ({
    ...verification,
    share: verification.seconds / seconds,
  }));
  if (ours)
    console.log(
      `verification of the same data by smartant: ${median(verifications.map(({ seconds }) => seconds)).toFixed(2)} s, ` +
        `${Math.round(median(verifications.map(({ share }) => share)) * 100)}% of the clone; ` +
        `client CPU ${median(verifications.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2)} s, peak ${Math.max(...verifications.map(({ peakMiB }) => peakMiB))} MiB`,
    );
  for (const row of rows)
    if (ours && row !== ours)
      console.log(`smartant is ${(Number(row.seconds) / Number(ours.seconds)).toFixed(2)} times as fast as ${row.contender}`);
}
