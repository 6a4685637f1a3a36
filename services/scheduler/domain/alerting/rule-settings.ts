import { SmartantError, type FieldError } from '@smartant/kernel';
import { SEVERITIES, type AlertRule, type Severity, type ThresholdNames } from './alert-rule';

export const LONGEST_FOR_SECONDS = 7 * 86_400;

/** What a workspace (or, of the platform's own rules, an administrator) changed of a rule; what is absent is as usual. */
export interface RuleChange {
  readonly enabled?: boolean;
  readonly severity?: Severity;
  readonly forSeconds?: number;
  readonly thresholds?: Readonly<Record<string, number>>;
}

/** What a rule goes by. */
export interface RuleSettings {
  readonly enabled: boolean;
  readonly severity: Severity;
  readonly forSeconds: number;
  /** All that the rule has. */
  readonly thresholds: Readonly<Record<string, number>>;
}

type AnyRule = Pick<AlertRule<never>, 'name' | 'severity' | 'forSeconds' | 'thresholds'>;

/** The rule's own settings with the change upon them. A threshold that the rule no longer has is left out. */
export function settingsOf(rule: AnyRule, change: RuleChange = {}): RuleSettings {
  const { enabled = true, severity = rule.severity, forSeconds = rule.forSeconds, thresholds = {} } = change;
  const entries = Object.entries<ThresholdNames[string]>(rule.thresholds).map(([name, { usual }]) => [name, thresholds[name] ?? usual]);
  return { enabled, severity, forSeconds, thresholds: Object.fromEntries(entries) as Record<string, number> };
}

export function isChanged(change: RuleChange): boolean {
  return Object.values(change).some((value) => value !== undefined);
}

/** Raises ALERT_RULE_INVALID, naming every wrong field. */
export function assertChangeValid(rule: AnyRule, change: RuleChange): void {
  const fields = [...severityErrors(change), ...durationErrors(change), ...thresholdErrors(rule, change)];
  if (fields.length === 0) return;
  throw new SmartantError('ALERT_RULE_INVALID', `The settings do not fit the rule "${rule.name}".`, {
    kind: 'invalid',
    hint: 'See the thresholds that the rule has, and what they may be: smartant alert-rule show NAME.',
    fields,
  });
}

function severityErrors({ severity }: RuleChange): FieldError[] {
  if (severity === undefined || SEVERITIES.includes(severity)) return [];
  return [{ field: 'severity', message: `expected ${SEVERITIES.join(', ')}` }];
}

function durationErrors({ forSeconds }: RuleChange): FieldError[] {
  if (forSeconds === undefined || isWithin(forSeconds, 0, LONGEST_FOR_SECONDS)) return [];
  return [{ field: 'forSeconds', message: `expected a whole number from 0 to ${LONGEST_FOR_SECONDS}` }];
}

function thresholdErrors(rule: AnyRule, { thresholds = {} }: RuleChange): FieldError[] {
  return Object.entries(thresholds).flatMap(([name, value]) => {
    const field = `thresholds.${name}`;
    const known = Object.hasOwn(rule.thresholds, name) ? (rule.thresholds as ThresholdNames)[name] : undefined;
    if (!known) return [{ field, message: `is not one of this rule: ${Object.keys(rule.thresholds).join(', ') || 'it has none'}` }];
    if (isWithin(value, known.minimum, known.maximum)) return [];
    return [{ field, message: `expected a whole number from ${known.minimum} to ${known.maximum}` }];
  });
}

function isWithin(value: number, minimum: number, maximum: number): boolean {
  return Number.isSafeInteger(value) && value >= minimum && value <= maximum;
}
