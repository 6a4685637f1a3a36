import type { AlertRule, Labels } from './alert-rule';
import type { Seen } from './condition';
import { fingerprintOf } from './fingerprint';
import { toldFinding } from './finding-text';
import { settingsOf, type RuleChange } from './rule-settings';

/** Of whom a fact is. */
export interface Owner {
  readonly workspaceId: string;
  readonly migrationId: string;
  readonly traceContext: Labels;
}

/** What was changed of a rule in a workspace; undefined: nothing. */
export type ChangeOf = (workspaceId: string, rule: string) => RuleChange | undefined;

/** Holds one fact against the rules of its subject, as its workspace has set them. A rule that is off sees nothing. */
export function look<F>(rules: readonly AlertRule<F>[], fact: F, owner: Owner, changeOf: ChangeOf, nowMs: number): Seen[] {
  return rules.flatMap((rule) => {
    const { enabled, severity, forSeconds, thresholds } = settingsOf(rule, changeOf(owner.workspaceId, rule.name));
    const finding = enabled ? rule.evaluate(fact, thresholds, nowMs) : null;
    if (finding === null) return [];
    const { labels, annotations } = toldFinding(finding);
    const fingerprint = fingerprintOf(owner.workspaceId, rule.name, labels);
    return [{ ...owner, fingerprint, rule: rule.name, subject: rule.subject, severity, forSeconds, labels, annotations }];
  });
}
