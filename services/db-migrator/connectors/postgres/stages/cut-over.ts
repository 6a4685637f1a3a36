import { SmartantError, toSmartantError } from '@smartant/kernel';
import type { DatabaseVerification, Finding, StageResult } from '../../../application/ports/database-engine';
import { refreshViewsAgain } from '../constraints/refresh-views';
import { OPENING } from '../../../domain/stages';
import { freezeWrites, type Freeze } from '../cutover/freeze-writes';
import { moveSequences } from '../cutover/move-sequences';
import { claimOpening, openTarget } from '../cutover/open-target';
import { thawWrites } from '../cutover/thaw-writes';
import { validateForeignKeys } from './schema-stages';
import { applicationName, readScope, scopedSequences, withSession, type OpenJob, type ScopedCatalog } from './open-job';
import { bringLargeObjects } from './bring-large-objects';
import { currentPosition } from './current-position';
import { openedOrClosed } from './opened-target';
import { remedyOf } from './prepare';
import { armStreamBack, disarmStreamBack, dropStreamForth, reverseFindings } from './stream-back';
import { streamForth } from './stream-stages';
import { closeAhead, letGo, verifyAhead, type VerifiedAhead } from './verify-ahead';
import { levelOf, verifyAll } from './verify-all';

/** How long a source may stand still for a cutover that does not come to its end; then it takes writes again. */
const FREEZE_LIMIT_MS = 600_000;

/**
 * Freezes the source, drains what it still had to send, sets sequences, compares everything, arms the stream back and opens the target. One
 * stage, because the barrier that keeps writers out lives as long as its connection. After a crash it begins again: what is frozen stays
 * frozen, and what was opened stays open. Where it ends without `openedAt`, or raises what waiting does not cure, the source is still frozen, and
 * `reopen` comes next.
 */
export async function cutOver(open: OpenJob, signal: AbortSignal): Promise<StageResult> {
  const { job, target, state } = open;
  const openedAt = await withSession(target, applicationName(job, 'cutover'), signal, (session) =>
    claimOpening(session, job.migrationId, job.epoch, signal),
  );
  if (openedAt !== null) {
    const { frozenAt, verification } = await state.load();
    await letGoOfStream(open, signal);
    return { openedAt, frozenAt, verification };
  }
  await state.save({ [OPENING]: null });
  if (job.scope.mode === 'snapshot') return freezeAndOpen(open, null, [], signal);
  const findings = await readyToStreamBack(open, signal);
  // What came until now need not wait for the freeze, and lengthen it.
  await streamForth(open, { untilLsn: await currentPosition(open, signal), signal });
  findings.push(...(await validateForeignKeys(open, signal)));
  if (!(await isWorthAhead(open))) return freezeAndOpen(open, null, findings, signal);
  const scope = await readScope(open, signal);
  const { ahead, different, findings: told } = await verifyAhead(open, scope, signal);
  if (different) return { verification: unequalAhead(open, scope, different), findings: [...findings, ...told] };
  try {
    return await freezeAndOpen(open, ahead, [...findings, ...told], signal);
  } finally {
    await letGo(open, ahead);
  }
}

/** Unless it is not wanted: a source that stands still already (of an attempt that died) is not kept waiting, and rows of others at the target are not followed. */
async function isWorthAhead({ job, state }: OpenJob): Promise<boolean> {
  const { frozenAt } = await state.load();
  return !frozenAt && job.scope.targetPolicy !== 'append' && job.scope.verify !== 'frozen';
}

/** Nothing is proved of a side that goes on: there are no roots. */
function unequalAhead(
  { job }: OpenJob,
  { tables }: ScopedCatalog,
  { differences, differenceCount }: Pick<DatabaseVerification, 'differences' | 'differenceCount'>,
): DatabaseVerification {
  const nothing = { sourceRows: 0, sourceBytes: 0, targetRows: 0, targetBytes: 0, sequences: 0, objects: 0, waivedCount: 0 };
  const unproved = {
    sourceRoot: '',
    targetRoot: '',
    bucketCount: 0,
    frozenPosition: '',
    seed: '',
    digests: [],
    direction: 'forth' as const,
  };
  return { ...nothing, ...unproved, level: levelOf(job.scope), equal: false, tables: tables.length, differences, differenceCount };
}

/** Before the freeze: what keeps the stream back from being armed would be found out while everything stands still. */
async function readyToStreamBack(open: OpenJob, signal: AbortSignal): Promise<Finding[]> {
  if (!open.job.scope.reverse) return [];
  await disarmStreamBack(open, signal);
  const { tables } = await readScope(open, signal);
  const findings = await reverseFindings(open, tables, signal);
  const blocker = findings.find(({ severity }) => severity === 'blocker');
  if (!blocker) return findings;
  throw new SmartantError(blocker.code, blocker.message, { kind: 'precondition', actor: 'user', hint: remedyOf(blocker) });
}

