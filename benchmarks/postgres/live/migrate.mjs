// A migration's stages by the engine, as a process of its own: tells its parent what is reached, and cuts over when it is told to.
import engines from '../../../services/db-migrator/dist/connectors/postgres/postgres-engine.js';
import { endpointOf } from '../apply/endpoint.mjs';

const { sourceUrl, targetUrl, migrationId, reverse } = JSON.parse(process.argv[2]);
const urls = { source: sourceUrl, target: targetUrl };
const engine = engines.createPostgresEngine(({ id }) => endpointOf(urls[id]));
const tell = (event, more = {}) => process.send({ event, atMs: Date.now(), ...more });
const end = (id) => ({ id, location: {}, secret: () => Promise.reject(new Error('not asked for')) });
const scope = {
  includeSchemas: [],
  excludeSchemas: [],
  includeTables: [],
  excludeTables: [],
  rows: [],
  renames: [],
  columns: [],
  tablespaces: [],
  resyncs: [],
  mode: 'live',
  targetPolicy: 'refuse',
  largeObjects: false,
  roles: false,
  publications: false,
  tableJobs: 0,
  indexJobs: 0,
  verify: 'content',
  quarantineCap: 0,
  reverse,
  maxRetainedWalBytes: 0,
};
let kept = {};
let epoch = 0;
const job = () => ({
  migrationId,
  runId: 'run_bench',
  epoch: (epoch += 1),
  source: end('source'),
  target: end('target'),
  scope,
  state: {
    load: async () => structuredClone(kept),
    save: async (change) => {
      kept = structuredClone({ ...kept, ...change });
      for (const [key, value] of Object.entries(change)) if (value !== null) tell(`saved ${key}`);
    },
  },
  admit: async () => undefined,
  count: (counts) => {
    for (const [name, count] of Object.entries(counts)) if (count > 0 || name === 'movedSequences') tell(`counted ${name}`, { count });
  },
  stream: ({ lagMs, lagBytes }) => tell('stream', { lagMs, lagBytes }),
  quarantine: async (table) => Promise.reject(new Error(`${table.unit} was put aside: ${table.message}`)),
  excludedTables: async () => new Set(),
  waivedTables: async () => new Set(),
  nextCheck: async () => null,
  endCheck: async () => undefined,
  unit: (_name, _attributes, work) => work(),
  info: () => undefined,
  warn: (message, fields, error) => console.error(message, fields, error?.message ?? ''),
});

const never = new AbortController().signal;
for (const stage of ['prepare', 'schema', 'copy', 'constraints']) {
  await engine.stages[stage](job(), never);
  tell(`done ${stage}`);
}
const stop = new AbortController();
const streaming = engine.stages.stream(job(), stop.signal).catch((error) => error);
await new Promise((resolve) => process.once('message', resolve));
stop.abort();
await streaming;
tell('begun cutover');
const { openedAt, verification, findings } = await engine.stages.cutover(job(), never);
tell('done cutover', { isOpen: openedAt !== undefined, verification, findings });
const { user, system } = process.cpuUsage();
tell('costs', { cpuSeconds: (user + system) / 1e6, mostMiB: process.resourceUsage().maxRSS / 1024 });
process.disconnect();
