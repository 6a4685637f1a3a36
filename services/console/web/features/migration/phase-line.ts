import type { Schema } from '@smartant/contracts/openapi';

type Migration = Schema<'Migration'>;
type Phase = Schema<'Phase'>;

export interface PhaseStep {
  phase: Phase;
  state: 'done' | 'now' | 'failed' | 'ahead';
  /** How often it was run; more than one for rounds and for what was tried again. */
  rounds: number;
  /** Of its latest run; null: not begun. */
  startedAt: string | null;
  finishedAt: string | null;
}

/** In their order. Phases that only some kinds have, or that somebody asked for, are shown once they are there. */
const USUAL: readonly Phase[] = ['precheck', 'prepare', 'full', 'incremental', 'cutover', 'reversible', 'done'];
const ALL: readonly Phase[] = [
  'precheck',
  'prepare',
  'full',
  'incremental',
  'rehearsal',
  'cutover',
  'reversible',
  'rollback',
  'finalize',
  'done',
];

/** The life of a migration as a line: what is behind it, where it is, and what comes. */
export function phaseLine({ phase, status, timings }: Pick<Migration, 'phase' | 'status' | 'timings'>): PhaseStep[] {
  const runsOf = (each: Phase) => timings.filter((timing) => timing.phase === each);
  const shown = ALL.filter((each) => USUAL.includes(each) || each === phase || runsOf(each).length > 0);
  const at = shown.indexOf(phase);
  return shown.map((each, index) => {
    const runs = runsOf(each);
    const latest = runs.at(-1);
    return {
      phase: each,
      state: stateOf(index, at, each === 'done' ? 'succeeded' : status, runs.length > 0),
      rounds: runs.length,
      startedAt: latest?.startedAt ?? null,
      finishedAt: latest?.finishedAt ?? null,
    };
  });
}

function stateOf(index: number, at: number, status: Migration['status'], wasRun: boolean): PhaseStep['state'] {
  if (index > at) return 'ahead';
  if (index < at) return wasRun ? 'done' : 'ahead';
  if (status === 'failed' || status === 'cancelled') return 'failed';
  return status === 'succeeded' ? 'done' : 'now';
}
