import type { DrivenMigration, Transition, TransitionContext } from './driven-migration';
import { addRun } from './ledger';
import { bootFailures } from './host-state';
import type { Finding } from './migration';
import { mergeFindings } from './merge-findings';
import {
  changed,
  enterPhase,
  failRun,
  followedBy,
  leavePhase,
  renewRun,
  RUN_REVALIDATE,
  settleLedger,
  takeOver,
  unchanged,
} from './phase-entry';
import { hasEnded, type RunState, type StreamState } from './run-state';

/** What the state of a run comes to, by what its migrator is to be told. */

/** The run is to go on, and does. */
export function goOn(migration: DrivenMigration, run: RunState, context: TransitionContext): Transition {
  const seen = withProgress(migration, run);
  if (seen.status === 'running') return unchanged({ ...seen, order: 'watch' });
  const next = { ...seen, order: 'watch' as const, status: 'running' as const, error: null, notBefore: null, version: seen.version + 1 };
  return unchanged({ ...next, updatedAt: new Date(context.nowMs).toISOString() });
}

/** How close a stream has to be for an automatic cutover, and for how long: what is behind then is applied while writers wait. */
export const CAUGHT_UP = { lagMs: 2_000, lagBytes: 16 * 1024 ** 2, forMs: 5_000 } as const;

/** As `goOn`, of a stream; one that has kept close to its source for long enough is cut over where that is automatic. */
export function streamOn(migration: DrivenMigration, run: RunState, context: TransitionContext): Transition {
  const went = goOn(migration, run, context);
  if (went.migration.spec.cutover.mode !== 'automatic') return went;
  const { stream } = went.migration;
  const isClose = stream !== null && stream.lagMs <= CAUGHT_UP.lagMs && stream.lagBytes <= CAUGHT_UP.lagBytes && isReady(stream);
  const since = isClose ? (migration.caughtUpSince ?? new Date(context.nowMs).toISOString()) : null;
  const seen = { ...went, migration: { ...went.migration, caughtUpSince: since } };
  if (since === null || context.nowMs - Date.parse(since) < CAUGHT_UP.forMs) return seen;
  return followedBy(seen, (next) => takeOver(next, 'cutover', context));
}

/** Tables that are on their way would be waited for in the cutover, and definitions that differ would end it: writers would have stood still for nothing. */
function isReady({ syncingTables = 0, definitionDifferenceCount = 0 }: StreamState): boolean {
  return syncingTables === 0 && definitionDifferenceCount === 0;
}

/** The run is to go on, and was found paused. */
export function setGoing(migration: DrivenMigration, run: RunState): Transition {
  return unchanged({ ...withProgress(migration, run), order: 'resume', notBefore: null });
}

export function succeed(migration: DrivenMigration, run: RunState, context: TransitionContext): Transition {
  const settled = settle(migration, run);
  const rehearsed = rehearsalFindings(settled, run);
  return leavePhase({ ...settled, findings: mergeFindings(rehearsed, frozenWarning(settled, run)) }, context);
}

export function fail(migration: DrivenMigration, run: RunState, context: TransitionContext): Transition {
  const error = run.error ?? {
    code: 'RUN_ENDED_EARLY',
    message: `The migrator ended the run as ${run.status} without giving a reason.`,
    hint: 'It is tried again by itself. If it keeps happening, look into the migrator’s log.',
    retryable: true,
  };
  return failRun(settle(migration, run), error, context);
}

/** The run is to be paused: it is, it has ended meanwhile, or it has to be told again. */
export function holdBack(migration: DrivenMigration, run: RunState): Transition {
  const held = run.status === 'paused' || hasEnded(run);
  return unchanged({ ...withProgress(migration, run), order: held ? 'hold' : 'pause' });
}

/** The run is to be cancelled: over once the migrator has cleaned up. */
export function cancelled(migration: DrivenMigration, run: RunState): Transition {
  const seen = withProgress(migration, run);
  if (!hasEnded(run)) return unchanged(seen);
  // What could not be taken away from a database or a host, and by whom it can be.
  const findings = seen.spec.kind !== 'storage' ? mergeFindings(seen.findings, run.findings) : seen.findings;
  return unchanged({ ...givenBack(settleLedger(seen, run.ledger), run), findings, order: 'none' });
}

const CANCELLED_TOO_LATE: Finding = {
  severity: 'warning',
  code: 'CANCELLED_TOO_LATE',
  message: 'It was cut over before it could be cancelled: the target is open and in use.',
  hint: 'Roll back to use the source again (of a database what was written at the target is carried back), or finalize it.',
  subject: 'both',
};

/** A cutover that was to be cancelled has opened the target before: cancelling would leave two databases in use, so it stands. */
export function cancelledTooLate(migration: DrivenMigration, run: RunState, context: TransitionContext): Transition {
  if (!hasOpened(migration, run)) return cancelled(migration, run);
  const stands = changed(migration, { findings: mergeFindings(migration.findings, [CANCELLED_TOO_LATE]) }, 'resumed', context);
  return followedBy(stands, (next) => succeed(next, run, context));
}

/** The migration is being removed: only its counters are kept up. */
export function removing(migration: DrivenMigration, run: RunState): Transition {
  return unchanged(withProgress(migration, run));
}

/** The migrator does not know the run: it is started (again) under the same id, or there is nothing to stop. */
export function unknown(migration: DrivenMigration): Transition {
  if (migration.order === 'watch' || migration.order === 'resume') return unchanged({ ...migration, order: 'start' });
  if (migration.order === 'pause') return unchanged({ ...migration, order: 'hold' });
  if (migration.order === 'cancel') return unchanged({ ...migration, order: 'none' });
  return unchanged(migration);
}

