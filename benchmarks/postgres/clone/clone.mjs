// One clone by our copy, as a process of its own: `node clone.mjs BIN SOURCE TARGET JOBS`. Prints what the stages took.
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const [bin, sourceUrl, targetUrl, jobs] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const built = (path) => require(`../../../services/db-migrator/dist/connectors/postgres/${path}.js`);
const { createEgressGuard } = require('@smartant/platform/egress');
const { openPgEndpoint } = built('session/open-pg-endpoint');
const { readCatalog } = built('catalog/read-catalog');
const { copyTables } = built('copy/copy-tables');

const guard = createEgressGuard({ allowLoopback: true, allow: [], deny: [] });
const signal = new AbortController().signal;
const endpointOf = (url) => {
  const { hostname: host, port, pathname, username: user } = new URL(url);
  const location = { kind: 'postgres', host, port: Number(port), database: pathname.slice(1), user, tlsMode: 'disable' };
  return openPgEndpoint(location, { guard, secret: async () => ({ kind: 'password', password: '' }) });
};

const folder = mkdtempSync(join(tmpdir(), 'smartant-clone-'));
const archive = join(folder, 'schema');
const stages = {};
let at = performance.now();
const lap = (stage) => {
  stages[stage] = (performance.now() - at) / 1000;
  at = performance.now();
};

const source = endpointOf(sourceUrl);
const target = endpointOf(targetUrl);
const holder = await source.open({ applicationName: 'bench', signal });
const [{ lsn }] = await holder.query('SELECT pg_current_wal_lsn() AS lsn');
await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
const [{ name }] = await holder.query('SELECT pg_export_snapshot() AS name');
const { tables } = await readCatalog(holder, signal);
execFileSync(join(bin, 'pg_dump'), ['-Fc', '--schema-only', '--snapshot', name, '-f', archive, sourceUrl]);
execFileSync(join(bin, 'pg_restore'), ['--section=pre-data', '--no-owner', '-d', targetUrl, archive]);
lap('schema');
const beforeCpu = process.cpuUsage();
const { rows, bytes } = await copyTables({
  source,
  target,
  migrationId: `mig_${'0'.repeat(32)}`,
  epoch: 1,
  tables,
  targetName: (table) => table,
  snapshot: { name, lsn },
  oneSnapshot: true,
  targetPolicy: 'refuse',
  rows: [],
  jobs: Number(jobs),
  ...(process.env.SPLIT_BYTES ? { splitBytes: Number(process.env.SPLIT_BYTES) } : {}),
  onPart: () => undefined,
  admit: async () => undefined,
  quarantine: async (table) => Promise.reject(new Error(JSON.stringify(table))),
  signal,
});
await holder.close();
lap('copy');
const ownCpu = process.cpuUsage();
const copyCpu = process.cpuUsage(beforeCpu);
await run(join(bin, 'pg_restore'), ['--section=post-data', '--no-owner', '-j', '2', '-d', targetUrl, archive]);
await run(join(bin, 'psql'), ['-Xqc', 'DROP SCHEMA smartant CASCADE', targetUrl]);
lap('constraints');
await run(join(bin, 'vacuumdb'), ['-q', '-Z', '-j', '2', '-d', targetUrl]);
lap('analyze');
rmSync(folder, { recursive: true });
source.close();
target.close();
console.log(
  JSON.stringify({
    stages,
    rows,
    bytes,
    cpuSeconds: (ownCpu.user + ownCpu.system) / 1e6,
    copyCpuSeconds: (copyCpu.user + copyCpu.system) / 1e6,
    peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  }),
);
process.exit(0);
