/** What an engine can do for a run (docs/adr/0015-host-migrations.md). */
export const HOST_STAGES = [
  'prepare',
  'layout',
  'sync',
  'rehearse',
  'freeze',
  'verify',
  'convert',
  'boot',
  'reopen',
  'settle',
  'release',
] as const;
export type HostStage = (typeof HOST_STAGES)[number];

/** What a run can do. Precheck is a call of its own. */
export const RUN_PHASES = ['prepare', 'full', 'incremental', 'rehearsal', 'cutover', 'reversible', 'finalize', 'rollback'] as const;
export type RunPhase = (typeof RUN_PHASES)[number];

/** Phases whose runs wait for the windows of a calendar. What freezes, finishes or undoes never waits. */
export const HELD_PHASES: readonly RunPhase[] = ['full', 'incremental'];

/** Done in place of everything else when a run is cancelled. */
export const CLEAN_UP_STAGE: HostStage = 'release';

/** A stage of a shard. `finish`: of a run that has nothing to do for its scope. */
export type Stage = HostStage | 'finish';

/**
 * What a run does, in order. Each stage is one shard; its completion adds the next one in the same transaction, so a run needs no
 * coordinator that could die.
 */
const STAGES: Record<RunPhase, readonly HostStage[]> = {
  prepare: ['prepare'],
  full: ['layout', 'sync'],
  incremental: ['sync'],
  rehearsal: ['rehearse'],
  cutover: ['freeze', 'sync', 'verify', 'convert', 'boot'],
  reversible: ['settle'],
  finalize: ['release'],
  rollback: ['reopen', 'release'],
};

type Ordered = { phase: RunPhase };

export function firstStage({ phase }: Ordered): Stage {
  return STAGES[phase][0] ?? 'finish';
}

/** Null after the last stage. */
export function stageAfter({ phase }: Ordered, stage: Stage): HostStage | null {
  const stages = STAGES[phase];
  const at = stages.findIndex((candidate) => candidate === stage);
  return at < 0 ? null : (stages[at + 1] ?? null);
}

/** Stages of a cutover that may leave services of the source stopped when they fail: `reopen` starts them again then. */
export function isGivenBackBy({ phase }: Ordered, stage: Stage): boolean {
  return phase === 'cutover' && stage !== 'reopen';
}
