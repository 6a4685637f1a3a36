import type { DatabaseEndpoint, DatabaseEngine, DatabaseJob, DatabaseStage, StageResult } from '../../application/ports/database-engine';
import { readCatalog } from './catalog/read-catalog';
import { targetNameOf } from './catalog/target-name';
import type { PgEndpoint, PgSession } from './session/pg-session';
import { copyData } from './stages/copy-data';
import { cutOver, reopen } from './stages/cut-over';
import { MigrationState } from './stages/migration-state';
import { sourceOf, withSession, type OpenJob } from './stages/open-job';
import { fixEnds, precheckEnds, prepare } from './stages/prepare';
import { releaseAll } from './stages/release-all';
import { rollBack } from './stages/roll-back';
import { constraints, schema } from './stages/schema-stages';
import { stream } from './stages/run-checks';
import { streamBack } from './stages/stream-stages';
import { syncTables } from './stages/sync-tables';

const STAGES: Record<DatabaseStage, (open: OpenJob, signal: AbortSignal) => Promise<StageResult>> = {
  prepare,
  schema,
  copy: copyData,
  constraints,
  sync: syncTables,
  stream,
  cutover: cutOver,
  reopen,
  'stream-back': streamBack,
  'roll-back': rollBack,
  release: releaseAll,
};

/** PostgreSQL behind the engine's port. `open`: judges the address, and connects when a session is asked for. */
export function createPostgresEngine(open: (endpoint: DatabaseEndpoint) => PgEndpoint): DatabaseEngine {
  const using = async <T>(endpoints: DatabaseEndpoint[], work: (opened: PgEndpoint[]) => Promise<T>): Promise<T> => {
    const opened: PgEndpoint[] = [];
    try {
      for (const endpoint of endpoints) opened.push(open(endpoint));
      return await work(opened);
    } finally {
      for (const endpoint of opened) endpoint.close();
    }
  };
  const looking = <T>(endpoint: DatabaseEndpoint, signal: AbortSignal, work: (session: PgSession) => Promise<T>): Promise<T> =>
    using([endpoint], ([opened]) => withSession(opened!, 'smartant look', signal, work));
  const stage = (name: DatabaseStage) => (job: DatabaseJob, signal: AbortSignal) =>
    using([job.source, job.target], ([source, target]) => STAGES[name](openJob(job, source!, target!), signal));
  return {
    probe: (endpoint, signal) =>
      looking(endpoint, signal, async (session) => {
        const sentAtMs = performance.now();
        const [row] = await session.query("SELECT current_setting('wal_level') AS wal_level", undefined, signal);
        const abilities = row?.['wal_level'] === 'logical' ? ['logical-decoding'] : [];
        return { abilities, findings: [], roundTripMs: Math.round(performance.now() - sentAtMs) };
      }),
    discover: (endpoint, path, { pageSize, pageToken }, signal) =>
      using([endpoint], ([opened]) =>
        withSession(opened!, 'smartant look', signal, async (session) => {
          const { tables } = await readCatalog(session, signal, sourceOf(opened!, signal));
          const all = path === '' ? schemasOf(tables) : tables.filter(({ schema }) => schema === path).map(itemOf);
          const items = all.filter((item) => item.path > pageToken).sort((a, b) => (a.path < b.path ? -1 : 1));
          const page = items.slice(0, pageSize);
          return { items: page, nextPageToken: items.length > pageSize ? (page.at(-1)?.path ?? '') : '' };
        }),
      ),
    precheck: (source, target, scope, signal) =>
      using([source, target], ([from, to]) => precheckEnds({ source: from!, target: to!, scope }, signal)),
    fix: (source, target, scope, wanted, signal) =>
      using([source, target], ([from, to]) => fixEnds({ source: from!, target: to!, scope }, wanted, signal)),
    stages: Object.fromEntries(Object.keys(STAGES).map((name) => [name, stage(name as DatabaseStage)])) as DatabaseEngine['stages'],
  };
}

function openJob(job: DatabaseJob, source: PgEndpoint, target: PgEndpoint): OpenJob {
  return { job, source, target, targetName: targetNameOf(job.scope), state: new MigrationState(job.state) };
}

type Listed = Awaited<ReturnType<typeof readCatalog>>['tables'][number];

function schemasOf(tables: Listed[]): { path: string; kind: string; sizeBytes: number }[] {
  return [...Map.groupBy(tables, ({ schema }) => schema)].map(([path, of]) => ({
    path,
    kind: 'schema',
    sizeBytes: of.reduce((sum, { bytes }) => sum + bytes, 0),
  }));
}

function itemOf({ schema, table, bytes }: Listed): { path: string; kind: string; sizeBytes: number } {
  return { path: `${schema}.${table}`, kind: 'table', sizeBytes: bytes };
}
