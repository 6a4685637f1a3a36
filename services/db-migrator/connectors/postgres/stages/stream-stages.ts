import { availableParallelism } from 'node:os';
import type { StageResult } from '../../../application/ports/database-engine';
import { addingColumns } from '../apply/add-columns';
import { columnsBack, columnsForth } from '../apply/column-names';
import { refusingChangedColumns } from '../apply/refuse-changed-columns';
import type { FailedChange } from '../apply/put-aside';
import { streamChanges } from '../apply/stream-changes';
import type { StreamChangesOptions } from '../apply/stream-options';
import type { Table, TableName } from '../catalog/catalog';
import { nameOf, splitName } from '../catalog/target-name';
import { recopyTables } from '../copy/copy-tables';
import { readCopied, type TableRecord } from '../copy/copy-bookkeeping';
import type { Retention } from '../precheck/watch-retention';
import { formatLsn } from '../replication/lsn';
import type { ComparisonRoom } from './comparison-room';
import { guardRetention } from './guard-retention';
import type { TableSync } from './migration-state';
import { applicationName, readScope, withSession, type OpenJob, type ScopedCatalog } from './open-job';

/** Target to source, until the signal ends it. */
export async function streamBack(open: OpenJob, signal: AbortSignal): Promise<StageResult> {
  await streamBackwards(open, { signal });
  return {};
}

interface Ending extends Pick<StreamChangesOptions, 'untilLsn' | 'signal'> {
  /** "schema.table" at the source: they are brought in meanwhile, and their changes left out. */
  syncing?: readonly string[];
  /** As it was a moment ago: while the source stands still, only what may have come since is asked for. */
  scope?: ScopedCatalog;
  /** Of what is compared beside it. */
  room?: ComparisonRoom;
}

/** Sessions that changes are shared out to when there are many. More than the target's cores bring nothing, and we do not know those. */
const APPLIERS = Math.min(4, Math.max(2, availableParallelism()));

/** With `untilLsn`: resolves once everything before it is applied. */
export async function streamForth(open: OpenJob, { untilLsn, syncing = [], scope, room, signal }: Ending): Promise<void> {
  const { job, source, target, targetName, state } = open;
  const { slot, publications } = await state.stream('stream');
  const [{ tables }, roots, copied] = await Promise.all([
    scope ?? readScope(open, signal),
    scope ? readRoots(open, signal) : undefined,
    readCopiedTables(open, signal),
  ]);
  const rootOf = roots ?? rootsOf(tables);
  const columns = columnsForth(job.scope.columns, rootOf);
  const options = {
    source,
    target,
    slot,
    publications,
    targetName,
    rootOf,
    columns,
    excluded: new Set([...(await job.excludedTables()), ...withoutCopy(tables, copied), ...syncing]),
    syncPositions: new Map(copied.map(({ table, snapshot }) => [nameOf(table), snapshot.lsn])),
    untilLsn,
    onRelation: refusingChangedColumns(source, tables, columns),
    onNewColumns: addingColumns(source, columns),
    onFailure: puttingAside(open, signal),
  };
  await guardRetention(open, source, slot.name, signal, async (within, latest) => {
    await streamChanges({ ...observed(open, latest, { syncing: syncing.length, room }), ...options, signal: within });
  });
}

export async function streamBackwards(open: OpenJob, { untilLsn, room, signal }: Ending): Promise<void> {
  const { job, source, target, targetName, state } = open;
  const { slot, publications } = await state.stream('streamBack');
  const { tables } = await readScope(open, signal);
  const back = new Map(tables.map((table) => [nameOf(targetName(table)), { schema: table.schema, table: table.table }]));
  const sourceName = (name: TableName): TableName => back.get(nameOf(name)) ?? name;
  const roots = rootsOf(tables);
  const rootOf = (name: TableName) => {
    const root = roots(sourceName(name));
    return root && targetName(root);
  };
  const columns = columnsBack(job.scope.columns, sourceName, rootOf);
  const options = {
    source: target,
    target: source,
    slot,
    publications,
    targetName: sourceName,
    rootOf,
    columns,
    excluded: new Set([...(await job.excludedTables())].map((name) => nameOf(targetName(splitName(name))))),
    untilLsn,
    onNewColumns: addingColumns(target, columns),
    // On the record under its name at the source, whichever way its changes go.
    onFailure: ({ unit, error }: FailedChange) =>
      job.quarantine({ unit: nameOf(sourceName(splitName(unit))), code: error.code, message: error.message }),
  };
  await guardRetention(open, target, slot.name, signal, async (within, latest) => {
    await streamChanges({ ...observed(open, latest, { room }), ...options, signal: within });
  });
}

/**
 * Changes of tables that were brought in beside the stream, up to a position that the stream has reached: it takes them along from there.
 * Resolves with the position that they have.
 */
