import { SmartantError } from '@smartant/kernel';
import type { Finding, StageResult } from '../../../application/ports/database-engine';
import type { Table } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { buildWhileCopying, type TableCopied } from '../constraints/build-while-copying';
import { copyLargeObjects, type LargeObjectOptions } from '../copy';
import type { CopyOptions } from '../copy/copy-options';
import { readCopied, type TableRecord } from '../copy/copy-bookkeeping';
import { createPublication } from '../replication/publication';
import { streamObjectNames } from '../replication/object-names';
import { createSlot, type CreatedSlot } from '../replication/slot';
import type { PgSession } from '../session/pg-session';
import { copyUnlessShort, CopyYield } from './copy-yield';
import { mayActAsReplica } from './due-tables';
import { guardedStream } from './guard-retention';
import { tellingBuilt } from './schema-stages';
import { applicationName, codeOf, publishedOf, readScope, withSession, type OpenJob, type ScopedCatalog } from './open-job';

/** Under which everything is read, for as long as it is open. */
export interface OpenSnapshot {
  name: string;
  lsn: string;
  close: () => Promise<void>;
}

/** How often a copy begins what is missing under a new snapshot, before whoever runs the stage decides. */
const SNAPSHOTS = 5;

/**
 * Copies all rows. Live, the publication and the slot are made first, and the slot's snapshot is what is read; a table that is copied under a
 * later snapshot has that one's position as its own, and the stream leaves out what came before.
 */
export async function copyData(open: OpenJob, signal: AbortSignal): Promise<StageResult> {
  const { job } = open;
  const scope = await readScope(open, signal);
  job.count({ listedTables: scope.tables.filter(({ kind }) => kind === 'r').length });
  await tellWhatIsCopied(open, signal);
  const mayYield = await mayMakeRoom(open, signal);
  for (let attempt = 1; ; attempt += 1) {
    const snapshot = job.scope.mode === 'live' ? await liveSnapshot(open, scope, signal) : await plainSnapshot(open, signal);
    try {
      const room = await guardedStream(open, signal, async (within, latest) => {
        const making = new CopyYield(await missingTables(open, scope, within), mayYield ? latest : () => null);
        await copyUnder(open, scope, snapshot, making, within);
        return making;
      });
      return { findings: await toldOf(open, room) };
    } catch (error) {
      if (codeOf(error) !== 'DATABASE_SNAPSHOT_LOST' || attempt >= SNAPSHOTS) throw error;
      job.warn('the snapshot was lost; what is missing is copied under a new one', { attempt }, error);
    } finally {
      await snapshot.close();
    }
  }
}

/** Of an earlier holder. A table that it did not complete is copied again, and then told as a whole. */
async function tellWhatIsCopied(open: OpenJob, signal: AbortSignal): Promise<void> {
  for (const { state, copied } of await readCopiedTables(open, signal)) {
    if (state === 'copied') open.job.count({ copiedTables: 1, copiedRows: copied.rows, copiedBytes: copied.bytes });
  }
}

function readCopiedTables({ job, target }: OpenJob, signal: AbortSignal): Promise<TableRecord[]> {
  return withSession(target, applicationName(job, 'copied'), signal, (session) => readCopied(session, job.migrationId, signal));
}

/**
 * Whether tables may be left to be brought in beside the stream. Their rows are put in where foreign keys are in force, and could not be told from
 * those of the target where they are added to them.
 */
async function mayMakeRoom({ job, target }: OpenJob, signal: AbortSignal): Promise<boolean> {
  if (job.scope.mode !== 'live' || job.scope.targetPolicy === 'append') return false;
  return withSession(target, applicationName(job, 'copied'), signal, mayActAsReplica);
}

async function missingTables(open: OpenJob, { tables }: ScopedCatalog, signal: AbortSignal): Promise<Table[]> {
  const records = await readCopiedTables(open, signal);
  const copied = new Set(records.filter(({ state }) => state === 'copied').map(({ table }) => nameOf(table)));
  return tables.filter((table) => table.kind === 'r' && !copied.has(nameOf(table)));
}

/** Each sync lists the tables that it brings. */
async function toldOf({ job, state }: OpenJob, room: CopyYield): Promise<Finding[]> {
  const finding = room.finding();
  if (!finding) return [];
  job.warn(finding.message, { tables: room.left.size });
  job.count({ listedTables: -room.left.size });
  await state.save({ copyYielded: true });
  return [finding];
}