/** The migrator has seen runs that we have forgotten (our database is older than its own): the phase goes on above them. */
export function startAbove(migration: DrivenMigration, highestEpoch: number, context: TransitionContext): Transition {
  return renewRun({ ...migration, epoch: Math.max(migration.epoch, highestEpoch) }, 'revalidated', context);
}

function settle(migration: DrivenMigration, run: RunState): DrivenMigration {
  const settled = settleLedger(withProgress(migration, run), run.ledger);
  const verified = run.verification ? { verification: run.verification } : {};
  const findings = mergeFindings(settled.findings, run.findings);
  return { ...givenBack(settled, run), ...verified, notBefore: null, findings };
}

function withProgress(migration: DrivenMigration, run: RunState): DrivenMigration {
  return {
    ...migration,
    ledger: addRun(migration.finishedLedger, run.ledger),
    shardsTotal: run.shardsTotal,
    shardsDone: run.shardsDone,
    expectedObjects: run.expectedObjects || migration.expectedObjects,
    expectedBytes: run.expectedBytes || migration.expectedBytes,
    opensAt: run.opensAt ?? null,
    runWait: run.wait ?? null,
    stream: run.stream ?? migration.stream,
    prediction: run.prediction ?? migration.prediction,
    ...(migration.phase === 'rehearsal' ? { rehearsal: run.boot ?? migration.rehearsal } : {}),
    ...(migration.phase === 'cutover' ? { ...openingOf(migration, run), boot: run.boot ?? migration.boot } : {}),
  };
}

/** What a cutover of a database or a host did: from then on there is no way back but a rollback. */
export function hasOpened({ openedAt }: Pick<DrivenMigration, 'openedAt'>, run: RunState): boolean {
  return (openedAt ?? run.openedAt ?? null) !== null;
}

function openingOf({ frozenAt, openedAt }: DrivenMigration, run: RunState): Pick<DrivenMigration, 'frozenAt' | 'openedAt'> {
  return { frozenAt: run.frozenAt ?? frozenAt, openedAt: run.openedAt ?? openedAt };
}

const STILL_FROZEN = new Set(['DATABASE_STILL_FROZEN', 'HOST_STILL_STOPPED']);

/**
 * A migrator whose cutover does not come to its end gives the source back to its writers, or says in a finding that it could not. One that
 * was replaced has done neither: its successor finds the source frozen.
 */
function givenBack(migration: DrivenMigration, run: RunState): DrivenMigration {
  if (migration.spec.kind === 'storage' || migration.phase !== 'cutover' || hasOpened(migration, run)) return migration;
  const wasReplaced = run.status !== 'succeeded' && (run.error === null || run.error.code === RUN_REVALIDATE);
  const isFrozen = wasReplaced || run.findings.some(({ code }) => STILL_FROZEN.has(code));
  return isFrozen ? migration : { ...migration, frozenAt: null };
}

const REHEARSAL_CODES = new Set(['REHEARSAL_PROVED', 'REHEARSAL_NOT_PROVED', 'REHEARSAL_FAILED']);

/** What the last test boot showed; of an earlier one nothing is said any more. */
function rehearsalFindings({ spec, phase, findings }: DrivenMigration, { boot }: RunState): Finding[] {
  if (spec.kind !== 'host' || phase !== 'rehearsal' || !boot) return findings;
  const failures = bootFailures(boot, spec.host.actions);
  const seconds = Math.round((boot.answeredAfterMs ?? 0) / 1_000);
  const finding: Finding =
    failures.length === 0
      ? {
          severity: 'note',
          code: 'REHEARSAL_PROVED',
          message: `A clone was started: it answered after ${seconds} s, and all of ${boot.probes.length} probe(s) passed.`,
          hint: 'Nothing needs to be done.',
          subject: 'target',
        }
      : {
          severity: 'warning',
          code: 'REHEARSAL_NOT_PROVED',
          message: `A clone was started and is not proved: ${failures.join('; ')}.`,
          hint: 'Look at the boot proof and its console, mend what it says and rehearse again: a cutover would be given back.',
          subject: 'target',
        };
  return [...findings.filter(({ code }) => !REHEARSAL_CODES.has(code)), finding];
}

/** A rehearsal that could not be made is no reason to stop a migration: it goes back to its rounds. */
export function endRehearsal(failed: Transition, context: TransitionContext): Transition {
  const { status, error, findings } = failed.migration;
  if (status !== 'failed' || error === null) return failed;
  const finding: Finding = {
    severity: 'warning',
    code: 'REHEARSAL_FAILED',
    message: `The rehearsal could not be made: ${error.message}`,
    hint: error.hint,
    subject: 'target',
  };
  const told = { ...failed.migration, findings: [...findings.filter(({ code }) => !REHEARSAL_CODES.has(code)), finding] };
  return followedBy({ ...failed, migration: told }, (next) => enterPhase(next, 'incremental', context));
}

/** The operator said that the source is frozen, and it was not: worth a word, though this target equals what was seen. */
function frozenWarning(migration: DrivenMigration, run: RunState): Finding[] {
  // A database or a host is frozen by its cutover, and has no inventories.
  if (migration.spec.kind !== 'storage') return [];
  if (!migration.spec.cutover.sourceFrozen || !run.verification || run.verification.sourceFrozen) return [];
  return [
    {
      severity: 'warning',
      code: 'SOURCE_NOT_FROZEN',
      message: 'The source was declared frozen, but two consecutive inventories of it differ: something still writes to it.',
      hint: 'The report is valid as of its time only. Stop the writers and migrate once more to cover what they wrote.',
      subject: 'source',
    },
  ];
}
