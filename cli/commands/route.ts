import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import type { Routing } from '../api/notification-api';
import type { Invocation, Runner } from '../invocation';
import { editText } from '../notifications/edit-text';
import { readLabels } from '../notifications/matcher-text';
import { parseDocument, readDocument } from '../notifications/read-document';
import { addPlatformOption, notificationsOf, type PlatformOption } from './platform-option';

/** route show, edit, apply, test. */
export function addRouteCommands(program: Command, runner: Runner): void {
  const { help } = runner.context.messages.notifications;
  const route = program.command('route').description(help.route);
  addPlatformOption(route.command('show').description(help.routeShow), runner).action(runner.action(show));
  addPlatformOption(route.command('edit').description(help.routeEdit), runner).action(runner.action(edit));
  addPlatformOption(route.command('apply <file>').description(help.routeApply), runner)
    .option('--if-version <version>', help.ifVersion)
    .option('--dry-run', runner.context.messages.help.dryRun)
    .action(runner.action(apply));
  addPlatformOption(route.command('test <label=value...>').description(help.routeTest), runner)
    .option('--at <time>', help.routeAt)
    .action(runner.action(test));
}

/** For people the document alone: it can be edited and applied as it is. */
async function show(invocation: Invocation, options: PlatformOption): Promise<void> {
  const routing = await notificationsOf(invocation, options).routing();
  invocation.printer.one(routing, () => [stringify(routing.document).trimEnd()]);
}

async function edit(invocation: Invocation, options: PlatformOption): Promise<void> {
  const { context, printer, messages } = invocation;
  if (!context.terminal.canAsk) throw usage('There is no terminal to edit in.', 'Use "smartant route show" and "smartant route apply".');
  const api = notificationsOf(invocation, options);
  const before = await api.routing();
  const text = stringify(before.document);
  const edited = await editText(context, text, 'routing.yaml');
  if (edited.text === text) {
    edited.forget();
    return printer.done(before, messages.notifications.routingUnchanged);
  }
  let after: Routing;
  try {
    after = await api.setRouting(before.version, parseDocument(edited.text));
  } catch (error) {
    context.terminal.note(messages.notifications.editKept(edited.path));
    throw error;
  }
  edited.forget();
  printer.done(after, messages.notifications.routingApplied(after.version));
}

async function apply(
  invocation: Invocation,
  file: string,
  options: PlatformOption & { ifVersion?: string; dryRun?: boolean },
): Promise<void> {
  const { context, printer, messages } = invocation;
  const api = notificationsOf(invocation, options);
  const document = await readDocument(context, file);
  const before = await api.routing();
  if (stringify(before.document) === stringify(document)) return printer.done(before, messages.notifications.routingUnchanged);
  if (options.dryRun) return context.terminal.print(messages.dryRun(messages.notifications.replacesRouting(before.version)));
  const after = await api.setRouting(options.ifVersion === undefined ? before.version : versionOf(options.ifVersion), document);
  printer.done(after, messages.notifications.routingApplied(after.version));
}

async function test(invocation: Invocation, labels: string[], options: PlatformOption & { at?: string }): Promise<void> {
  const { printer, messages } = invocation;
  const { columns, held, nothing } = messages.notifications;
  const api = notificationsOf(invocation, options);
  const matches = await api.testRouting({ labels: readLabels(labels), at: options.at === undefined ? undefined : timeOf(options.at) });
  const channels = await api.channels();
  const nameOf = (id: string) => channels.find((channel) => channel.id === id)?.name ?? id;
  printer.list(
    matches,
    [
      { heading: columns.route, value: ({ path }) => path.join(' > ') },
      { heading: columns.channels, value: ({ channelIds }) => channelIds.map(nameOf).join(', ') },
      { heading: columns.held, value: ({ heldBy, holder }) => (heldBy === null ? '' : `${held[heldBy] ?? heldBy}: ${holder ?? ''}`) },
      {
        heading: columns.group,
        value: ({ group }) =>
          Object.entries(group)
            .map(([name, value]) => `${name}=${value}`)
            .join(','),
        wide: true,
      },
    ],
    nothing.matches,
  );
}

function versionOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw usage('--if-version takes a whole number.', 'See "smartant route show -o json".');
}

function timeOf(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw usage('--at takes a time.', 'For example 2026-11-28T08:00:00+08:00.');
  return time.toISOString();
}

function usage(message: string, hint: string): SmartantError {
  return new SmartantError('CLI_USAGE', message, { kind: 'invalid', hint });
}