async function copyUnder(
  open: OpenJob,
  { tables }: ScopedCatalog,
  snapshot: OpenSnapshot,
  room: CopyYield,
  signal: AbortSignal,
): Promise<void> {
  const { job, source, target, targetName } = open;
  const copied = (await readCopiedTables(open, signal)).filter((record) => isKept(open, record, snapshot));
  await buildWhileCopying(
    {
      source,
      target,
      migrationId: job.migrationId,
      epoch: job.epoch,
      scope: { ...job.scope, tables },
      targetName,
      copied: tables.filter((table) => copied.some((record) => nameOf(record.table) === nameOf(table))),
      jobs: job.scope.indexJobs,
      onProgress: tellingBuilt(job),
      onBuilt: (builtIndexes) => job.count({ builtIndexes }),
      onStopped: (error) => job.warn('indexes are built after the copy, not beside it', {}, error),
      signal,
    },
    (onCopied) => copyRows(open, tables, snapshot, room, onCopied, signal),
  );
}

/** Whether a table that is copied stays so under this snapshot. */
function isKept({ job }: OpenJob, record: TableRecord, { name, lsn }: OpenSnapshot): boolean {
  const isOfSnapshot = record.snapshot.name === name && record.snapshot.lsn === lsn;
  return record.state === 'copied' && (isOfSnapshot || job.scope.mode === 'live');
}

async function copyRows(
  open: OpenJob,
  tables: Table[],
  snapshot: OpenSnapshot,
  room: CopyYield,
  onCopied: TableCopied,
  signal: AbortSignal,
): Promise<void> {
  const { job, source, target, targetName } = open;
  const options: CopyOptions = {
    source,
    target,
    migrationId: job.migrationId,
    epoch: job.epoch,
    tables,
    targetName,
    snapshot,
    oneSnapshot: job.scope.mode === 'snapshot',
    targetPolicy: job.scope.targetPolicy,
    rows: job.scope.rows,
    jobs: job.scope.tableJobs,
    onPart: ({ table, rows, bytes, isTableDone }) => {
      job.count({ copiedRows: rows, copiedBytes: bytes, copiedTables: isTableDone ? 1 : 0 });
      if (isTableDone) onCopied(table);
    },
    admit: job.admit,
    quarantine: job.quarantine,
    unit: job.unit,
    signal,
  };
  await copyUnlessShort(options, room);
  if (job.scope.largeObjects) await copyObjects(open, snapshot, ({ bytes }) => job.count({ copiedBytes: bytes }), signal);
}

/** Large objects, as they are under a snapshot. */
export async function copyObjects(
  { job, source, target }: OpenJob,
  snapshot: OpenSnapshot,
  onCopied: NonNullable<LargeObjectOptions['onCopied']>,
  signal: AbortSignal,
): Promise<void> {
  await copyLargeObjects({
    source,
    target,
    migrationId: job.migrationId,
    epoch: job.epoch,
    snapshot,
    targetPolicy: job.scope.targetPolicy,
    onCopied,
    admit: job.admit,
    quarantine: job.quarantine,
    signal,
  });
}

/** The slot's own snapshot where the slot is made now; later, that of a temporary slot beside it. */
async function liveSnapshot(open: OpenJob, scope: ScopedCatalog, signal: AbortSignal): Promise<OpenSnapshot> {
  const { job, source, state } = open;
  const names = streamObjectNames(job.migrationId);
  if ((await state.load()).stream) return opened(await createSlot(source, { name: `${names.slot}_sync`, temporary: true, signal }));
  const publications = await withSession(source, applicationName(job, 'publication'), signal, (session) =>
    createPublication(session, { name: names.publication, tables: publishedOf(open, scope.tables), identityless: 'inserts' }, signal),
  );
  const created = await createSlot(source, { name: names.slot, signal });
  try {
    // Before the first row: a slot that nobody knows of would be made again, and rows copied under its snapshot would not fit.
    await state.save({ stream: { slot: created.slot, publications } });
  } catch (error) {
    await created.close();
    throw error;
  }
  return opened(created);
}

function opened({ snapshotName, slot, close }: CreatedSlot): OpenSnapshot {
  return { name: snapshotName, lsn: slot.consistentPoint, close };
}

/** One snapshot, and no stream. */
export async function plainSnapshot({ job, source }: OpenJob, signal: AbortSignal): Promise<OpenSnapshot> {
  const session = await source.open({ applicationName: applicationName(job, 'snapshot'), signal });
  try {
    return { ...(await exportSnapshot(session, signal)), close: () => session.close() };
  } catch (error) {
    session.destroy();
    throw error;
  }
}

async function exportSnapshot(session: PgSession, signal: AbortSignal): Promise<{ name: string; lsn: string }> {
  const [before] = await session.query(
    'SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END AS lsn',
    undefined,
    signal,
  );
  await session.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY', undefined, signal);
  const [row] = await session.query('SELECT pg_export_snapshot() AS name', undefined, signal);
  if (!row?.['name']) throw new SmartantError('DATABASE_ANSWER_INVALID', 'The server did not name its snapshot.', { kind: 'internal' });
  return { name: row['name'], lsn: before?.['lsn'] ?? '0/0' };
}
