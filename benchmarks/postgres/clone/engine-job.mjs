// The engine's job for the benchmark's two databases, as the migrator would hand it over; nothing limits it, and nothing is kept.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const built = (path) => require(`../../../services/db-migrator/dist/${path}.js`);
const { createEgressGuard } = require('@smartant/platform/egress');
const { createPostgresEngine } = built('connectors/postgres/postgres-engine');
const { openPgEndpoint } = built('connectors/postgres/session/open-pg-endpoint');
const { targetNameOf } = built('connectors/postgres/catalog/target-name');
const { MigrationState } = built('connectors/postgres/stages/migration-state');

const guard = createEgressGuard({ allowLoopback: true, allow: [], deny: [] });
const nothing = () => undefined;

/** `open`: an endpoint of the port as the engine opens it. */
export const open = ({ location, secret }) => openPgEndpoint(location, { guard, secret });

export const engine = createPostgresEngine(open);

export function jobOf({ sourceUrl, targetUrl, jobs, warn = console.error }) {
  const kept = {};
  return {
    migrationId: `mig_${'0'.repeat(32)}`,
    runId: 'run_bench',
    epoch: 1,
    source: endpointOf('source', sourceUrl),
    target: endpointOf('target', targetUrl),
    scope: {
      ...{ includeSchemas: [], excludeSchemas: [], includeTables: [], excludeTables: [], rows: [], renames: [], columns: [] },
      ...{
        mode: 'snapshot',
        targetPolicy: 'refuse',
        largeObjects: false,
        roles: false,
        publications: false,
        reverse: false,
        maxRetainedWalBytes: 0,
        tablespaces: [],
        resyncs: [],
      },
      ...{ tableJobs: jobs, indexJobs: jobs, verify: 'content', quarantineCap: 0 },
    },
    state: { load: async () => kept, save: async (change) => void Object.assign(kept, change) },
    admit: async () => undefined,
    count: nothing,
    stream: nothing,
    quarantine: async (table) => Promise.reject(new Error(JSON.stringify(table))),
    excludedTables: async () => new Set(),
    waivedTables: async () => new Set(),
    unit: (_name, _attributes, work) => work(),
    info: nothing,
    warn,
  };
}

/** What the stages see of a job, for what has no stage of its own. */
export function openJob(job) {
  return {
    job,
    source: open(job.source),
    target: open(job.target),
    targetName: targetNameOf(job.scope),
    state: new MigrationState(job.state),
  };
}

function endpointOf(id, url) {
  const { hostname: host, port, pathname, username: user } = new URL(url);
  const location = { kind: 'postgres', host, port: Number(port), database: pathname.slice(1), user, tlsMode: 'disable' };
  return { id, location, secret: async () => ({ kind: 'password', password: '' }) };
}
