import type { DatabaseScope } from './database-scope';

/** What an engine can do for a run (docs/adr/0014-postgres-migrations.md). */
export const DATABASE_STAGES = [
  'prepare',
  'schema',
  'copy',
  'constraints',
  'sync',
  'stream',
  'cutover',
  'reopen',
  'stream-back',
  'roll-back',
  'release',
] as const;
export type DatabaseStage = (typeof DATABASE_STAGES)[number];

/** What a run can do. Precheck is a call of its own. */
export const RUN_PHASES = ['prepare', 'full', 'incremental', 'cutover', 'reversible', 'finalize', 'rollback'] as const;
export type RunPhase = (typeof RUN_PHASES)[number];

/**
 * Phases whose runs wait for the windows of a calendar: the copy is the load that one may want to keep to the nights. A stream that
 * waited would let the source's log pile up, and what freezes, finishes or undoes should never wait.
 */
export const HELD_PHASES: readonly RunPhase[] = ['full'];

/** Done in place of everything else when a run is cancelled. */
export const CLEAN_UP_STAGE: DatabaseStage = 'release';

/** What an engine keeps in a migration's state from the moment on in which applications may write to the target. */
export const OPENING = 'opening';

/** A stage of a shard. `finish`: of a run that has nothing to do for its scope. */
export type Stage = DatabaseStage | 'finish';

/**
 * What a run does, in order. Each stage is one shard; its completion adds the next one in the same transaction, so a run needs no
 * coordinator that could die.
 */
const STAGES: Record<RunPhase, readonly DatabaseStage[]> = {
  prepare: ['prepare'],
  full: ['schema', 'copy', 'constraints'],
  incremental: ['sync', 'stream'],
  cutover: ['sync', 'cutover'],
  reversible: ['stream-back'],
  finalize: ['release'],
  rollback: ['roll-back', 'release'],
};

/** Without changes of the source to follow, and without a stream back. */
const OF_LIVE: ReadonlySet<DatabaseStage> = new Set(['sync', 'stream']);
const OF_REVERSE: ReadonlySet<DatabaseStage> = new Set(['stream-back']);

type Ordered = { phase: RunPhase; scope: Pick<DatabaseScope, 'mode' | 'reverse'> };

function stagesOf({ phase, scope }: Ordered): readonly DatabaseStage[] {
  return STAGES[phase].filter((stage) => !(scope.mode === 'snapshot' && OF_LIVE.has(stage)) && !(!scope.reverse && OF_REVERSE.has(stage)));
}

export function firstStage(order: Ordered): Stage {
  return stagesOf(order)[0] ?? 'finish';
}

/** Null after the last stage. */
export function stageAfter(order: Ordered, stage: Stage): DatabaseStage | null {
  const stages = stagesOf(order);
  const at = stages.findIndex((candidate) => candidate === stage);
  return at < 0 ? null : (stages[at + 1] ?? null);
}

/** A stage that goes on until its run is superseded, paused or cancelled. */
export function isStream(stage: Stage): boolean {
  return stage === 'stream' || stage === 'stream-back';
}

/**
 * A stage that may leave the source frozen when it fails, and nobody has written to the target yet: `reopen` comes after it then. One stage does
 * all of a cutover, because what keeps writers out lives as long as the connection that holds it.
 */
export function isGivenBackBy({ phase }: Pick<Ordered, 'phase'>, stage: Stage): boolean {
  return phase === 'cutover' && stage === 'cutover';
}
