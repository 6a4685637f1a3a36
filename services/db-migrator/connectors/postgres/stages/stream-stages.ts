import type { StageResult } from '../../../application/ports/database-engine';
import { addingColumns } from '../apply/add-columns';
import type { FailedChange } from '../apply/change-writer';
import { streamChanges } from '../apply/stream-changes';
import type { StreamChangesOptions } from '../apply/stream-options';
import type { Table, TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { recopyTables } from '../copy/copy-tables';
import { readCopied, type TableRecord } from '../copy/copy-bookkeeping';
import type { Retention } from '../precheck/watch-retention';
import { guardRetention } from './guard-retention';
import { applicationName, readScope, withSession, type OpenJob } from './open-job';

/** Source to target, until the signal ends it. */
export async function stream(open: OpenJob, signal: AbortSignal): Promise<StageResult> {
  await streamForth(open, { signal });
  return {};
}

/** Target to source, until the signal ends it. */
export async function streamBack(open: OpenJob, signal: AbortSignal): Promise<StageResult> {
  await streamBackwards(open, { signal });
  return {};
}

type Ending = Pick<StreamChangesOptions, 'untilLsn' | 'signal'>;

/** With `untilLsn`: resolves once everything before it is applied. */
export async function streamForth(open: OpenJob, { untilLsn, signal }: Ending): Promise<void> {
  const { job, source, target, targetName, state } = open;
  const { slot, publications } = await state.stream('stream');
  const { tables } = await readScope(open, signal);
  const copied = await readCopiedTables(open, signal);
  const options = {
    source,
    target,
    slot,
    publications,
    targetName,
    rootOf: rootsOf(tables),
    excluded: new Set([...(await job.excludedTables()), ...withoutCopy(tables, copied)]),
    syncPositions: new Map(copied.map(({ table, snapshot }) => [nameOf(table), snapshot.lsn])),
    untilLsn,
    onNewColumns: addingColumns(source),
    // Whatever comes later is not applied to it: only another copy brings it in order.
    onFailure: async ({ unit, error }: FailedChange) => {
      await recopyTables({ target, migrationId: job.migrationId, epoch: job.epoch, signal }, [splitName(unit)]);
      await job.quarantine({ unit, code: error.code, message: error.message });
    },
  };
  await guardRetention(open, source, slot.name, signal, async (within, latest) => {
    await streamChanges({ ...observed(open, latest), ...options, signal: within });
  });
}

export async function streamBackwards(open: OpenJob, { untilLsn, signal }: Ending): Promise<void> {
  const { job, source, target, targetName, state } = open;
  const { slot, publications } = await state.stream('streamBack');
  const { tables } = await readScope(open, signal);
  const back = new Map(tables.map((table) => [nameOf(targetName(table)), { schema: table.schema, table: table.table }]));
  const sourceName = (name: TableName): TableName => back.get(nameOf(name)) ?? name;
  const roots = rootsOf(tables);
  const options = {
    source: target,
    target: source,
    slot,
    publications,
    targetName: sourceName,
    rootOf: (name: TableName) => {
      const root = roots(sourceName(name));
      return root && targetName(root);
    },
    excluded: new Set([...(await job.excludedTables())].map((name) => nameOf(targetName(splitName(name))))),
    untilLsn,
    onNewColumns: addingColumns(target),
    // On the record under its name at the source, whichever way its changes go.
    onFailure: ({ unit, error }: FailedChange) =>
      job.quarantine({ unit: nameOf(sourceName(splitName(unit))), code: error.code, message: error.message }),
  };
  await guardRetention(open, target, slot.name, signal, async (within, latest) => {
    await streamChanges({ ...observed(open, latest), ...options, signal: within });
  });
}

/** What is told of a stream while it goes on. */
function observed(
  { job }: OpenJob,
  latest: () => Retention | null,
): Pick<StreamChangesOptions, 'migrationId' | 'epoch' | 'admit' | 'onState' | 'onApplied' | 'onConflict' | 'onRetry'> {
  return {
    migrationId: job.migrationId,
    epoch: job.epoch,
    admit: job.admit,
    onState: (state) => job.stream({ ...state, fullAt: latest()?.fullAt ?? null }),
    onApplied: ({ transactions, changes, bytes }) =>
      job.count({ appliedTransactions: transactions, appliedChanges: changes, appliedBytes: bytes }),
    onConflict: (conflict) => job.warn('a change met no row', { ...conflict }),
    onRetry: (error, delayMs) => job.warn('the change stream is begun again', { delayMs }, error),
  };
}

function rootsOf(tables: readonly Table[]): (name: TableName) => TableName | null {
  const roots = new Map(tables.map((table) => [nameOf(table), table.root]));
  return (name) => roots.get(nameOf(name)) ?? null;
}

function readCopiedTables({ job, target }: OpenJob, signal: AbortSignal): Promise<TableRecord[]> {
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

function splitName(name: string): TableName {
  const dot = name.indexOf('.');
  return { schema: name.slice(0, dot), table: name.slice(dot + 1) };
}
