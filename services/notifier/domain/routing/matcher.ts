import type { Labels, Severity } from '../alert';
import { compileLinear } from './linear-regex';

export const OPERATORS = ['=', '!=', '=~', '!~'] as const;
export type Operator = (typeof OPERATORS)[number];

/** What an alert's label must be. An absent label is an empty value, as in Prometheus. */
export interface Matcher {
  readonly label: string;
  readonly operator: Operator;
  /** Of `=~` and `!~`: an expression that the whole value is held against. */
  readonly value: string;
}

/** What routes, silences and inhibitions can ask of an alert. */
export interface MatchedAlert {
  readonly name: string;
  readonly severity: Severity;
  readonly labels: Labels;
  readonly source: string;
  readonly migrationId: string;
}

/** An alert's labels with what is said of it beside them: `alertname`, `severity`, `source`, `migration_id`. Labels of those names are passed over. */
export function matchableLabels({ name, severity, labels, source, migrationId }: MatchedAlert): Labels {
  return { ...labels, alertname: name, severity, source, ...(migrationId === '' ? {} : { migration_id: migrationId }) };
}

export type LabelTest = (labels: Labels) => boolean;

/** Expressions are compiled once for all alerts. Raises SyntaxError for one that can't be. */
export function compileMatchers(matchers: readonly Matcher[]): LabelTest {
  const tests = matchers.map(compileMatcher);
  return (labels) => tests.every((test) => test(labels));
}

function compileMatcher({ label, operator, value }: Matcher): LabelTest {
  const valueOf = (labels: Labels) => (Object.hasOwn(labels, label) ? labels[label]! : '');
  if (operator === '=') return (labels) => valueOf(labels) === value;
  if (operator === '!=') return (labels) => valueOf(labels) !== value;
  const matches = compileLinear(value);
  return operator === '=~' ? (labels) => matches(valueOf(labels)) : (labels) => !matches(valueOf(labels));
}

/** What is wrong with a matcher; null: nothing. */
export function matcherProblem({ operator, value }: Matcher): string | null {
  if (operator === '=' || operator === '!=') return null;
  try {
    compileLinear(value);
    return null;
  } catch (error) {
    return `the expression ${(error as Error).message}`;
  }
}

const WRITTEN = /^\s*([A-Za-z_][\w.\-/]*)\s*(=~|!~|!=|=)\s*(.*?)\s*$/s;

/** `severity="critical"`, `alertname=~"node-.*"`, quotes optional. Null where it is no matcher. */
export function parseMatcher(text: string): Matcher | null {
  const found = WRITTEN.exec(text);
  if (!found) return null;
  const [, label = '', operator, value = ''] = found;
  const unquoted = /^"(.*)"$/s.exec(value)?.[1] ?? value;
  return { label, operator: operator as Operator, value: unquoted };
}
