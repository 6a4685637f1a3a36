import type { StageResult } from '../../../application/ports/database-engine';
import { streamChanges } from '../apply/stream-changes';
import type { StreamChangesOptions } from '../apply/stream-options';
import type { Table, TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { readCopied } from '../copy/copy-bookkeeping';
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
  const options = {
    source,
    target,
    slot,
    publications,
    targetName,
    rootOf: rootsOf(tables),
    excluded: await job.excludedTables(),
    syncPositions: await syncPositions(open, signal),
    untilLsn,
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
  };
  await guardRetention(open, target, slot.name, signal, async (within, latest) => {
    await streamChanges({ ...observed(open, latest), ...options, signal: within });
  });
}

/** What is told of a stream while it goes on. */
function observed(
  { job }: OpenJob,
  latest: () => Retention | null,
): Pick<StreamChangesOptions, 'migrationId' | 'epoch' | 'admit' | 'onState' | 'onApplied' | 'onConflict' | 'onFailure' | 'onRetry'> {
  return {
    migrationId: job.migrationId,
    epoch: job.epoch,
    admit: job.admit,
    onState: (state) => job.stream({ ...state, fullAt: latest()?.fullAt ?? null }),
    onApplied: ({ transactions, changes, bytes }) =>
      job.count({ appliedTransactions: transactions, appliedChanges: changes, appliedBytes: bytes }),
    onConflict: (conflict) => job.warn('a change met no row', { ...conflict }),
    onFailure: ({ unit, error }) => job.quarantine({ unit, code: error.code, message: error.message }),
    onRetry: (error, delayMs) => job.warn('the change stream is begun again', { delayMs }, error),
  };
}

function rootsOf(tables: readonly Table[]): (name: TableName) => TableName | null {
  const roots = new Map(tables.map((table) => [nameOf(table), table.root]));
  return (name) => roots.get(nameOf(name)) ?? null;
}

async function syncPositions({ job, target }: OpenJob, signal: AbortSignal): Promise<Map<string, string>> {
  const records = await withSession(target, applicationName(job, 'positions'), signal, (session) =>
    readCopied(session, job.migrationId, signal),
  );
  return new Map(records.map(({ table, snapshot }) => [nameOf(table), snapshot.lsn]));
}

function splitName(name: string): TableName {
  const dot = name.indexOf('.');
  return { schema: name.slice(0, dot), table: name.slice(dot + 1) };
}
