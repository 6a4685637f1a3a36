import type { DrivenMigration, Transition, TransitionContext } from './driven-migration';
import { mergeFindings } from './merge-findings';
import type { EffectTrouble, Finding } from './migration';
import type { MigrationSpec } from './migration-spec';
import { changed, enterPhase, followedBy, leavePhase, renewRun, unchanged } from './phase-entry';
import type { PrecheckOutcome } from './run-state';
import { ALL_RUN_PHASES, effectOf, hasRun } from './states';

/** The precheck call answered. */
export function prechecked(migration: DrivenMigration, outcome: PrecheckOutcome, context: TransitionContext): Transition {
  const { findings, estimate } = outcome;
  const spec = withLayout(withDeletePolicy(migration.spec, findings), outcome);
  const inventory = outcome.summary ?? migration.inventory;
  return leavePhase({ ...migration, spec, findings, inventory, expectedObjects: estimate.objects, expectedBytes: estimate.bytes }, context);
}

/** Where no policy was asked for, it is decided once, before anything is copied; a precheck that blocks leaves it open for the next one. */
function withDeletePolicy(spec: MigrationSpec, findings: Finding[]): MigrationSpec {
  const blocked = findings.some(({ severity }) => severity === 'blocker');
  if (spec.kind !== 'storage' || spec.storage.deletePolicy !== 'auto' || blocked) return spec;
  const deletePolicy = findings.some(({ code }) => code === 'TARGET_NOT_EMPTY') ? 'keep' : 'propagate';
  return { ...spec, storage: { ...spec.storage, deletePolicy } };
}

/** The layout that the precheck proposed is the one that is made: what somebody has seen does not change under the copy. */
function withLayout(spec: MigrationSpec, { findings, layout = null }: PrecheckOutcome): MigrationSpec {
  const blocked = findings.some(({ severity }) => severity === 'blocker');
  if (spec.kind !== 'host' || spec.host.layout !== null || layout === null || blocked) return spec;
  return { ...spec, host: { ...spec.host, layout } };
}

export function nextRound(migration: DrivenMigration, context: TransitionContext): Transition {
  return enterPhase(migration, 'incremental', context);
}

/** The last change of a migration, published when its rows are deleted. */
export function removed(migration: DrivenMigration, context: TransitionContext): Transition {
  return changed(migration, { order: 'none' }, 'deleted', context);
}

/** Made visible; what is due goes on being tried. Trouble with an effect that is not due any more is no trouble. */
export function markStuck(migration: DrivenMigration, trouble: EffectTrouble, context: TransitionContext): Transition {
  if (effectOf(migration) !== trouble.effect) return unchanged(migration);
  const known = migration.stuck?.effect === trouble.effect;
  return known ? unchanged({ ...migration, stuck: trouble }) : changed(migration, { stuck: trouble }, 'stuck', context);
}

const STATE_RESTORED: Finding = {
  severity: 'warning',
  code: 'STATE_RESTORED',
  message:
    'A database of the platform was restored or failed over: what was asked of this migration in the last moments before may be lost.',
  hint: 'Look whether it does what you asked for, and ask again if not.',
  subject: 'both',
};

/**
 * Commits that were acknowledged may be gone, here or at the migrator. A phase that has an active run is done again under a new run, above
 * every epoch we know; a paused run is told to pause once more. What is verified stays verified: the proof was stored with the state.
 */
export function revalidate(migration: DrivenMigration, incarnation: string, context: TransitionContext): Transition {
  if (migration.revalidatedFor === incarnation) return unchanged(migration);
  const marked = { ...migration, revalidatedFor: incarnation, findings: mergeFindings(migration.findings, [STATE_RESTORED]) };
  if (!ALL_RUN_PHASES.includes(migration.phase)) return changed(marked, {}, 'revalidated', context);
  if (migration.status === 'paused' && migration.order === 'hold') return changed(marked, { order: 'pause' }, 'revalidated', context);
  const active = hasRun(migration) && (migration.status === 'pending' || migration.status === 'running');
  return active ? renewRun(marked, 'revalidated', context) : changed(marked, {}, 'revalidated', context);
}

/** What did not go through has gone through, or is not wanted any more. */
export function clearTrouble(done: Transition, context: TransitionContext): Transition {
  if (done.migration.stuck === null) return done;
  return followedBy(done, (migration) => changed(migration, { stuck: null }, 'unstuck', context));
}
