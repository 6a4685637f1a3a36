import type { DrivenMigration, MigrationChange, Transition, TransitionContext } from './driven-migration';
import { addRun, type Ledger } from './ledger';
import type { Finding, MigrationError, PhaseTiming } from './migration';
import type { Phase } from './phase';
import { phaseDefinition, type PhaseExit } from './phases';

type ChangeName = MigrationChange['change'];

/** A run that fails passingly this many times in a row, without copying anything, fails its migration. */
export const MAX_ATTEMPTS = 10;
/** A migrator ended the run because its database was restored or failed over, so that the run may have lost what it had stored. */
export const RUN_REVALIDATE = 'RUN_REVALIDATE';
const FIRST_BACKOFF_MS = 2_000;
const LONGEST_BACKOFF_MS = 300_000;

export function unchanged(migration: DrivenMigration): Transition {
  return { migration, changes: [] };
}

/** The new value with its version raised and one named change recorded. */
export function changed(
  before: DrivenMigration,
  after: Partial<DrivenMigration>,
  change: ChangeName,
  context: TransitionContext,
): Transition {
  const migration = { ...before, ...after, version: before.version + 1, updatedAt: new Date(context.nowMs).toISOString() };
  const { version, phase, status, runId } = migration;
  const error = change === 'stuck' && migration.stuck ? migration.stuck.error : migration.error;
  return { migration, changes: [{ change, version, phase, status, runId, error }] };
}

/** Two steps as one: the second sees the first's result. */
export function followedBy(first: Transition, next: (migration: DrivenMigration) => Transition): Transition {
  const second = next(first.migration);
  return { migration: second.migration, changes: [...first.changes, ...second.changes] };
}

/** Enters a phase, or the same one again for its next round. */
export function enterPhase(migration: DrivenMigration, phase: Phase, context: TransitionContext): Transition {
  const round = nextRound(migration, phase);
  if (phaseDefinition(migration.spec.kind, phase).run !== 'report') return beginRun(migration, phase, round, context);
  const change = phase === 'reversible' ? 'reversible' : 'phase-started';
  return changed(migration, { ...entry(migration, phase, round, context), order: 'report' }, change, context);
}

/** A run in a phase, for the first time or as its next attempt. It gets its id and epoch here, before anybody is told. */
export function beginRun(migration: DrivenMigration, phase: Phase, round: number, context: TransitionContext): Transition {
  return changed(migration, { ...entry(migration, phase, round, context), ...newRun(migration, context) }, 'phase-started', context);
}

function entry(migration: DrivenMigration, phase: Phase, round: number, context: TransitionContext): Partial<DrivenMigration> {
  const timing: PhaseTiming = { phase, round, startedAt: new Date(context.nowMs).toISOString() };
  return {
    phase,
    round,
    status: 'pending',
    error: null,
    notBefore: null,
    attempts: 0,
    timings: [...closeTiming(migration, 'succeeded', context), timing],
    ...(phase === 'precheck' ? { findings: [] } : {}),
    ...(phase === 'cutover' ? { verification: null, boot: null } : {}),
    ...(phase === 'cutover' || phase === 'rehearsal' ? { rehearsalRequested: false } : {}),
    ...(phase === 'rehearsal' ? { rehearsal: null } : {}),
  };
}

/** The stream of a database has no rounds. */
function nextRound(migration: DrivenMigration, phase: Phase): number {
  if (phase !== 'incremental' || migration.spec.kind === 'database') return migration.round;
  return migration.round + 1;
}

function newRun(migration: DrivenMigration, context: TransitionContext): Partial<DrivenMigration> {
  return {
    order: 'start',
    runId: context.newRunId(),
    epoch: migration.epoch + 1,
    ledger: migration.finishedLedger,
    shardsTotal: 0,
    shardsDone: 0,
    limitsDue: false,
    opensAt: null,
    runWait: null,
    stream: null,
    caughtUpSince: null,
  };
}

