// `npm run bench:host [-- --rounds N --files N --large N --large-mib N --only NAME,…]`: the files of a host by us (straight, and through us), by
// rsync and by tar | zstd | ssh, in turn on the same data between two hosts in namespaces, contents and metadata compared.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { countAllCpu } from './all-cpu.mjs';
import { rsync, smartant, tarOverSsh, within } from './contenders.mjs';
import { makeTree } from './tree.mjs';

const { startHost, whyNoHosts } = createRequire(import.meta.url)('../../libs/test-servers/dist/index.js');
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    files: { type: 'string', default: '50000' },
    large: { type: 'string', default: '4' },
    'large-mib': { type: 'string', default: '128' },
    only: { type: 'string' },
  },
});
const missing = whyNoHosts();
if (missing) {
  console.log(`SKIPPED: bench:host: ${missing}`);
  process.exit(0);
}

const MIB = 1024 * 1024;
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const cpu = countAllCpu();
const medianOf = (numbers) => (typeof numbers[0] === 'number' ? median(numbers).toFixed(2) : '');
const folder = mkdtempSync(join(tmpdir(), 'smartant-bench-'));
const needed = Number(values.large) * Number(values['large-mib']) + Number(values.files) / 20;
// In memory at the target: what is compared is what copies cost, and not how the disk of this machine does today.
const [source, target] = await Promise.all([
  startHost({ name: 'source' }),
  startHost({ name: 'target', mounts: [{ path: '/mnt/target', sizeMiB: Math.ceil(needed * 1.5) + 512 }] }),
]);
try {
  const hosts = { source, target };
  writeFileSync(join(source.root, 'root/bench-key'), target.privateKeyPem, { mode: 0o600 });
  const tree = join(source.root, 'srv/tree');
  mkdirSync(tree);
  const bytes = makeTree(tree, {
    smallFiles: Number(values.files),
    largeFiles: Number(values.large),
    largeMiB: Number(values['large-mib']),
  });
  // What changed within the slack of clocks before a round is carried again by the next one.
  await sleep(5_000);
  const contenders = {
    'SmartAnt, direct': smartant(hosts, 'auto', folder),
    'SmartAnt, relayed': smartant(hosts, 'never', folder),
    rsync: rsync(hosts),
    'tar | zstd | ssh': tarOverSsh(hosts),
  };
  const chosen = Object.entries(contenders).filter(([name]) => !values.only || values.only.split(',').some((part) => name.includes(part)));
  console.log(`${values.files} small and ${values.large} large files, ${Math.round(bytes / MIB)} MiB, median of ${values.rounds} rounds`);
  print(compete(hosts, chosen), bytes);
} finally {
  await Promise.all([source.stop(), target.stop()]);
  rmSync(folder, { recursive: true, force: true });
  cpu.end();
}

function compete(hosts, contenders) {
  const results = Object.fromEntries(contenders.map(([name]) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const [name, { begin, copy }] of contenders) {
      within(hosts.target, 'find /mnt/target -mindepth 1 -delete');
      begin();
      const full = counted(copy);
      const differences = differencesOf(hosts);
      // tar has no rounds.
      const again = name.startsWith('tar') ? null : counted(copy);
      results[name].push({ full, again, differences });
      if (differences !== '') console.log(`${name}: ${differences.slice(0, 500)}`);
    }
  }
  return results;
}

/** With what all processes of a copy, at both hosts, have taken. */
function counted(copy) {
  const before = cpu.seconds();
  const done = copy();
  return { ...done, allCpuSeconds: before === null ? null : cpu.seconds() - before };
}

/** Whether one canonical archive of each side, with owners, times, attributes and links, is the same to the byte; empty when it is. */
function differencesOf({ source: from, target: to }) {
  const options = '--sort=name --format=posix --pax-option=delete=atime,delete=ctime --xattrs --acls --numeric-owner';
  const digest = (host, path) => within(host, `tar -C ${path} --create --file=- ${options} . | sha256sum`);
  return digest(from, '/srv/tree') === digest(to, '/mnt/target') ? '' : 'the archives of both sides differ';
}

function print(results, bytes) {
  const rows = Object.entries(results).map(([contender, runs]) => {
    const seconds = median(runs.map(({ full }) => full.seconds));
    const { full } = runs[0];
    return {
      contender,
      'full s': seconds.toFixed(2),
      'MiB/s': Math.round(bytes / MIB / seconds),
      'no change s': runs[0].again ? median(runs.map(({ again }) => again.seconds)).toFixed(2) : '',
      'all CPU s': medianOf(runs.map((run) => run.full.allCpuSeconds)),
      'no change, all CPU s': medianOf(runs.map((run) => run.again?.allCpuSeconds)),
      'migrator CPU s': full.cpuSeconds === undefined ? '' : median(runs.map((run) => run.full.cpuSeconds)).toFixed(2),
      'peak MiB': full.peakMiB === undefined ? '' : Math.round(Math.max(...runs.map((run) => run.full.peakMiB))),
      way: full.way ?? '',
      equal: runs.every(({ differences }) => differences === ''),
    };
  });
  console.table(rows);
}
