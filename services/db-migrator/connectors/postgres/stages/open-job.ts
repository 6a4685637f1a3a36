import { toSmartantError } from '@smartant/kernel';
import type { DatabaseJob } from '../../../application/ports/database-engine';
import type { DatabaseScope } from '../../../domain/database-scope';
import type { Catalog, Sequence, Table } from '../catalog/catalog';
import { withColumnChoices } from '../catalog/column-choices';
import { readCatalog } from '../catalog/read-catalog';
import { selectTables } from '../catalog/select-tables';
import { nameOf, type TargetName } from '../catalog/target-name';
import { rowFilterOf } from '../copy/row-filter';
import type { PublishedTable } from '../replication/publication';
import { nameFilter } from '../schema/schema-scope';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import type { MigrationState } from './migration-state';

/** A job with its endpoints opened. */
export interface OpenJob {
  job: DatabaseJob;
  source: PgEndpoint;
  target: PgEndpoint;
  targetName: TargetName;
  state: MigrationState;
}

/** Opens a session for some work and closes it, whatever happens. */
export async function withSession<T>(
  endpoint: PgEndpoint,
  applicationName: string,
  signal: AbortSignal,
  work: (session: PgSession) => Promise<T>,
): Promise<T> {
  const session = await endpoint.open({ applicationName, signal });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/** Where a role may not read the control file, the server is asked who it is on a replication session. */
export function sourceOf(endpoint: PgEndpoint, signal: AbortSignal) {
  return { openReplication: () => endpoint.open({ applicationName: 'smartant look', replication: true, signal }) };
}

export interface ScopedCatalog {
  catalog: Catalog;
  /** Of the scope, without those that are put aside. */
  tables: Table[];
}

/** The source's catalogue as it is now, and what of it is migrated. */
export async function readScope({ job, source }: OpenJob, signal: AbortSignal): Promise<ScopedCatalog> {
  const catalog = await withSession(source, applicationName(job, 'catalogue'), signal, (session) =>
    readCatalog(session, signal, sourceOf(source, signal)),
  );
  const aside = await job.excludedTables();
  const tables = withColumnChoices(selectTables(catalog, job.scope), job.scope.columns);
  return { catalog, tables: tables.filter((table) => !aside.has(nameOf(table))) };
}

/** As pg_stat_activity shows us. */
export function applicationName(job: Pick<DatabaseJob, 'migrationId'>, doing: string): string {
  return `smartant ${doing} ${job.migrationId}`;
}

/** The sequences that the schema's copy makes at the target: those of migrated tables, and those in schemas of the scope that are on their own. */
export function scopedSequences({ catalog, tables }: ScopedCatalog, scope: DatabaseScope): Sequence[] {
  const owned = new Set(tables.map(nameOf));
  const leftOut = new Set(tables.flatMap((table) => (table.leftOutColumns ?? []).map((column) => `${nameOf(table)}.${column}`)));
  const filter = nameFilter({ ...scope, tables });
  return catalog.sequences.filter(({ ownedBy, schema, name }) =>
    ownedBy ? owned.has(nameOf(ownedBy)) && !leftOut.has(`${nameOf(ownedBy)}.${ownedBy.column}`) : filter.relation({ schema, table: name }),
  );
}

export function codeOf(error: unknown): string {
  return toSmartantError(error).code;
}

/** Tables as a publication has them, with the rows of each that are migrated. */
export function publishedOf({ job }: Pick<OpenJob, 'job'>, tables: readonly Table[]): PublishedTable[] {
  return tables.map((table) => ({ table, where: rowFilterOf(table, job.scope.rows) ?? undefined }));
}