/** Takes the exit of the current phase whose guard holds. */
export function leavePhase(migration: DrivenMigration, context: TransitionContext): Transition {
  const exit = phaseDefinition(migration.spec.kind, migration.phase).then.find((candidate) => candidate.guard(migration));
  if (!exit) throw new Error(`phase ${migration.phase} has no exit`);
  return takeExit(migration, exit.to, context);
}

function takeExit(migration: DrivenMigration, to: PhaseExit['to'], context: TransitionContext): Transition {
  if (to === 'end') return end(migration, context);
  if (to === 'run') return runWithin(migration, context);
  if (to === 'rolled-back')
    return concludeRollback(migration, migration.spec.kind === 'host' ? HOST_ROLLED_BACK : DATABASE_ROLLED_BACK, context);
  if ('fail' in to) {
    const { code, message, hint } = to.fail;
    return failPhase(migration, { code, message: message(migration), hint, retryable: false }, context);
  }
  const timings = closeTiming(migration, 'succeeded', context);
  if ('enter' in to) {
    return followedBy(changed(migration, { timings, status: 'succeeded' }, 'phase-finished', context), (next) =>
      enterPhase(next, to.enter, context),
    );
  }
  const wait: Partial<DrivenMigration> = { status: 'waiting', order: 'none', attempts: 0, error: null, timings };
  if (to.wait === 'request') return changed(migration, { ...wait, notBefore: null, timings: migration.timings }, 'waiting', context);
  const notBefore = to.wait === 'interval' ? nextRoundAt(migration, context) : null;
  return followedBy(changed(migration, { timings, status: 'succeeded' }, 'phase-finished', context), (next) =>
    changed(next, { ...wait, notBefore }, 'waiting', context),
  );
}

/**
 * Another phase takes the place of one whose run streams without an end: the migrator ends that run when it hears of the higher epoch. Its
 * counters stand as they were told last.
 */
export function takeOver(migration: DrivenMigration, phase: Phase, context: TransitionContext): Transition {
  const outcome = migration.status === 'failed' ? 'failed' : 'succeeded';
  const settled = { finishedLedger: migration.ledger, timings: closeTiming(migration, outcome, context), status: 'succeeded' as const };
  return followedBy(changed(migration, { ...settled, notBefore: null }, 'phase-finished', context), (next) =>
    enterPhase(next, phase, context),
  );
}

/** A run in a phase that has begun: it is the same phase still. */
function runWithin(migration: DrivenMigration, context: TransitionContext): Transition {
  const begun = beginRun(migration, migration.phase, migration.round, context);
  return { ...begun, migration: { ...begun.migration, timings: migration.timings } };
}

function nextRoundAt({ spec }: DrivenMigration, context: TransitionContext): string | null {
  return spec.kind === 'database' ? null : afterMs(spec.incrementalIntervalSeconds * 1_000, context);
}

const DATABASE_ROLLED_BACK: Finding = {
  severity: 'note',
  code: 'ROLLED_BACK',
  message: 'Rolled back: the source is open again and in use; the target keeps its copy, frozen.',
  hint: 'Delete the copy at the target when it is not needed.',
  subject: 'both',
};

const HOST_ROLLED_BACK: Finding = {
  severity: 'note',
  code: 'ROLLED_BACK',
  message: 'Rolled back: the services of the source run again; what was written at the target since is not carried back.',
  hint: 'Switch the target off, so that two hosts are not in use under one name.',
  subject: 'both',
};

/** Ends it as cancelled, with a last report. */
export function concludeRollback(migration: DrivenMigration, finding: Finding, context: TransitionContext): Transition {
  // A run of its own succeeded; where the phase was only kept up, it was given up.
  const timings = closeTiming(migration, migration.phase === 'rollback' ? 'succeeded' : 'cancelled', context);
  const findings = [...migration.findings, finding];
  return changed(migration, { phase: 'done', status: 'cancelled', order: 'report', timings, findings }, 'rolled-back', context);
}

