import type { Labels } from '../alert';
import { compileMatchers, type LabelTest } from './matcher';
import type { Inhibition } from './routing-document';

/** What holds alerts: which combinations of `equal` labels some firing source has. Memory goes by combinations, not by alerts. */
export class Inhibitions {
  private readonly rules: { rule: Inhibition; source: LabelTest; target: LabelTest; all: Set<string>; oneSided: Set<string> }[];

  /** Raises SyntaxError for an expression that can't be compiled. */
  constructor(rules: readonly Inhibition[]) {
    this.rules = rules.map((rule) => ({
      rule,
      source: compileMatchers(rule.source),
      target: compileMatchers(rule.target),
      all: new Set(),
      oneSided: new Set(),
    }));
  }

  get isEmpty(): boolean {
    return this.rules.length === 0;
  }

  /** Takes note of an alert that fires. */
  add(labels: Labels): void {
    for (const { rule, source, target, all, oneSided } of this.rules) {
      if (!source(labels)) continue;
      const key = keyOf(rule, labels);
      all.add(key);
      if (!target(labels)) oneSided.add(key);
    }
  }

  /** The name of the inhibition that holds an alert; null: none does. An alert that is also a source is held only by sources that are no targets, or two would hold each other. */
  holding(labels: Labels): string | null {
    for (const { rule, source, target, all, oneSided } of this.rules) {
      if (target(labels) && (source(labels) ? oneSided : all).has(keyOf(rule, labels))) return rule.name;
    }
    return null;
  }
}

function keyOf({ equal }: Inhibition, labels: Labels): string {
  return JSON.stringify(equal.map((name) => (Object.hasOwn(labels, name) ? labels[name] : '')));
}
