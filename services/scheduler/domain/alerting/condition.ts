import type { Labels, Severity, Subject } from './alert-rule';

/** `pending`: not for long enough yet. `resolved` is kept for a while, and told again, in case the first telling was lost. */
export const CONDITION_STATES = ['pending', 'firing', 'resolved'] as const;
export type ConditionState = (typeof CONDITION_STATES)[number];

/** What a rule saw, and how far that has come. Times are the database's, in milliseconds since the epoch. */
export interface Condition {
  /** `alc_…` */
  readonly id: string;
  readonly fingerprint: string;
  /** Empty: the platform's own. */
  readonly workspaceId: string;
  readonly rule: string;
  readonly subject: Subject;
  readonly severity: Severity;
  readonly labels: Labels;
  readonly annotations: Labels;
  /** Empty: of no migration. */
  readonly migrationId: string;
  /** W3C trace context of the work that it came of; empty: none. */
  readonly traceContext: Labels;
  readonly state: ConditionState;
  readonly pendingSinceMs: number;
  readonly firingSinceMs: number | null;
  readonly resolvedAtMs: number | null;
  readonly toldAtMs: number | null;
  /** Grows with each telling. */
  readonly tellings: number;
}

/** What is so now, by the rules. */
export type Seen = Pick<
  Condition,
  'fingerprint' | 'workspaceId' | 'rule' | 'subject' | 'severity' | 'labels' | 'annotations' | 'migrationId' | 'traceContext'
> & { readonly forSeconds: number };

export interface Pace {
  /** A condition that lasts is told again after so long. */
  readonly repeatMs: number;
  /** One that is over is forgotten after so long. */
  readonly keepResolvedMs: number;
}

export const USUAL_PACE: Pace = { repeatMs: 5 * 60_000, keepResolvedMs: 16 * 60_000 };

/** What becomes of a condition: what is stored (null: nothing, it is forgotten), and whether it is told. */
export interface Step {
  readonly condition: Condition | null;
  readonly isStored: boolean;
  readonly isTold: boolean;
}

/** One look at one condition: `known` as it is stored, `seen` by the rules now. At least one of them is there. */
export function stepOf(known: Condition | null, seen: Seen | null, nowMs: number, newId: () => string, pace: Pace = USUAL_PACE): Step {
  if (seen === null) return known === null ? NOTHING : over(known, nowMs, pace);
  if (known === null || known.state === 'resolved') return begun(known, seen, nowMs, newId);
  return lasting(known, seen, nowMs, pace);
}

const NOTHING: Step = { condition: null, isStored: false, isTold: false };

function begun(known: Condition | null, seen: Seen, nowMs: number, newId: () => string): Step {
  const { forSeconds, ...facts } = seen;
  const fresh: Condition = {
    ...facts,
    id: known?.id ?? newId(),
    state: 'pending',
    pendingSinceMs: nowMs,
    firingSinceMs: null,
    resolvedAtMs: null,
    toldAtMs: null,
    tellings: known?.tellings ?? 0,
  };
  return forSeconds === 0 ? fires(fresh, nowMs) : { condition: fresh, isStored: true, isTold: false };
}

function lasting(known: Condition, { forSeconds, ...facts }: Seen, nowMs: number, { repeatMs }: Pace): Step {
  const now = { ...known, ...facts };
  if (known.state === 'pending') {
    const isRipe = nowMs - known.pendingSinceMs >= forSeconds * 1_000;
    return isRipe ? fires(now, nowMs) : { condition: now, isStored: false, isTold: false };
  }
  const isDue = nowMs - (known.toldAtMs ?? 0) >= repeatMs || known.severity !== now.severity;
  return isDue ? told(now, nowMs) : { condition: now, isStored: false, isTold: false };
}

function over(known: Condition, nowMs: number, { repeatMs, keepResolvedMs }: Pace): Step {
  if (known.state === 'pending') return { condition: null, isStored: true, isTold: false };
  if (known.state === 'firing') return told({ ...known, state: 'resolved', resolvedAtMs: nowMs }, nowMs);
  if (nowMs - (known.resolvedAtMs ?? 0) >= keepResolvedMs) return { condition: null, isStored: true, isTold: false };
  return nowMs - (known.toldAtMs ?? 0) >= repeatMs ? told(known, nowMs) : { condition: known, isStored: false, isTold: false };
}

function fires(condition: Condition, nowMs: number): Step {
  return told({ ...condition, state: 'firing', firingSinceMs: nowMs }, nowMs);
}

function told(condition: Condition, nowMs: number): Step {
  return { condition: { ...condition, toldAtMs: nowMs, tellings: condition.tellings + 1 }, isStored: true, isTold: true };
}
