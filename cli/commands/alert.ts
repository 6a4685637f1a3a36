import type { Command } from 'commander';
import type { Alert, AlertQuery } from '../api/notification-api';
import { parseWhole } from '../endpoints/size';
import type { Invocation, Runner } from '../invocation';
import { alertLines } from '../output/notification-view';
import { elapsed } from '../output/numbers';
import { addPlatformOption, notificationsOf, type PlatformOption } from './platform-option';

interface ListOptions extends PlatformOption {
  status?: string;
  severity?: string;
  migration?: string;
  text?: string;
  limit: string;
}

/** alert list, show, ack. */
export function addAlertCommands(program: Command, runner: Runner): void {
  const { help: common, notifications } = runner.context.messages;
  const { help } = notifications;
  const alert = program.command('alert').description(help.alert);
  addPlatformOption(alert.command('list').alias('ls').description(help.alertList), runner)
    .option('--status <status>', help.alertStatus)
    .option('--severity <severity>', help.alertSeverity)
    .option('--migration <id>', help.alertMigration)
    .option('--text <text>', help.alertText)
    .option('--limit <n>', common.limit, '50')
    .action(runner.action(list));
  addPlatformOption(alert.command('show <id>').description(help.alertShow), runner).action(runner.action(show));
  addPlatformOption(alert.command('ack <id>').description(help.alertAck), runner)
    .option('--comment <text>', help.ackComment)
    .action(runner.action(acknowledge));
}

async function list(invocation: Invocation, options: ListOptions): Promise<void> {
  const { printer, messages } = invocation;
  const { columns, states, nothing } = messages.notifications;
  const { status, severity, migration: migrationId, text } = options;
  // What is not a status or a severity, the server names with those that there are.
  const filter = { status, severity, migrationId, text } as AlertQuery;
  const now = Date.now();
  const stateOf = (alert: Alert) => {
    if (alert.status !== 'firing') return states[alert.status] ?? alert.status;
    if (alert.acknowledgedAt !== null) return messages.notifications.acknowledgedBy(alert.acknowledgedBy ?? '');
    return alert.silenceIds.length > 0 ? messages.notifications.silenced : (states[alert.status] ?? alert.status);
  };
  printer.list(
    await notificationsOf(invocation, options).alerts(filter, Math.max(1, parseWhole(options.limit, '--limit'))),
    [
      { heading: columns.id, value: ({ id }) => id },
      { heading: columns.severity, value: (alert) => alert.severity },
      { heading: columns.name, value: ({ name }) => name },
      { heading: columns.state, value: stateOf },
      { heading: columns.age, value: ({ startsAt }) => elapsed(startsAt, now) },
      { heading: columns.migration, value: (alert) => alert.migrationId ?? '' },
      { heading: columns.source, value: ({ source }) => source, wide: true },
      { heading: columns.trace, value: ({ traceId }) => traceId ?? '', wide: true },
    ],
    nothing.alerts,
  );
}

async function show(invocation: Invocation, id: string, options: PlatformOption): Promise<void> {
  const alert = await notificationsOf(invocation, options).alert(id);
  invocation.printer.one(alert, () => alertLines(alert, invocation.messages));
}

async function acknowledge(invocation: Invocation, id: string, options: PlatformOption & { comment?: string }): Promise<void> {
  const { printer, messages } = invocation;
  const alert = await notificationsOf(invocation, options).acknowledge(id, options.comment);
  printer.done(alert, messages.notifications.acknowledged(alert.name));
}