export async function streamSynced(
  open: OpenJob,
  { slot, publications }: Pick<TableSync, 'slot' | 'publications'>,
  tables: readonly Table[],
  { untilLsn, signal, syncing = [] }: Ending,
): Promise<string> {
  const { job, source, target, targetName } = open;
  const rootOf = rootsOf(tables);
  const columns = columnsForth(job.scope.columns, rootOf);
  const reached = await guardRetention(open, source, slot.name, signal, (within, latest) =>
    streamChanges({
      ...observed(open, latest, { syncing: syncing.length }),
      source,
      target,
      slot,
      publications,
      targetName,
      rootOf,
      columns,
      untilLsn,
      onNewColumns: addingColumns(source, columns),
      onFailure: puttingAside(open, signal),
      onState: undefined,
      signal: within,
    }),
  );
  job.info('tables caught up with the stream', { tables: syncing.length, position: formatLsn(reached) });
  return formatLsn(reached);
}

/** Whatever comes later is not applied to such a table: only another copy brings it in order. */
function puttingAside({ job, target }: OpenJob, signal: AbortSignal): (failed: FailedChange) => Promise<void> {
  return async ({ unit, error }) => {
    await recopyTables({ target, migrationId: job.migrationId, epoch: job.epoch, signal }, [splitName(unit)]);
    await job.quarantine({ unit, code: error.code, message: error.message });
  };
}

/** Who compares them, says so. */
const NOT_COMPARED = { definitionDifferenceCount: 0, definitionDifferences: [] };

/** What is told of a stream while it goes on. */
function observed(
  { job }: OpenJob,
  latest: () => Retention | null,
  { syncing: syncingTables = 0, room }: { syncing?: number; room?: ComparisonRoom },
): Pick<StreamChangesOptions, 'migrationId' | 'epoch' | 'appliers' | 'admit' | 'onState' | 'onApplied' | 'onConflict' | 'onRetry'> {
  return {
    migrationId: job.migrationId,
    epoch: job.epoch,
    appliers: job.scope.tableJobs || APPLIERS,
    admit: job.admit,
    onState: (state) => {
      room?.hear(state, latest());
      const comparisonsWait = room?.isShut ?? false;
      job.stream({ ...state, fullAt: latest()?.fullAt ?? null, syncingTables, comparisonsWait, ...NOT_COMPARED });
    },
    onApplied: ({ transactions, changes, bytes }) =>
      job.count({ appliedTransactions: transactions, appliedChanges: changes, appliedBytes: bytes }),
    onConflict: (conflict) => job.warn('a change met no row', { ...conflict }),
    onRetry: (error, delayMs) => job.warn('the change stream is begun again', { delayMs }, error),
  };
}

export function rootsOf(tables: readonly Table[]): (name: TableName) => TableName | null {
  const roots = new Map(tables.map((table) => [nameOf(table), table.root]));
  return (name) => roots.get(nameOf(name)) ?? null;
}

/** A partition may have been made since the catalogue was read, which has to be known by its root. */
async function readRoots({ job, source }: OpenJob, signal: AbortSignal): Promise<(name: TableName) => TableName | null> {
  const rows = await withSession(source, applicationName(job, 'partitions'), signal, (session) => session.query(ROOTS, undefined, signal));
  const roots = new Map(
    rows.map((row) => [
      nameOf({ schema: row['schema'] ?? '', table: row['name'] ?? '' }),
      { schema: row['root_schema'] ?? '', table: row['root'] ?? '' },
    ]),
  );
  return (name) => roots.get(nameOf(name)) ?? null;
}

const ROOTS = `SELECT n.nspname AS schema, c.relname AS name, rn.nspname AS root_schema, r.relname AS root
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_class r ON r.oid = pg_partition_root(c.oid) JOIN pg_namespace rn ON rn.oid = r.relnamespace WHERE c.relispartition`;

export function readCopiedTables({ job, target }: OpenJob, signal: AbortSignal): Promise<TableRecord[]> {
  return withSession(target, applicationName(job, 'positions'), signal, (session) => readCopied(session, job.migrationId, signal));
}

/**
 * Tables whose rows are not at the target, or not all of them: changes would be applied to nothing. A partition without a record was
 * attached after the copy, and all of its rows are in the stream.
 */
function withoutCopy(tables: readonly Table[], copied: readonly TableRecord[]): string[] {
  const states = new Map(copied.map(({ table, state }) => [nameOf(table), state]));
  return tables
    .filter(({ kind, root }) => kind === 'r' && root === null)
    .map(nameOf)
    .filter((name) => !states.has(name))
    .concat([...states].filter(([, state]) => state !== 'copied').map(([name]) => name));
}
