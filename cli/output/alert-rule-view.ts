import type { AlertCondition, AlertRule } from '../api/alert-api';
import type { Messages } from '../messages/messages';
import { localTime } from './numbers';
import { renderDetails, type Column } from './table';

const summaryOf = ({ name, summary }: Pick<AlertRule, 'name' | 'summary'>, { alertRules }: Messages): string =>
  alertRules.summaries[name] ?? summary;

export function ruleColumns(messages: Messages): Column<AlertRule>[] {
  const { columns, alertRules } = messages;
  const { labels } = alertRules;
  return [
    { heading: columns.name, value: ({ name }) => name },
    { heading: columns.state, value: ({ enabled }) => (enabled ? labels.on : labels.off) },
    { heading: alertRules.columns.severity, value: ({ severity }) => severity },
    { heading: alertRules.columns.for, value: ({ forSeconds }) => `${forSeconds}s` },
    { heading: alertRules.columns.thresholds, value: ({ thresholds }) => thresholdText(thresholds) },
    { heading: '', value: ({ isChanged }) => (isChanged ? labels.changed : '') },
    { heading: alertRules.labels.fires, value: (rule) => summaryOf(rule, messages), wide: true },
  ];
}

export function ruleLines(rule: AlertRule, messages: Messages): string[] {
  const { columns, alertRules } = messages;
  const { labels } = alertRules;
  const usual = (is: string, usually: string) => (is === usually ? is : `${is} (${labels.usual}: ${usually})`);
  return renderDetails([
    [columns.name, rule.name],
    [labels.fires, summaryOf(rule, messages)],
    [columns.state, rule.enabled ? labels.on : labels.off],
    [alertRules.columns.severity, usual(rule.severity, rule.usual.severity)],
    [alertRules.columns.for, usual(`${rule.forSeconds}s`, `${rule.usual.forSeconds}s`)],
    ...Object.entries(rule.thresholdRanges).map(([name, range]): [string, string] => [
      name,
      `${usual(String(rule.thresholds[name]), String(range.usual))}  ${labels.from(String(range.minimum), String(range.maximum))}. ${range.summary}`,
    ]),
  ]);
}

export function conditionColumns({ columns, alertRules }: Messages): Column<AlertCondition>[] {
  return [
    { heading: columns.state, value: ({ state }) => state },
    { heading: alertRules.columns.severity, value: ({ severity }) => severity },
    { heading: columns.name, value: ({ rule }) => rule },
    { heading: alertRules.columns.about, value: aboutText },
    { heading: alertRules.columns.since, value: ({ firingSince, pendingSince }) => localTime(firingSince ?? pendingSince) },
    { heading: columns.id, value: ({ id }) => id, wide: true },
  ];
}

/** As people call it, and what failed. */
function aboutText({ labels, annotations }: AlertCondition): string {
  const { migration, endpoint, credential, component } = labels;
  const what = migration ?? endpoint ?? credential ?? component ?? '';
  return [what, annotations['error_code'] ?? ''].filter((text) => text !== '').join(' ');
}

function thresholdText(thresholds: Readonly<Record<string, number>>): string {
  return Object.entries(thresholds)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}
