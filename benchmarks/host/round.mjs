// One round by SmartAnt in a process of its own, so that its CPU and memory are nobody else's: `node round.mjs SETTINGS` (JSON).
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

const require = createRequire(import.meta.url);
const built = (path) => require(`../../services/host-migrator/dist/connectors/linux/${path}.js`);
const { openHostSession } = built('session/host-session');
const { syncFiles } = built('files/sync-files');
const { releaseFiles } = built('files/release-files');

const settings = JSON.parse(parseArgs({ allowPositionals: true }).positionals[0]);
const { signal } = new AbortController();
const endpoint = (id) => ({ id, location: settings[id].location, secret: async () => ({ kind: 'ssh', privateKeyPem: settings[id].key }) });
const load = () => (existsSync(settings.stateFile) ? JSON.parse(readFileSync(settings.stateFile, 'utf8')) : {});
const job = {
  migrationId: 'mig_bench',
  source: endpoint('source'),
  target: endpoint('target'),
  scope: { exclude: [], excludeMounts: [], compress: 'auto', direct: settings.direct, streams: 0 },
  state: { load: async () => load(), save: async (change) => writeFileSync(settings.stateFile, JSON.stringify({ ...load(), ...change })) },
  admit: async () => undefined,
  count: () => undefined,
  quarantine: async ({ unit, message }) => {
    throw new Error(`${unit}: ${message}`);
  },
  excludedFiles: async () => new Set(),
  unit: (_name, _attributes, work) => work(),
  info: () => undefined,
  warn: (message, fields) => console.error(message, fields),
};
const open = (host) =>
  openHostSession(endpoint(host), { guard: {}, transcript: process.env.TRANSCRIPT ? tell : () => undefined, host }, signal);

const tell = ({ host, command, startedAt, durationMs }) =>
  console.error(startedAt.slice(17, 23), host, durationMs, command.replaceAll('\n', ' ').slice(-110));

const beganAt = performance.now();
const [source, target] = await Promise.all([open('source'), open('target')]);
const fileSystems = [{ mount: '/', type: 'ext4' }];
const result = await syncFiles(
  job,
  { source, target, sourceRoot: '/srv/tree', targetRoot: '/mnt/target', fileSystems, exclude: [] },
  signal,
);
const seconds = (performance.now() - beganAt) / 1_000;
await releaseFiles(job.migrationId, { source, target }, signal);
source.close();
target.close();
const { userCPUTime, systemCPUTime } = process.resourceUsage();
// What getrusage calls the largest begins with the memory of whoever started this process.
const peakMiB = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1_024;
console.log(JSON.stringify({ seconds, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMiB, ...result }));
process.exit(0);
