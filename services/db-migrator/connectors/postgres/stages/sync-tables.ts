import { SmartantError } from '@smartant/kernel';
import type { Finding, StageResult } from '../../../application/ports/database-engine';
import { readPosition } from '../apply/stream-position';
import { holdPosition } from '../apply/take-over-position';
import { nameOf } from '../catalog/target-name';
import { moveSyncPositions, recopyTables } from '../copy/copy-tables';
import { unmatchedFindings } from '../precheck/unmatched-filters';
import { formatLsn } from '../replication/lsn';
import { dropSlot, readSlot } from '../replication/slot';
import { bringTablesIn } from './bring-tables-in';
import { currentPosition } from './current-position';
import { findDue, hearResyncs, type DueTables } from './due-tables';
import type { TableSync } from './migration-state';
import { applicationName, codeOf, readScope, withSession, type OpenJob } from './open-job';
import { isTargetOpen } from './opened-target';
import { validateForeignKeys } from './schema-stages';
import { completeSchema, makeIndexes, type OnFinding } from './sync-schema';
import { clearSyncObjects, publishStreamed, syncAtTarget } from './sync-objects';
import { readCopiedTables, streamForth, streamSynced } from './stream-stages';

/** How often what is due is begun anew, before whoever runs the stage decides. */
const ROUNDS = 6;
const LOG_IS_GONE: ReadonlySet<string> = new Set(['DATABASE_SLOT_LOST', 'DATABASE_SLOT_DROPPED']);

/**
 * Brings the target's tables in line with the scope and with what somebody asked for: tables that were added, that are to be copied again, or that
 * were put aside and are tried again; those that left the scope are streamed no longer.
 *
 * A second slot gives the snapshot for the copy, while the stream goes on for all other tables. Then the stream stands still until the changes of
 * the new tables, from the second slot, have come to where it is, and takes them along from there: no change is left out or comes twice.
 * After a crash at any moment what is whole is kept, and the rest copied again.
 */
export async function syncTables(open: OpenJob, signal: AbortSignal): Promise<StageResult> {
  // A cutover that is begun anew after it opened the target; a stream is refused.
  if (await isTargetOpen(open, signal)) return {};
  const findings: Finding[] = [];
  const onFinding = (finding: Finding) => void findings.push(finding);
  await hearResyncs(open, signal);
  findings.push(...(await unmatchedIn(open, signal)));
  for (let fruitless = 0; fruitless < ROUNDS; fruitless += 1) {
    const kept = await keptSync(open, signal);
    if (kept) {
      await takeIn(open, kept, onFinding, signal);
      continue;
    }
    const found = await findDue(open, (await open.state.load()).sync, signal);
    if (found.dropped.length > 0) await leaveOut(open, found, signal);
    if (found.due.length === 0) {
      await clearSyncObjects(open, signal);
      findings.push(...(await validateYielded(open, signal)));
      return { findings };
    }
    await publishStreamed(open, found.tables, signal);
    const sync = await besideStream(open, found.due.map(nameOf), signal, (within) => bringTablesIn(open, found, onFinding, within));
    if (!sync || !(await takeIn(open, sync, onFinding, signal))) continue;
    // However many tables have to wait for others, each time some of them come.
    fruitless = -1;
  }
  throw unfinished();
}

/** A table that was added and mistyped would be left out without a word. */
function unmatchedIn({ job, source }: OpenJob, signal: AbortSignal): Promise<Finding[]> {
  const { includeTables, includeSchemas } = job.scope;
  const filters = { includeTables, includeSchemas, excludeTables: [], excludeSchemas: [], renames: [] };
  return withSession(source, applicationName(job, 'sync'), signal, (session) => unmatchedFindings(session, filters, [], signal));
}

/** What an earlier holder, or this one, has brought so far; undefined where it has to be begun again, or there is nothing. */
async function keptSync(open: OpenJob, signal: AbortSignal): Promise<TableSync | undefined> {
  const { job, source, target, state } = open;
  const { sync } = await state.load();
  if (!sync || sync.isCaughtUp) return sync;
  const aside = await job.excludedTables();
  const tables = sync.tables.filter((table) => !aside.has(nameOf(table)));
  const copied = new Set((await readCopiedTables(open, signal)).filter((one) => one.state === 'copied').map(({ table }) => nameOf(table)));
  const slot = await withSession(source, applicationName(job, 'sync'), signal, (session) => readSlot(session, sync.slot.name, signal));
  const isReadable = slot !== null && slot.restartLsn !== null && slot.walStatus !== 'lost';
  if (isReadable && tables.length > 0 && tables.every((table) => copied.has(nameOf(table)))) return { ...sync, tables };
  // Changes since their copy are nowhere any more.
  await recopyTables({ target, migrationId: job.migrationId, epoch: job.epoch, signal }, sync.tables);
  return undefined;
}

