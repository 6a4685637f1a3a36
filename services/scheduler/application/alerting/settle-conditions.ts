import { newId } from '@smartant/kernel';
import { stepOf, type Condition, type Pace, type Seen } from '../../domain/alerting/condition';
import type { Stores } from '../ports/unit-of-work';

/**
 * Brings the stored conditions in line with what the rules see now: what is new begins, what lasts is told again when it is time, what is not
 * seen any more is over. Conditions, and the events that tell of them, are of one transaction. Resolves with those that were told.
 */
export async function settleConditions(
  { alerts, events }: Pick<Stores, 'alerts' | 'events'>,
  known: readonly Condition[],
  seen: readonly Seen[],
  nowMs: number,
  pace?: Pace,
): Promise<Condition[]> {
  const before = new Map(known.map((condition) => [condition.fingerprint, condition]));
  const now = new Map(seen.map((each) => [each.fingerprint, each]));
  const saved: Condition[] = [];
  const forgotten: string[] = [];
  const told: Condition[] = [];
  for (const fingerprint of new Set([...before.keys(), ...now.keys()])) {
    const step = stepOf(before.get(fingerprint) ?? null, now.get(fingerprint) ?? null, nowMs, () => newId('alc'), pace);
    if (step.condition === null && step.isStored) forgotten.push(fingerprint);
    if (step.condition !== null && step.isStored) saved.push(step.condition);
    if (step.condition !== null && step.isTold) told.push(step.condition);
  }
  await alerts.forget(forgotten);
  await alerts.save(saved);
  await events.appendAlerts(told);
  return told;
}
