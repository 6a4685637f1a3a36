import type { DrivenMigration, Order } from './driven-migration';
import { nextEffect, type EffectKind } from './effects';
import type { MigrationError } from './migration';
import type { MigrationKind, MigrationSpec } from './migration-spec';
import { PHASES, type Phase, type Status } from './phase';
import { isPhaseOf } from './phases';

/** The phases, up to the cutover, in which a migrator holds a run. */
export const RUN_PHASES: readonly Phase[] = ['prepare', 'full', 'incremental', 'rehearsal', 'cutover'];
/** What follows the cutover of a database or a host: runs that stream back or settle the source, and that end it. */
export const LATER_RUN_PHASES: readonly Phase[] = ['reversible', 'finalize', 'rollback'];
export const ALL_RUN_PHASES: readonly Phase[] = [...RUN_PHASES, ...LATER_RUN_PHASES];
/** The phases in which something is still being moved, or about to be. */
export const MOVING_PHASES: readonly Phase[] = ['precheck', ...RUN_PHASES];
/** Those that fail; a rehearsal that could not be made goes back to the rounds. */
export const FAILING_PHASES: readonly Phase[] = MOVING_PHASES.filter((phase) => phase !== 'rehearsal');

/** True while a migrator holds, or is to be given, a run of this migration; a report is built without one. */
export function hasRun({ phase, order }: State): boolean {
  return ALL_RUN_PHASES.includes(phase) && order !== 'none' && order !== 'report';
}

/**
 * Why nothing happens to a migration by itself, or not yet. `late-writes`: a worker was lost, and what it had sent may reach
 * the target for some time yet; what deletes or verifies comes after that.
 */
export const WAIT_REASONS = ['resume', 'retry', 'cutover', 'finalize', 'next-attempt', 'window', 'late-writes'] as const;
export type WaitReason = (typeof WAIT_REASONS)[number];

export interface WaitingFor {
  reason: WaitReason;
  /** When it goes on by itself, if it does; null: only by an action. */
  until: string | null;
  /** What failed, for `next-attempt`. */
  error: MigrationError | null;
}

/** States that a migration can be in: each kind × phase × status × order that is named here, and no other. */
export interface StateRule {
  /** Absent: of every kind. */
  kinds?: readonly MigrationKind[];
  phases: readonly Phase[];
  statuses: readonly Status[];
  orders: readonly Order[];
  /** What goes on, in words for the generated documentation. */
  summary: string;
  /** Set where no effect is due, or only at a later time. */
  waitsFor?: WaitReason;
  /** True when nothing will ever happen any more without a new request. */
  final?: true;
}

/** What every state machine can be asked about: where a migration stands and what its migrator is to be told. */
export type State = Pick<DrivenMigration, 'phase' | 'status' | 'order'> & { spec: Pick<MigrationSpec, 'kind'> };

/** Of every kind up to the cutover; of databases and hosts in what follows it as well. */
const runState = (rule: Pick<StateRule, 'statuses' | 'orders' | 'summary' | 'waitsFor'>): StateRule[] => [
  { phases: RUN_PHASES, ...rule },
  { kinds: ['database', 'host'], phases: LATER_RUN_PHASES, ...rule },
];

