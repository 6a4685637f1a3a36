import type { DrivenMigration, Transition, TransitionContext } from './driven-migration';
import { addRun } from './ledger';
import type { Finding } from './migration';
import { mergeFindings } from './merge-findings';
import { failRun, leavePhase, renewRun, settleLedger, unchanged } from './phase-entry';
import { hasEnded, type RunState } from './run-state';

/** What the state of a run comes to, by what its migrator is to be told. */

/** The run is to go on, and does. */
export function goOn(migration: DrivenMigration, run: RunState, context: TransitionContext): Transition {
  const seen = withProgress(migration, run);
  if (seen.status === 'running') return unchanged({ ...seen, order: 'watch' });
  const next = { ...seen, order: 'watch' as const, status: 'running' as const, error: null, notBefore: null, version: seen.version + 1 };
  return unchanged({ ...next, updatedAt: new Date(context.nowMs).toISOString() });
}

/** The run is to go on, and was found paused. */
export function setGoing(migration: DrivenMigration, run: RunState): Transition {
  return unchanged({ ...withProgress(migration, run), order: 'resume', notBefore: null });
}

export function succeed(migration: DrivenMigration, run: RunState, context: TransitionContext): Transition {
  const settled = settle(migration, run);
  const verified = run.verification ? { verification: run.verification } : {};
  return leavePhase({ ...settled, ...verified, findings: mergeFindings(settled.findings, frozenWarning(settled, run)) }, context);
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
  return unchanged(hasEnded(run) ? { ...settleLedger(seen, run.ledger), order: 'none' } : seen);
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
  return { ...settled, notBefore: null, findings: mergeFindings(settled.findings, run.findings) };
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
  };
}

/** The operator said that the source is frozen, and it was not: worth a word, though this target equals what was seen. */
function frozenWarning(migration: DrivenMigration, run: RunState): Finding[] {
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
