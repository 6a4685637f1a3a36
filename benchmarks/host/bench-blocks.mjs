// `npm run bench:host:blocks [-- --rounds N --mib N --only NAME,…]`: a volume by its blocks, straight and through us, against `dd | ssh dd`, in turn on the same
// full volume between two hosts in namespaces; what arrived is mounted and compared file by file.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { countAllCpu } from './all-cpu.mjs';
import { SSH, within } from './contenders.mjs';

const { startHost, whyNoHosts } = createRequire(import.meta.url)('../../libs/test-servers/dist/index.js');
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, mib: { type: 'string', default: '1024' }, only: { type: 'string' } },
});
const missing = whyNoHosts();
if (missing) {
  console.log(`SKIPPED: bench:host:blocks: ${missing}`);
  process.exit(0);
}

const ROUND = fileURLToPath(new URL('blocks-round.mjs', import.meta.url));
const MIB = 1024 * 1024;
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const run = (program, ...argv) => execFileSync(program, argv, { encoding: 'utf8' }).trim();
const cpu = countAllCpu();
// In memory: what is compared is what copies cost, and not how the disk of this machine does today.
const folder = mkdtempSync('/dev/shm/smartant-bench-');
const devices = [];
const makeDevice = (name) => {
  run('truncate', '-s', `${values.mib}M`, join(folder, name));
  devices.push(run('losetup', '--find', '--show', join(folder, name)));
  return devices.at(-1);
};
const numberOf = (device) => `${statSync(device).rdev >> 8} ${statSync(device).rdev & 255}`;

const [source, target] = await Promise.all([startHost({ name: 'source' }), startHost({ name: 'target' })]);
try {
  const [from, to] = [makeDevice('source'), makeDevice('target')];
  run('mkfs.ext4', '-q', '-F', '-m', '0', '-E', 'lazy_itable_init=0,lazy_journal_init=0', from);
  writeFileSync(join(source.root, 'root/bench-key'), target.privateKeyPem, { mode: 0o600 });
  within(source, `mknod /dev/vdb b ${numberOf(from)} && mkdir -p /data && mount /dev/vdb /data`);
  within(source, 'dd if=/dev/urandom of=/data/full bs=1M status=none 2>/dev/null; sync');
  within(target, `mknod /dev/sda1 b ${numberOf(to)}`);
  const uuid = run('blkid', '-p', '-s', 'UUID', '-o', 'value', from);
  const side = (host) => ({ location: host.location, key: host.privateKeyPem });
  const volume = { mount: '/data', type: 'ext4', uuid, targetDevice: '/dev/sda1' };
  const ours = (direct) => (whole) =>
    JSON.parse(run(process.execPath, ROUND, JSON.stringify({ source: side(source), target: side(target), direct, whole, volume })));
  const dd = () => {
    const beganAt = performance.now();
    const write = 'dd of=/dev/sda1 bs=4M iflag=fullblock conv=notrunc,fsync status=none';
    within(source, `dd if=/dev/vdb bs=4M status=none | ${SSH} root@${target.location.host} '${write}'`);
    return { seconds: (performance.now() - beganAt) / 1_000 };
  };
  const all = { 'SmartAnt, direct': ours('auto'), 'SmartAnt, relayed': ours('never'), 'dd | ssh': dd };
  const contenders = Object.fromEntries(
    Object.entries(all).filter(([name]) => !values.only || values.only.split(',').some((part) => name.includes(part))),
  );
  const results = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const [name, copy] of Object.entries(contenders)) {
      within(target, 'dd if=/dev/zero of=/dev/sda1 bs=4M conv=fsync status=none 2>/dev/null; true');
      const before = cpu.seconds();
      const full = copy(false);
      full.allCpuSeconds = before === null ? null : cpu.seconds() - before;
      within(target, 'mkdir -p /mnt/look && mount -o ro,noload /dev/sda1 /mnt/look');
      const equal =
        run('cmp', join('/proc', String(source.pid()), 'root/data/full'), join('/proc', String(target.pid()), 'root/mnt/look/full')) === '';
      within(target, 'umount /mnt/look');
      results[name].push({ full, equal, again: name.startsWith('dd') ? null : copy(true) });
    }
  }
  print(results);
} finally {
  await Promise.all([source.stop(), target.stop()]);
  for (const device of devices) run('losetup', '--detach', device);
  rmSync(folder, { recursive: true, force: true });
  cpu.end();
}

function print(results) {
  console.log(`a volume of ${values.mib} MiB, full, median of ${values.rounds} rounds`);
  console.table(
    Object.entries(results).map(([contender, runs]) => {
      const seconds = median(runs.map(({ full }) => full.seconds));
      const [{ full }] = runs;
      return {
        contender,
        'full s': seconds.toFixed(2),
        'MiB/s': Math.round((full.copiedBytes ?? Number(values.mib) * MIB) / MIB / seconds),
        'no change s': runs[0].again ? median(runs.map(({ again }) => again.seconds)).toFixed(2) : '',
        'migrator CPU s': full.cpuSeconds === undefined ? '' : median(runs.map((one) => one.full.cpuSeconds)).toFixed(2),
        'all CPU s': full.allCpuSeconds === null ? '' : median(runs.map((one) => one.full.allCpuSeconds)).toFixed(2),
        'peak MiB': full.peakMiB === undefined ? '' : Math.round(Math.max(...runs.map((one) => one.full.peakMiB))),
        way: full.way ?? '',
        equal: runs.every(({ equal }) => equal),
      };
    }),
  );
}