async function freezeAndOpen(open: OpenJob, ahead: VerifiedAhead | null, told: Finding[], signal: AbortSignal): Promise<StageResult> {
  const { job, state } = open;
  const scope = await readScope(open, signal);
  const freeze = await freezeSource(open, scope, signal);
  const findings = [...told, ...freeze.findings];
  const frozenAt = (await state.load()).frozenAt ?? freeze.frozenAt;
  try {
    await state.save({ frozenAt });
    const verification = await drainAndVerify(open, scope, freeze, ahead, signal);
    await closeAhead(open, ahead);
    if (!verification.equal) return { verification, frozenAt, findings };
    await state.save({ verification });
    if (job.scope.mode === 'live' && job.scope.reverse) await armStreamBack(open, scope.tables, signal);
    await freeze.barrier.assertHeld(signal);
    // Fenced by the lease: a cancellation that came first ends this here, one that comes later does not take it back.
    await state.save({ [OPENING]: true });
    const openedAt = await withSession(open.target, applicationName(job, 'opening'), signal, (session) =>
      openTarget(session, job.migrationId, job.epoch, signal),
    );
    await letGoOfStream(open, signal);
    return { verification, frozenAt, openedAt, findings: [...findings, staysFrozen(scope)] };
  } catch (error) {
    throw signal.aborted ? error : overdue(error, frozenAt);
  } finally {
    await freeze.barrier.release().catch((error: unknown) => job.warn('the write barrier was not released in order', {}, error));
  }
}

/** The target is open whether this works or not; what is left goes with the migration's end. */
async function letGoOfStream(open: OpenJob, signal: AbortSignal): Promise<void> {
  await dropStreamForth(open, signal).catch((error: unknown) => open.job.warn('the stream’s slot was not dropped', {}, error));
}

/** A freeze that fails gives the source back by itself: how long it stands still is counted anew then. */
async function freezeSource({ job, source, state }: OpenJob, { tables }: ScopedCatalog, signal: AbortSignal): Promise<Freeze> {
  try {
    return await freezeWrites({ endpoint: source, side: 'source', state: job.state, migrationId: job.migrationId, tables, signal });
  } catch (error) {
    if (!signal.aborted) await state.save({ frozenAt: null });
    throw error;
  }
}

async function drainAndVerify(
  open: OpenJob,
  scope: ScopedCatalog,
  freeze: Freeze,
  ahead: VerifiedAhead | null,
  signal: AbortSignal,
): Promise<DatabaseVerification> {
  const { job, source, target, targetName } = open;
  if (job.scope.mode === 'live') await streamForth(open, { untilLsn: freeze.frozenLsn, scope, signal });
  const sequences = scopedSequences(scope, job.scope);
  const moved = await withSession(source, applicationName(job, 'sequences'), signal, (from) =>
    withSession(target, applicationName(job, 'sequences'), signal, (to) =>
      moveSequences({ source: from, target: to, sequences, targetName, keepFurther: job.scope.targetPolicy === 'append', signal }),
    ),
  );
  job.count({ movedSequences: moved });
  await bringLargeObjects(open, signal);
  await refreshViewsAgain({
    target,
    migrationId: job.migrationId,
    epoch: job.epoch,
    scope: { ...job.scope, tables: scope.tables },
    targetName,
    signal,
  });
  return verifyAll(open, { tables: scope.tables, sequences, frozenPosition: freeze.frozenLsn }, ahead, signal);
}

/** A freeze that is tried too long would be worse than none. */
function overdue(thrown: unknown, frozenAt: string): SmartantError {
  const error = toSmartantError(thrown);
  if (!error.retryable || Date.now() - Date.parse(frozenAt) < FREEZE_LIMIT_MS) return error;
  return new SmartantError(
    'DATABASE_CUTOVER_TIMEOUT',
    `The cutover did not come to its end in ${FREEZE_LIMIT_MS / 60_000} minutes: ${error.message}`,
    {
      kind: 'precondition',
      actor: 'operator',
      hint: 'The source takes writes again. Mend what is in the way, then cut over again.',
      cause: error,
    },
  );
}

/** Gives the source back, unless the target was opened: then writes at the source would be lost ones. */
export async function reopen(open: OpenJob, signal: AbortSignal): Promise<StageResult> {
  const openedAt = await openedOrClosed(open, signal);
  if (openedAt !== null) return { openedAt };
  await thaw(open);
  // Until the next cutover nobody reads it, and the target would keep log for it.
  await disarmStreamBack(open, signal).catch((error: unknown) => open.job.warn('the stream back was not taken away', {}, error));
  return {};
}

/** The database's settings and grants as they were; the barrier is the holder's. */
export async function thaw({ job, source, state }: OpenJob): Promise<void> {
  const signal = AbortSignal.timeout(30_000);
  await withSession(source, applicationName(job, 'thaw'), signal, (session) =>
    thawWrites(session, { state: job.state, side: 'source', migrationId: job.migrationId }),
  );
  await state.save({ frozenAt: null, [OPENING]: null });
}

function staysFrozen({ catalog }: ScopedCatalog): Finding {
  return {
    severity: 'note',
    code: 'DATABASE_SOURCE_STAYS_FROZEN',
    message: `The database "${catalog.database}" of the source stays read-only after the cutover, so that nothing is written to the wrong side.`,
    hint: 'A rollback opens it again. To use it otherwise after finalizing: SET default_transaction_read_only = off; ALTER DATABASE … RESET default_transaction_read_only, and grant CONNECT again.',
    subject: 'source',
  };
}
