import { parseDuration, SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { AlertRule, AlertRuleChange, ConditionQuery } from '../api/alert-api';
import { parseWhole } from '../endpoints/size';
import type { Invocation, Runner } from '../invocation';
import { conditionColumns, ruleColumns, ruleLines } from '../output/alert-rule-view';
import { collect } from './collect';

interface RealmOptions {
  platform?: boolean;
}

interface SetOptions extends RealmOptions {
  severity?: string;
  for?: string;
  threshold?: string[];
  enable?: boolean;
  disable?: boolean;
}

interface ConditionOptions extends RealmOptions {
  state?: string;
  rule?: string;
  migration?: string;
  limit: string;
}

const SEVERITIES = ['critical', 'warning', 'info'] as const;
const STATES = ['pending', 'firing', 'resolved'] as const;

/** alert-rule list, show, set, reset, conditions. */
export function addAlertRuleCommands(program: Command, runner: Runner): void {
  const { help: common, alertRules } = runner.context.messages;
  const { help } = alertRules;
  const rules = program.command('alert-rule').description(help.rules);
  const add = (usage: string, description: string) => rules.command(usage).description(description).option('--platform', help.platform);
  add('list', help.list).alias('ls').action(runner.action(list));
  add('show <name>', help.show).action(runner.action(show));
  add('set <name>', help.set)
    .option('--severity <severity>', help.severity)
    .option('--for <duration>', help.for)
    .option('--threshold <name=value>', help.threshold, collect)
    .option('--enable', help.enable)
    .option('--disable', help.disable)
    .action(runner.action(set));
  add('reset <name>', help.reset).action(runner.action(reset));
  add('conditions', help.conditions)
    .option('--state <state>', help.state)
    .option('--rule <name>', help.rule)
    .option('--migration <id>', help.migration)
    .option('--limit <n>', common.limit, '50')
    .action(runner.action(conditions));
}

async function list({ api, printer, messages }: Invocation, { platform = false }: RealmOptions): Promise<void> {
  printer.list(await api.alerts.rules(platform), ruleColumns(messages), messages.alertRules.none);
}

async function show({ api, printer, messages }: Invocation, name: string, { platform = false }: RealmOptions): Promise<void> {
  const rule = await api.alerts.rule(platform, name);
  printer.one(rule, () => ruleLines(rule, messages));
}

async function set({ api, printer, messages }: Invocation, name: string, options: SetOptions): Promise<void> {
  const change = readChange(options);
  const { platform = false } = options;
  const rule = await api.alerts.rule(platform, name);
  const kept = changeOf(rule);
  const thresholds = { ...kept.thresholds, ...change.thresholds };
  printer.done(await api.alerts.set(platform, rule, { ...kept, ...change, thresholds }), messages.alertRules.isSet(name));
}

async function reset({ api, printer, messages }: Invocation, name: string, { platform = false }: RealmOptions): Promise<void> {
  await api.alerts.reset(platform, await api.alerts.rule(platform, name));
  printer.done({ reset: name }, messages.alertRules.isUsual(name));
}

async function conditions({ api, printer, messages }: Invocation, options: ConditionOptions): Promise<void> {
  const { platform = false, state, rule, migration: migrationId, limit } = options;
  const query: ConditionQuery = { rule, migrationId, ...(state === undefined ? {} : { state: oneOf(STATES, state, '--state') }) };
  const seen = await api.alerts.conditions(platform, query, parseWhole(limit, '--limit'));
  printer.list(seen, conditionColumns(messages), messages.alertRules.none);
}

/** What differs from the usual: the server takes a change as a whole, and what is usual now may be something else after an upgrade. */
function changeOf({ enabled, severity, forSeconds, thresholds, usual, thresholdRanges }: AlertRule): AlertRuleChange {
  const changed = Object.entries(thresholds).filter(([name, value]) => thresholdRanges[name]?.usual !== value);
  return {
    ...(enabled ? {} : { enabled }),
    ...(severity === usual.severity ? {} : { severity }),
    ...(forSeconds === usual.forSeconds ? {} : { forSeconds }),
    thresholds: Object.fromEntries(changed),
  };
}

/** Raises CLI_USAGE, also when nothing is to be set. */
function readChange({ severity, for: duration, threshold, enable, disable }: SetOptions): AlertRuleChange {
  if (enable && disable) throw usage('--enable and --disable are not for the same rule.', 'Give one of them.');
  const change: AlertRuleChange = {
    ...(enable || disable ? { enabled: enable === true } : {}),
    ...(severity === undefined ? {} : { severity: oneOf(SEVERITIES, severity, '--severity') }),
    ...(duration === undefined ? {} : { forSeconds: Math.round(parseDuration(duration) / 1_000) }),
    ...(threshold === undefined ? {} : { thresholds: Object.fromEntries(threshold.map(readThreshold)) }),
  };
  if (Object.keys(change).length > 0) return change;
  throw usage('It is not said what to set.', 'Give --severity, --for, --threshold NAME=VALUE, --enable or --disable.');
}

function readThreshold(text: string): [string, number] {
  const [name = '', value = ''] = text.split('=', 2);
  if (name === '' || value === '') throw usage(`--threshold "${text}" is not a name and a value.`, 'Write --threshold minutes=15.');
  return [name, parseWhole(value, '--threshold')];
}

function oneOf<const T extends string>(known: readonly T[], text: string, option: string): T {
  const found = known.find((each) => each === text);
  if (found !== undefined) return found;
  throw usage(`${option} "${text}" is not known.`, `Give one of: ${known.join(', ')}.`);
}

function usage(message: string, hint: string): SmartantError {
  return new SmartantError('CLI_USAGE', message, { kind: 'invalid', hint });
}