/** The last phase is over: a migration that was rolled back stays `cancelled`. */
function end(migration: DrivenMigration, context: TransitionContext): Transition {
  if (migration.status === 'cancelled')
    return unchanged({ ...migration, order: 'none', timings: closeTiming(migration, 'cancelled', context) });
  return changed(
    migration,
    { status: 'succeeded', order: 'none', timings: closeTiming(migration, 'succeeded', context) },
    'finalized',
    context,
  );
}

/** The phase stops here until the user retries or cancels. */
export function failPhase(migration: DrivenMigration, error: MigrationError, context: TransitionContext): Transition {
  const timings = closeTiming(migration, 'failed', context);
  return changed(migration, { status: 'failed', order: 'none', notBefore: null, error, timings }, 'phase-failed', context);
}

/** A run failed: again after a pause if that can help, else the phase fails. */
export function failRun(migration: DrivenMigration, error: MigrationError, context: TransitionContext): Transition {
  if (error.code === RUN_REVALIDATE)
    return renewRun({ ...migration, notBefore: afterMs(FIRST_BACKOFF_MS, context) }, 'revalidated', context);
  const ledger = migration.timings.at(-1)?.ledger;
  const progressed = ledger !== undefined && hasProgressed(ledger);
  const attempts = progressed ? 1 : migration.attempts + 1;
  if (!error.retryable || attempts >= MAX_ATTEMPTS) return failPhase(migration, error, context);
  const failed = changed(
    migration,
    { status: 'pending', error, timings: closeTiming(migration, 'failed', context) },
    'phase-failed',
    context,
  );
  return followedBy(failed, (next) => {
    const again = beginRun(next, next.phase, next.round, context);
    const notBefore = afterMs(backoffMs(attempts), context);
    return { ...again, migration: { ...again.migration, attempts, notBefore, error } };
  });
}

function hasProgressed(ledger: Ledger): boolean {
  const { copiedObjects, deletedObjects, copiedTables = 0, builtIndexes = 0, appliedTransactions = 0 } = ledger;
  const { copiedFiles = 0, deletedFiles = 0 } = ledger;
  return copiedObjects + deletedObjects + copiedTables + builtIndexes + appliedTransactions + copiedFiles + deletedFiles > 0;
}

/**
 * The current phase under a new run, above every epoch that was seen: what the old run did stays done, and is looked at again.
 * Nobody failed, so it is no attempt that counts.
 */
export function renewRun(migration: DrivenMigration, change: ChangeName, context: TransitionContext): Transition {
  const { attempts, notBefore } = migration;
  const closed = changed(migration, { status: 'pending', timings: closeTiming(migration, 'failed', context) }, change, context);
  return followedBy(closed, (next) => {
    const again = beginRun(next, next.phase, next.round, context);
    return { ...again, migration: { ...again.migration, attempts, notBefore } };
  });
}

function afterMs(delayMs: number, { nowMs }: TransitionContext): string {
  return new Date(nowMs + delayMs).toISOString();
}

/** Milliseconds before attempt n + 1: doubling from 2 s to 5 min. */
export function backoffMs(attempts: number): number {
  return Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempts - 1));
}

/** The open timing entry closed; all others as they were. */
export function closeTiming(
  migration: DrivenMigration,
  outcome: NonNullable<PhaseTiming['outcome']>,
  context: TransitionContext,
): PhaseTiming[] {
  const last = migration.timings.at(-1);
  if (!last || last.finishedAt !== undefined) return migration.timings;
  return [...migration.timings.slice(0, -1), { ...last, finishedAt: new Date(context.nowMs).toISOString(), outcome }];
}

/** The current run's counters move from the running part into the finished one. */
export function settleLedger(migration: DrivenMigration, ledger: DrivenMigration['ledger']): DrivenMigration {
  const last = migration.timings.at(-1);
  const total = addRun(migration.finishedLedger, ledger);
  const timings = last ? [...migration.timings.slice(0, -1), { ...last, ledger }] : migration.timings;
  return { ...migration, finishedLedger: total, ledger: total, timings };
}
