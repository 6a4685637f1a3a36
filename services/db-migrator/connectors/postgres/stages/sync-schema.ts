import type { Finding } from '../../../application/ports/database-engine';
import type { Table } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { restoreConstraints, type RestoreConstraintsOptions } from '../constraints/restore-constraints';
import { copySchema } from '../schema/copy-schema';
import { findPostgresTools } from '../schema/find-postgres-tools';
import type { SchemaScope } from '../schema/schema-scope';
import type { PgSession } from '../session/pg-session';
import type { TableSync } from './migration-state';
import { readScope, type OpenJob } from './open-job';

export type OnFinding = (finding: Finding) => void;

/** What the target lacks for tables that are brought in: they themselves, with the types, functions and sequences of their schemas. */
export async function makeTables(
  open: OpenJob,
  sync: TableSync,
  snapshot: string,
  onFinding: OnFinding,
  signal: AbortSignal,
): Promise<void> {
  if (sync.made.length === 0) return;
  const { catalog, tables } = await readScope(open, signal);
  await copySchema({
    ...holderOf(open, sync, signal),
    source: open.source,
    scope: scopeOf(open, sync, tables),
    targetName: open.targetName,
    tools: await findPostgresTools(Math.floor(catalog.serverVersion / 10_000)),
    snapshot,
    onFinding: told(onFinding),
  });
}

/** Changes find their rows by them. */
export async function makeIndexes(open: OpenJob, sync: TableSync, onFinding: OnFinding, signal: AbortSignal): Promise<void> {
  if (sync.made.length > 0) await restore(open, sync, { onlyIndexes: true, onFinding }, signal);
}

/** Foreign keys in both directions, triggers and what else is made when the rows are as those of all other tables. */
export async function completeSchema(open: OpenJob, sync: TableSync, onFinding: OnFinding, signal: AbortSignal): Promise<void> {
  await restore(open, sync, { onFinding }, signal);
}

/** The statements of tables that were brought in; what is made stays. */
export async function forgetSyncSchemas(session: PgSession, migrationId: string, signal: AbortSignal): Promise<void> {
  const [known] = await session.query(`SELECT pg_catalog.to_regclass('smartant.schema_entry') AS known`, undefined, signal);
  if (!known?.['known']) return;
  await session.transaction(async () => {
    for (const table of ['schema_entry', 'schema_copy']) {
      await session.query(`DELETE FROM smartant.${table} WHERE starts_with(migration_id, $1)`, [`${migrationId}+`], signal);
    }
  });
}

async function restore(
  open: OpenJob,
  sync: TableSync,
  { onFinding, ...how }: Pick<RestoreConstraintsOptions, 'onlyIndexes' | 'onFinding'>,
  signal: AbortSignal,
): Promise<void> {
  const { tables } = await readScope(open, signal);
  const { indexes } = await restoreConstraints({
    ...holderOf(open, sync, signal),
    ...how,
    scope: scopeOf(open, sync, tables),
    targetName: open.targetName,
    jobs: open.job.scope.indexJobs,
    onProgress: ({ step, done, total, object }) => open.job.info('built at the target', { step, done, total, object }),
    // Counted once, when all of it is there: the two calls would tell of the same indexes.
    onBuilt: () => undefined,
    onFinding: told(onFinding),
  });
  open.job.count({ builtIndexes: indexes });
}

function holderOf({ job, target }: OpenJob, { schemaId }: TableSync, signal: AbortSignal) {
  return { target, migrationId: schemaId, epoch: job.epoch, signal };
}

/** Everything else of the scope is at the target already, and is kept. */
function scopeOf({ job }: OpenJob, { made }: TableSync, tables: readonly Table[]): SchemaScope {
  const names = new Set(made.map(nameOf));
  return {
    ...job.scope,
    includeSchemas: [],
    includeTables: [...names],
    excludeSchemas: [],
    targetPolicy: 'append',
    tables: tables.filter((table) => names.has(nameOf(table))),
    there: tables.filter((table) => !names.has(nameOf(table))),
  };
}

/** What is left out here belongs to tables that were brought in before, or never. */
function told(onFinding: OnFinding): OnFinding {
  return (finding) => finding.code !== 'SCHEMA_OBJECT_LEFT_OUT' && onFinding(finding);
}
