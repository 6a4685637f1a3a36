import { SmartantError } from '@smartant/kernel';
import { forgetSlot } from '../apply/stream-position';
import type { Table, TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import type { CopyOptions } from '../copy/copy-options';
import { recopyTables } from '../copy/copy-tables';
import { createSlot, type CreatedSlot } from '../replication/slot';
import { copyUnlessShort, CopyYield } from './copy-yield';
import type { DueTables } from './due-tables';
import { guardRetention } from './guard-retention';
import type { TableSync } from './migration-state';
import { codeOf, type OpenJob } from './open-job';
import { readCopiedTables } from './stream-stages';
import { publishSynced, syncAtTarget, syncSlotName } from './sync-objects';
import { makeTables, type OnFinding } from './sync-schema';

/**
 * Copies tables under the snapshot of a slot that has what comes after it; as many of them as may be before the source keeps too much log for that
 * slot. Undefined: none of them is there, or it has to be begun anew.
 */
export async function bringTablesIn(
  open: OpenJob,
  found: DueTables,
  onFinding: OnFinding,
  signal: AbortSignal,
): Promise<TableSync | undefined> {
  const { job, source, state } = open;
  const name = syncSlotName(open);
  const publications = await publishSynced(open, found.due, signal);
  const [tables, made] = [found.due.map(bareName), found.made.map(bareName)];
  const schemaId = await schemaIdOf(open, made);
  await syncAtTarget(open, signal, (session) => forgetSlot(session, job, name));
  const created = await createSlot(source, { name, signal });
  try {
    const sync: TableSync = { slot: created.slot, publications, tables, made, schemaId, isCaughtUp: false };
    await state.save({ sync });
    await makeTables(open, sync, created.snapshotName, onFinding, signal);
    await copyUnder(open, found, created, signal);
    const copied = await copiedOf(open, tables, signal);
    if (copied.length === 0) return undefined;
    await state.save({ sync: { ...sync, tables: copied } });
    return { ...sync, tables: copied };
  } catch (error) {
    if (codeOf(error) !== 'DATABASE_SNAPSHOT_LOST' || signal.aborted) throw error;
    job.warn('the snapshot was lost; the tables are copied again under a new one', {}, error);
    return undefined;
  } finally {
    await created.close();
  }
}

function bareName({ schema, table }: Table): TableName {
  return { schema, table };
}

/** A try that is repeated goes on with what the target made for the one before. */
async function schemaIdOf({ job, state }: OpenJob, made: TableSync['made']): Promise<string> {
  const { sync } = await state.load();
  const isSame = sync && JSON.stringify(sync.made.map(nameOf)) === JSON.stringify(made.map(nameOf));
  return isSame ? sync.schemaId : `${job.migrationId}+${job.epoch}`;
}

/** Without those that were put aside, and those that made room. */
async function copiedOf(open: OpenJob, tables: readonly TableName[], signal: AbortSignal): Promise<TableName[]> {
  const aside = await open.job.excludedTables();
  const records = await readCopiedTables(open, signal);
  const copied = new Set(records.filter(({ state }) => state === 'copied').map(({ table }) => nameOf(table)));
  return tables.filter((table) => copied.has(nameOf(table)) && !aside.has(nameOf(table)));
}

/** What is made around new tables needs the rows of all of them, so they come together. */
async function copyUnder(open: OpenJob, { due, made }: DueTables, created: CreatedSlot, signal: AbortSignal): Promise<void> {
  const { job, source, target } = open;
  const mayYield = made.length === 0 && job.scope.targetPolicy !== 'append';
  job.count({ listedTables: due.length });
  let room: CopyYield | undefined;
  try {
    await guardRetention(open, source, created.slot.name, signal, (within, latest) => {
      room = new CopyYield(due, mayYield ? latest : () => null);
      return copyDue(open, due, created, room, within);
    });
  } catch (error) {
    if (codeOf(error) !== 'DATABASE_SLOT_DROPPED' || signal.aborted) throw error;
    // The stream has a slot of its own, and goes on.
    await recopyTables({ target, migrationId: job.migrationId, epoch: job.epoch, signal }, due);
    const message = `Its copy took longer than the source may keep log: ${(error as SmartantError).message}`;
    const tooLarge = due.filter((table) => room?.begun.has(nameOf(table)));
    for (const table of tooLarge) await job.quarantine({ unit: nameOf(table), code: 'DATABASE_SLOT_DROPPED', message });
  }
  const left = due.filter((table) => room?.left.has(nameOf(table)) || !room?.begun.has(nameOf(table)));
  if (left.length === 0) return;
  job.count({ listedTables: -left.length });
  job.warn('tables wait for others, so that the source need not keep too much log', { tables: left.length, first: nameOf(left[0]!) });
}

async function copyDue(open: OpenJob, due: Table[], created: CreatedSlot, room: CopyYield, signal: AbortSignal): Promise<void> {
  const { job, source, target, targetName } = open;
  const options: CopyOptions = {
    source,
    target,
    migrationId: job.migrationId,
    epoch: job.epoch,
    tables: due,
    targetName,
    snapshot: { name: created.snapshotName, lsn: created.slot.consistentPoint },
    oneSnapshot: false,
    targetPolicy: job.scope.targetPolicy,
    rows: job.scope.rows,
    jobs: job.scope.tableJobs,
    onPart: ({ rows, bytes, isTableDone }) => job.count({ copiedRows: rows, copiedBytes: bytes, copiedTables: isTableDone ? 1 : 0 }),
    admit: job.admit,
    quarantine: job.quarantine,
    unit: job.unit,
    signal,
  };
  await copyUnlessShort(options, room);
}
