// One round of a volume by its blocks in a process of its own, so that its CPU and memory are nobody else's: `node blocks-round.mjs SETTINGS` (JSON).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

const require = createRequire(import.meta.url);
const built = (path) => require(`../../services/host-migrator/dist/connectors/linux/${path}.js`);
const { openHostSession } = built('session/host-session');
const { syncBlocks } = built('blocks/sync-blocks');
const { releaseFiles } = built('files/release-files');

const settings = JSON.parse(parseArgs({ allowPositionals: true }).positionals[0]);
const { signal } = new AbortController();
const endpoint = (id) => ({ id, location: settings[id].location, secret: async () => ({ kind: 'ssh', privateKeyPem: settings[id].key }) });
let state = { blocks: { whole: settings.whole ? [settings.volume.mount] : [], reached: {}, still: null } };
const job = {
  migrationId: 'mig_bench',
  source: endpoint('source'),
  target: endpoint('target'),
  scope: { compress: 'auto', direct: settings.direct, streams: 0 },
  state: { load: async () => state, save: async (change) => void (state = { ...state, ...change }) },
  admit: async () => undefined,
  count: () => undefined,
  info: () => undefined,
  warn: (message, fields) => console.error(message, fields),
};
const open = (host) => openHostSession(endpoint(host), { guard: {}, transcript: () => undefined, host }, signal);

const beganAt = performance.now();
const [source, target] = await Promise.all([open('source'), open('target')]);
const result = await syncBlocks(job, { source, target, volumes: [settings.volume] }, false, signal);
const seconds = (performance.now() - beganAt) / 1_000;
await releaseFiles(job.migrationId, { source, target }, signal);
source.close();
target.close();
const { userCPUTime, systemCPUTime } = process.resourceUsage();
// What getrusage calls the largest begins with the memory of whoever started this process.
const peakMiB = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1_024;
console.log(JSON.stringify({ seconds, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMiB, ...result }));
process.exit(0);
