import type { Subject, Severity, Threshold } from '../../domain/alerting/alert-rule';
import type { Condition } from '../../domain/alerting/condition';
import type { RuleChange, RuleSettings } from '../../domain/alerting/rule-settings';
import type { ConditionFilter } from '../ports/alerting';
import type { Caller, Page, PageRequest } from '../use-cases';

/** A rule as a workspace has it. */
export interface AlertRuleView extends RuleSettings {
  name: string;
  subject: Subject;
  summary: string;
  /** What holds where nothing was changed. */
  usual: { severity: Severity; forSeconds: number };
  /** What can be changed of it beside, by name. */
  thresholdRanges: Record<string, Threshold>;
  isChanged: boolean;
  /** The ETag: grows with each change, and with each return to the usual. */
  version: number;
  updatedAt: string | null;
  updatedBy: string | null;
}

export interface ExpectedVersion {
  expectedVersion?: number;
}

export interface AlertRuleUseCases {
  /** All rules of the caller's workspace. */
  list(caller: Caller): Promise<AlertRuleView[]>;
  /** Raises ALERT_RULE_NOT_FOUND. */
  get(caller: Caller, name: string): Promise<AlertRuleView>;
  /** Sets a rule: what is absent is as usual. Owners only. Raises ALERT_RULE_INVALID, ALERT_RULE_NOT_FOUND, ALERT_RULE_VERSION_MISMATCH. */
  set(caller: Caller, name: string, change: RuleChange, expected: ExpectedVersion): Promise<AlertRuleView>;
  /** Back to the usual. Owners only. */
  reset(caller: Caller, name: string, expected: ExpectedVersion): Promise<void>;
  /** What the rules see in the caller's workspace, newest first. */
  conditions(caller: Caller, filter: ConditionFilter, page: PageRequest): Promise<Page<Condition>>;
}
