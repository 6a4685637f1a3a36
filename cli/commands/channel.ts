import type { Command } from 'commander';
import type { Channel } from '../api/notification-api';
import { EXIT, type ExitCode } from '../exit-codes';
import type { DestructiveOptions, Invocation, Runner } from '../invocation';
import { propertyRows, type SettingsSchema } from '../notifications/channel-settings';
import { findChannel } from '../notifications/find-channel';
import { localTime } from '../output/numbers';
import { deliveryLines } from '../output/notification-view';
import { renderDetails } from '../output/table';
import { addChannelWriteCommands } from './channel-write';
import { addPlatformOption, notificationsOf, type PlatformOption } from './platform-option';

/** channel types, list, show, create, update, delete, test. */
export function addChannelCommands(program: Command, runner: Runner): void {
  const { help, notifications } = runner.context.messages;
  const channel = program.command('channel').description(notifications.help.channel);
  channel.command('types [type]').description(notifications.help.channelTypes).action(runner.action(types));
  addPlatformOption(channel.command('list').alias('ls').description(notifications.help.channelList), runner).action(runner.action(list));
  addPlatformOption(channel.command('show <channel>').description(notifications.help.channelShow), runner).action(runner.action(show));
  addChannelWriteCommands(channel, runner);
  addPlatformOption(channel.command('delete <channel>').alias('rm').description(notifications.help.channelDelete), runner)
    .option('--yes', help.yes)
    .option('--dry-run', help.dryRun)
    .action(runner.action(remove));
  addPlatformOption(channel.command('test <channel>').description(notifications.help.channelTest), runner).action(runner.action(test));
}

async function types(invocation: Invocation, type: string | undefined): Promise<void> {
  const { printer, messages } = invocation;
  const { columns, nothing } = messages.notifications;
  const all = await notificationsOf(invocation, {}).types();
  if (type === undefined || printer.structured) {
    const shown = type === undefined ? all : all.filter((each) => each.type === type);
    return printer.list(
      shown,
      [
        { heading: columns.type, value: (each) => each.type },
        { heading: columns.settings, value: ({ settingsSchema }) => Object.keys(propertiesOf(settingsSchema)).join(',') },
        { heading: columns.secrets, value: ({ secretsSchema }) => Object.keys(propertiesOf(secretsSchema)).join(',') },
        { heading: columns.perMinute, value: ({ messagesPerMinute }) => String(messagesPerMinute || '') },
        { heading: columns.messageBytes, value: ({ messageBytes }) => String(messageBytes), wide: true },
      ],
      nothing.types,
    );
  }
  const found = all.find((each) => each.type === type);
  const rows = (['settings', 'secrets'] as const).flatMap((group) =>
    propertyRows((found?.[`${group}Schema`] ?? {}) as SettingsSchema).map((row) => ({ ...row, group })),
  );
  printer.list(
    rows,
    [
      { heading: columns.name, value: ({ name }) => name },
      { heading: columns.option, value: ({ group }) => (group === 'settings' ? '--set' : '--secret') },
      { heading: columns.required, value: ({ required }) => (required ? messages.labels.yes : '') },
      { heading: columns.type, value: (row) => row.type },
      { heading: columns.description, value: ({ description }) => description },
    ],
    nothing.types,
  );
}

const propertiesOf = (schema: Record<string, unknown>) => (schema as SettingsSchema).properties ?? {};

async function list(invocation: Invocation, options: PlatformOption): Promise<void> {
  const { printer, messages } = invocation;
  const { columns, nothing } = messages.notifications;
  printer.list(
    await notificationsOf(invocation, options).channels(),
    [
      { heading: columns.name, value: ({ name }) => name },
      { heading: columns.type, value: ({ type }) => type },
      { heading: columns.health, value: (channel) => healthText(channel, invocation) },
      { heading: columns.language, value: ({ language }) => language },
      { heading: columns.error, value: ({ lastError }) => lastError?.code ?? '', wide: true },
      { heading: columns.id, value: ({ id }) => id, wide: true },
    ],
    nothing.channels,
  );
}

function healthText({ enabled, health }: Channel, { messages }: Invocation): string {
  const { states, disabled } = messages.notifications;
  return enabled ? (states[health] ?? health) : disabled;
}

async function show(invocation: Invocation, idOrName: string, options: PlatformOption): Promise<void> {
  const { printer, messages } = invocation;
  const { labels } = messages.notifications;
  const channel = await findChannel(notificationsOf(invocation, options), idOrName);
  const { lastError, fallbackChannelId } = channel;
  printer.one(channel, () =>
    renderDetails([
      [messages.labels.name, channel.name],
      [messages.labels.id, channel.id],
      [labels.type, channel.type],
      [labels.health, healthText(channel, invocation)],
      ...(lastError === null ? [] : [[messages.labels.error, `${lastError.code}: ${lastError.message}`] as [string, string]]),
      ...Object.entries(channel.settings).map(([name, value]): [string, string] => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
      [labels.secrets, channel.secretNames.join(', ') || '–'],
      [labels.language, channel.language],
      ...(fallbackChannelId === null ? [] : [[labels.fallback, fallbackChannelId] as [string, string]]),
      [messages.labels.updated, localTime(channel.updatedAt)],
    ]),
  );
}

async function remove(invocation: Invocation, idOrName: string, options: DestructiveOptions & PlatformOption): Promise<void> {
  const { printer, messages } = invocation;
  const api = notificationsOf(invocation, options);
  const { id, name } = await findChannel(api, idOrName);
  if (!(await invocation.confirm(messages.notifications.removesChannel(name), options))) return;
  await api.removeChannel(id);
  printer.done({ removed: id }, messages.notifications.channelRemoved(name));
}

/** Ends with 1 where the provider did not take the message. */
async function test(invocation: Invocation, idOrName: string, options: PlatformOption): Promise<ExitCode> {
  const api = notificationsOf(invocation, options);
  const delivery = await api.testChannel((await findChannel(api, idOrName)).id);
  invocation.printer.one(delivery, () => deliveryLines(delivery, invocation.messages));
  return delivery.state === 'delivered' ? EXIT.ok : EXIT.failed;
}
