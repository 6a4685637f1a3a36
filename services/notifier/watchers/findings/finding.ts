import type { Labels, Severity } from '../../domain/alert';
import type { StatusCondition } from '../kubernetes/kubernetes-objects';

/** What is wrong with an object as long as its state says so. */
export interface Finding {
  /** The alert's name, kebab-case. */
  readonly name: string;
  readonly severity: Severity;
  /** Name the object, and stay the same while it lasts: with `name` they are the alert's identity. */
  readonly labels: Labels;
  readonly annotations: Labels;
  /** Nothing is told before it has lasted for so long: rollouts and restarts pass by themselves. */
  readonly holdSeconds: number;
}

/** Something that happened and has no end of its own. It is over when nothing of its kind was seen for a while. */
export interface Sighting {
  /** Of one record of the cluster, and how often that has happened: the same or a lower count was seen before. */
  readonly uid: string;
  readonly count: number;
  readonly name: string;
  readonly severity: Severity;
  readonly labels: Labels;
  readonly annotations: Labels;
  /** Told from so many occurrences within the quiet time on. */
  readonly threshold: number;
  /** Noted, and not told: it was over before anybody watched. */
  readonly silent: boolean;
}

export const MESSAGE_LENGTH = 500;

/** Words of the cluster, which may be anybody's: cut to what a message can carry, and without what no database stores as text. */
export function shortened(text: string | undefined): string {
  const words = (text ?? '').trim().replaceAll('\u0000', '');
  return (words.length > MESSAGE_LENGTH ? `${words.slice(0, MESSAGE_LENGTH - 1)}…` : words).toWellFormed();
}

/** What a status condition says of itself. */
export function wordsOf(condition: StatusCondition | undefined): Labels {
  return {
    ...(condition?.reason && { reason: condition.reason }),
    ...(condition?.message && { message: shortened(condition.message) }),
    ...(condition?.lastTransitionTime && { since: condition.lastTransitionTime }),
  };
}