export const STATES: readonly StateRule[] = [
  { phases: ['precheck'], statuses: ['pending'], orders: ['start'], summary: 'The precheck is made.' },
  { phases: ['precheck'], statuses: ['paused'], orders: ['hold'], summary: 'Paused before the precheck was through.', waitsFor: 'resume' },
  ...runState({ statuses: ['pending'], orders: ['start'], summary: 'The run is started.' }),
  ...runState({ statuses: ['pending'], orders: ['resume'], summary: 'The run is there but paused: it is told to go on.' }),
  ...runState({ statuses: ['running'], orders: ['watch'], summary: 'The run goes on and is asked for its state.' }),
  ...runState({ statuses: ['running'], orders: ['start'], summary: 'The migrator lost the run: it is started again.' }),
  ...runState({ statuses: ['running'], orders: ['resume'], summary: 'The run is told to go on.' }),
  ...runState({ statuses: ['paused'], orders: ['pause'], summary: 'The run is told to pause, until it says that it did.' }),
  ...runState({
    statuses: ['paused'],
    orders: ['hold'],
    summary: 'The run is paused; it is looked at, in case a late order set it going.',
    waitsFor: 'resume',
  }),
  {
    kinds: ['storage', 'host'],
    phases: ['incremental'],
    statuses: ['waiting'],
    orders: ['none'],
    summary: 'Between two rounds; the next one starts by itself.',
    waitsFor: 'cutover',
  },
  {
    kinds: ['storage', 'host'],
    phases: ['incremental'],
    statuses: ['paused'],
    orders: ['none'],
    summary: 'Paused between two rounds.',
    waitsFor: 'resume',
  },
  {
    kinds: ['database'],
    phases: ['full'],
    statuses: ['waiting'],
    orders: ['none'],
    summary: 'The snapshot is copied; the user decides when it takes over.',
    waitsFor: 'cutover',
  },
  { phases: FAILING_PHASES, statuses: ['failed'], orders: ['none'], summary: 'The phase failed.', waitsFor: 'retry' },
  {
    kinds: ['database', 'host'],
    phases: LATER_RUN_PHASES,
    statuses: ['failed'],
    orders: ['none'],
    summary: 'The phase failed; the target is in use.',
    waitsFor: 'retry',
  },
  { phases: RUN_PHASES, statuses: ['cancelled'], orders: ['cancel'], summary: 'The run is cancelled and cleaned up after.' },
  { phases: MOVING_PHASES, statuses: ['cancelled'], orders: ['none'], summary: 'Cancelled, nothing left behind.', final: true },
  { phases: ['reversible'], statuses: ['pending'], orders: ['report'], summary: 'The report is built and signed.' },
  { phases: ['reversible'], statuses: ['waiting'], orders: ['none'], summary: 'Verified; the user decides.', waitsFor: 'finalize' },
  { phases: ['done'], statuses: ['pending'], orders: ['report'], summary: 'Finalized: the last report is built.' },
  { phases: ['done'], statuses: ['cancelled'], orders: ['report'], summary: 'Rolled back: the last report is built.' },
  { phases: ['done'], statuses: ['succeeded'], orders: ['none'], summary: 'Finalized.', final: true },
  { phases: ['done'], statuses: ['cancelled'], orders: ['none'], summary: 'Rolled back.', final: true },
  { phases: PHASES, statuses: ['cancelled'], orders: ['remove'], summary: 'It is cleaned up after and forgotten everywhere.' },
  { phases: ['done'], statuses: ['succeeded'], orders: ['remove'], summary: 'It is cleaned up after and forgotten everywhere.' },
];

/** The rule of a state; undefined for a combination that no migration is ever in. */
export function stateRule(state: State): StateRule | undefined {
  return STATES.find((rule) => isOf(rule, state));
}

/** Whether a row of a table is about this state; one about all phases is about those of the state's kind. */
export function isOf(rule: Pick<StateRule, 'kinds' | 'phases' | 'statuses' | 'orders'>, { spec, phase, status, order }: State): boolean {
  const ofKind = rule.kinds === undefined || rule.kinds.includes(spec.kind);
  return (
    ofKind && isPhaseOf(spec.kind, phase) && rule.phases.includes(phase) && rule.statuses.includes(status) && rule.orders.includes(order)
  );
}

/** Why this migration does not go on by itself, or not yet; null while something is being done for it, and when it has ended. */
export function waitingFor(migration: DrivenMigration): WaitingFor | null {
  const { order, notBefore, opensAt, runWait } = migration;
  if (order === 'start') return notBefore === null ? null : { reason: 'next-attempt', until: notBefore, error: migration.error };
  if (order === 'watch' && opensAt !== null) return { reason: 'window', until: opensAt, error: null };
  if (order === 'watch' && runWait !== null) return runWait;
  const reason = stateRule(migration)?.waitsFor;
  if (reason === undefined) return null;
  return { reason, until: reason === 'cutover' ? notBefore : null, error: null };
}

/** The effect that is due in a state, at any time; null where there is none. */
export function effectOf(migration: DrivenMigration): EffectKind | null {
  const next = nextEffect(migration, Number.MAX_SAFE_INTEGER);
  return next !== 'nothing' && 'do' in next ? next.do : null;
}
