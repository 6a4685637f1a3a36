export const SEVERITIES = ['critical', 'warning', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

export type Labels = Readonly<Record<string, string>>;

/** What rules look at: each kind of subject has a fact of its own. `platform` is of no workspace. */
export const SUBJECTS = ['migration', 'endpoint', 'credential', 'platform'] as const;
export type Subject = (typeof SUBJECTS)[number];

/** A figure of a rule that can be changed. Its unit is in its name. */
export interface Threshold {
  readonly summary: string;
  readonly usual: number;
  readonly minimum: number;
  readonly maximum: number;
}

export type ThresholdNames = Readonly<Record<string, Threshold>>;
export type ThresholdValues<T extends ThresholdNames> = { readonly [Name in keyof T]: number };

/** What a rule saw: something that should not be so. */
export interface Finding {
  /** What tells it from others and what routes match; together with the rule's name it is the alert's identity, so that nothing is in it that grows. */
  readonly labels: Record<string, string>;
  /** Figures with their units in their names, and texts. No secret. */
  readonly annotations: Record<string, string>;
}

/** A built-in rule. `F` is the fact of its subject. */
export interface AlertRule<F = never, T extends ThresholdNames = ThresholdNames> {
  /** Kebab-case; part of the API, of alerts and of their fingerprints. */
  readonly name: string;
  readonly subject: Subject;
  /** One sentence: when it fires. */
  readonly summary: string;
  readonly severity: Severity;
  /** How long it must be so before it fires. */
  readonly forSeconds: number;
  readonly thresholds: T;
  /** Null: all is well. Pure; `nowMs` is the database's clock. */
  evaluate(fact: F, thresholds: ThresholdValues<T>, nowMs: number): Finding | null;
}

/** A rule with the types of its fact and its thresholds held together. */
export function defineRule<F, const T extends ThresholdNames>(rule: AlertRule<F, T>): AlertRule<F> {
  return rule as unknown as AlertRule<F>;
}
