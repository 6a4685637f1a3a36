import { SmartantError } from '@smartant/kernel';
import { rulesOf, type ListedRule } from '../../domain/alerting/rules';
import { assertChangeValid, isChanged, settingsOf, type RuleChange } from '../../domain/alerting/rule-settings';
import type { Condition } from '../../domain/alerting/condition';
import { assertAdmin, assertOwner } from '../access';
import { doneFact } from '../audit/facts';
import { pageSizeOf, positionOf, toPage } from '../paging';
import type { AuditDetail } from '../ports/audit';
import type { ConditionFilter, StoredRule } from '../ports/alerting';
import type { UnitOfWork } from '../ports/unit-of-work';
import type { Caller, Page, PageRequest } from '../use-cases';
import type { AlertRuleUseCases, AlertRuleView, ExpectedVersion } from './alert-use-cases';

const PLATFORM = '';

/** The alert rules, as their owners set them, and what they see. A change holds from the next look on. */
export function alertUseCases(unitOfWork: UnitOfWork): { alerts: AlertRuleUseCases; platformAlerts: AlertRuleUseCases } {
  return { alerts: new AlertService(unitOfWork, ofWorkspace), platformAlerts: new AlertService(unitOfWork, ofPlatform) };
}

/** Whose rules they are, and who may look at and change them. */
interface Realm {
  idOf(caller: Caller): string;
  assertMayRead(caller: Caller): void;
  assertMaySet(caller: Caller): void;
}

const ofWorkspace: Realm = { idOf: ({ workspaceId }) => workspaceId, assertMayRead: () => undefined, assertMaySet: assertOwner };
const ofPlatform: Realm = { idOf: () => PLATFORM, assertMayRead: assertAdmin, assertMaySet: assertAdmin };

class AlertService implements AlertRuleUseCases {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly realm: Realm,
  ) {}

  async list(caller: Caller): Promise<AlertRuleView[]> {
    const { changed, id } = await this.read(caller);
    return rulesOf(id).map((rule) => viewOf(rule, changed.get(rule.name)));
  }

  async get(caller: Caller, name: string): Promise<AlertRuleView> {
    const { changed, id } = await this.read(caller);
    const rule = requireRule(id, name);
    return viewOf(rule, changed.get(name));
  }

  async set(caller: Caller, name: string, change: RuleChange, expected: ExpectedVersion): Promise<AlertRuleView> {
    this.realm.assertMaySet(caller);
    const rule = requireRule(this.realm.idOf(caller), name);
    assertChangeValid(rule, change);
    return viewOf(rule, await this.store(caller, rule, 'set', change, expected));
  }

  async reset(caller: Caller, name: string, expected: ExpectedVersion): Promise<void> {
    this.realm.assertMaySet(caller);
    const rule = requireRule(this.realm.idOf(caller), name);
    await this.store(caller, rule, 'reset', {}, expected);
  }

  async conditions(caller: Caller, filter: ConditionFilter, page: PageRequest): Promise<Page<Condition>> {
    this.realm.assertMayRead(caller);
    const size = pageSizeOf(page);
    const { alerts } = this.unitOfWork.reads;
    return toPage(await alerts.page(this.realm.idOf(caller), filter, positionOf(page), size + 1), size);
  }

  private async read(caller: Caller): Promise<{ id: string; changed: Map<string, StoredRule> }> {
    this.realm.assertMayRead(caller);
    const id = this.realm.idOf(caller);
    const stored = await this.unitOfWork.reads.alertRules.changed([id]);
    return { id, changed: new Map(stored.map((each) => [each.name, each])) };
  }

  /** With its entry of the audit trail, or neither. What is as it was before is not written again. */
  private store(
    caller: Caller,
    rule: ListedRule,
    verb: 'set' | 'reset',
    change: RuleChange,
    { expectedVersion }: ExpectedVersion,
  ): Promise<StoredRule> {
    const id = this.realm.idOf(caller);
    return this.unitOfWork.transaction(async ({ alertRules, audit }) => {
      const before = await alertRules.lock(id, rule.name);
      assertVersion(before, expectedVersion);
      const [was, is] = [detailOf(rule, before.change), detailOf(rule, change)];
      if (isChanged(before.change) === isChanged(change) && JSON.stringify(was) === JSON.stringify(is)) return before;
      const target = { kind: 'alert-rule', id: rule.name, name: rule.name };
      await audit.append(caller, doneFact(`alert-rule.${verb}`, id === PLATFORM ? null : id, target, { before: was, after: is }));
      return alertRules.save(id, rule.name, change, caller.userId);
    });
  }
}

function detailOf(rule: ListedRule, change: RuleChange): AuditDetail {
  return { ...settingsOf(rule, change) };
}

function viewOf(rule: ListedRule, stored: StoredRule | undefined): AlertRuleView {
  const { name, subject, summary, severity, forSeconds, thresholds } = rule;
  const change = stored?.change ?? {};
  return {
    name,
    subject,
    summary,
    ...settingsOf(rule, change),
    usual: { severity, forSeconds },
    thresholdRanges: { ...thresholds },
    isChanged: isChanged(change),
    version: stored?.version ?? 0,
    updatedAt: stored?.updatedAt ?? null,
    updatedBy: stored?.updatedBy ?? null,
  };
}

function requireRule(workspaceId: string, name: string): ListedRule {
  const rules = rulesOf(workspaceId);
  const found = rules.find((rule) => rule.name === name);
  if (found) return found;
  throw new SmartantError('ALERT_RULE_NOT_FOUND', 'There is no alert rule of this name here.', {
    kind: 'not-found',
    hint: `There are: ${rules.map((rule) => rule.name).join(', ')}.`,
  });
}

function assertVersion(rule: StoredRule, expected: number | undefined): void {
  if (expected === undefined || expected === rule.version) return;
  throw new SmartantError('ALERT_RULE_VERSION_MISMATCH', `The rule is at version ${rule.version}, not ${expected}.`, {
    kind: 'conflict',
    hint: 'Read it again, and repeat the change if it is still wanted.',
    details: { version: String(rule.version) },
  });
}