/** From a copy that is whole to tables that the stream takes along. False: they have to be copied again. */
async function takeIn(open: OpenJob, sync: TableSync, onFinding: OnFinding, signal: AbortSignal): Promise<boolean> {
  if (!sync.isCaughtUp) {
    await besideStream(open, sync.tables.map(nameOf), signal, (within) => makeIndexes(open, sync, onFinding, within));
    if (!(await catchUp(open, sync, signal))) return false;
  }
  if (sync.made.length > 0) {
    // What their foreign keys refer to is there from then on.
    await streamForth(open, { untilLsn: await caughtUpTo(open, sync, signal), signal });
    await besideStream(open, [], signal, (within) => completeSchema(open, sync, onFinding, within));
  }
  await open.state.save({ sync: null });
  return true;
}

/** What rows of several tables have to fulfil, when those that made room for the stream are there, and the stream has passed where they came in. */
async function validateYielded(open: OpenJob, signal: AbortSignal): Promise<Finding[]> {
  if (!(await open.state.load()).copyYielded) return [];
  await streamForth(open, { untilLsn: await currentPosition(open, signal), signal });
  const findings = await besideStream(open, [], signal, (within) => validateForeignKeys(open, within));
  await open.state.save({ copyYielded: null });
  return findings;
}

/** Runs work while the stream goes on for the other tables. Raises what ends the stream. */
async function besideStream<T>(
  open: OpenJob,
  syncing: string[],
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  await holdStream(open, syncing, signal);
  const [stop, failed] = [new AbortController(), new AbortController()];
  const streaming = streamForth(open, { syncing, signal: AbortSignal.any([signal, stop.signal]) }).catch((error: unknown) => {
    if (!stop.signal.aborted) failed.abort(error);
  });
  try {
    return await work(AbortSignal.any([signal, failed.signal]));
  } catch (error) {
    throw failed.signal.aborted && !signal.aborted ? failed.signal.reason : error;
  } finally {
    stop.abort();
    await streaming;
  }
}

/**
 * Where the stream is, once nobody moves it: neither an earlier holder nor a commit of our own that was on its way. Changes of the tables that are
 * being brought in are written by nobody from then on.
 */
async function holdStream({ job, target, state }: OpenJob, syncing: string[], signal: AbortSignal): Promise<string> {
  const { slot } = await state.stream('stream');
  const { lsn } = await holdPosition(target, { migrationId: job.migrationId, epoch: job.epoch, slot }, syncing, signal);
  return formatLsn(lsn);
}

/** The stream stands still meanwhile. False: the second slot has not all of the log any more, so that the tables have to be copied again. */
async function catchUp(open: OpenJob, sync: TableSync, signal: AbortSignal): Promise<boolean> {
  const { job, source, target, state } = open;
  const { tables } = await readScope(open, signal);
  const untilLsn = await holdStream(open, sync.tables.map(nameOf), signal);
  let reached: string;
  try {
    reached = await streamSynced(open, sync, tables, { untilLsn, syncing: sync.tables.map(nameOf), signal });
  } catch (error) {
    if (signal.aborted || !(await isLogGone(open, sync, error, signal))) throw error;
    job.warn('the source no longer has the log that the tables need; they are copied again', {}, error);
    return false;
  }
  await moveSyncPositions({ target, migrationId: job.migrationId, epoch: job.epoch, signal }, sync.tables, reached);
  await state.save({ sync: { ...sync, isCaughtUp: true } });
  // Until the next sync nobody reads it, and the source would keep log for it.
  await withSession(source, applicationName(job, 'sync'), signal, (session) => dropSlot(session, sync.slot.name, signal));
  return true;
}

/** Also where somebody dropped the second slot: the stream's own tells whether the source is still the same. */
async function isLogGone({ job, source }: OpenJob, { slot }: TableSync, error: unknown, signal: AbortSignal): Promise<boolean> {
  if (LOG_IS_GONE.has(codeOf(error))) return true;
  if (codeOf(error) !== 'DATABASE_SOURCE_CHANGED') return false;
  return (await withSession(source, applicationName(job, 'sync'), signal, (session) => readSlot(session, slot.name, signal))) === null;
}

async function caughtUpTo(open: OpenJob, { slot }: TableSync, signal: AbortSignal): Promise<string> {
  const position = await syncAtTarget(open, signal, (session) => readPosition(session, open.job.migrationId, slot.name));
  return position?.lsn ?? slot.consistentPoint;
}

/** Their changes are left out from now on; their rows stay at the target as they are. */
async function leaveOut(open: OpenJob, { tables, dropped }: DueTables, signal: AbortSignal): Promise<void> {
  const { job, target } = open;
  await publishStreamed(open, tables, signal);
  await recopyTables({ target, migrationId: job.migrationId, epoch: job.epoch, signal }, dropped);
  job.info('tables left the scope', { tables: dropped.map(nameOf).join(', ') });
}

function unfinished(): SmartantError {
  return new SmartantError('DATABASE_SYNC_UNFINISHED', `Tables were not brought in, although it was tried ${ROUNDS} times.`, {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    hint: 'It is tried again. If it keeps failing, see the migrator’s log, or drop the table from the migration.',
  });
}
