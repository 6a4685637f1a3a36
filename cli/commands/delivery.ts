import type { Command } from 'commander';
import type { DeliveryQuery } from '../api/notification-api';
import { parseWhole } from '../endpoints/size';
import type { Invocation, Runner } from '../invocation';
import { findChannel } from '../notifications/find-channel';
import { deliveryLines } from '../output/notification-view';
import { localTime } from '../output/numbers';
import { addPlatformOption, notificationsOf, type PlatformOption } from './platform-option';

interface ListOptions extends PlatformOption {
  channel?: string;
  alert?: string;
  state?: string;
  limit: string;
}

/** delivery list, retry. */
export function addDeliveryCommands(program: Command, runner: Runner): void {
  const { help: common, notifications } = runner.context.messages;
  const { help } = notifications;
  const delivery = program.command('delivery').description(help.delivery);
  addPlatformOption(delivery.command('list').alias('ls').description(help.deliveryList), runner)
    .option('--channel <channel>', help.deliveryChannel)
    .option('--alert <id>', help.deliveryAlert)
    .option('--state <state>', help.deliveryState)
    .option('--limit <n>', common.limit, '50')
    .action(runner.action(list));
  addPlatformOption(delivery.command('retry <id>').description(help.deliveryRetry), runner).action(runner.action(retry));
}

async function list(invocation: Invocation, options: ListOptions): Promise<void> {
  const { printer, messages } = invocation;
  const { columns, states, nothing } = messages.notifications;
  const api = notificationsOf(invocation, options);
  const channels = await api.channels();
  const nameOf = (id: string) => channels.find((channel) => channel.id === id)?.name ?? id;
  const channelId = options.channel === undefined ? undefined : (await findChannel(api, options.channel)).id;
  // What is not a state, the server names with those that there are.
  const filter = { channelId, alertId: options.alert, state: options.state } as DeliveryQuery;
  printer.list(
    await api.deliveries(filter, Math.max(1, parseWhole(options.limit, '--limit'))),
    [
      { heading: columns.id, value: ({ id }) => id },
      { heading: columns.channel, value: (delivery) => nameOf(delivery.channelId) },
      { heading: columns.state, value: ({ state }) => states[state] ?? state },
      { heading: columns.title, value: ({ title }) => title },
      { heading: columns.attempts, value: ({ attempts }) => String(attempts.length), align: 'right' },
      { heading: columns.error, value: ({ attempts }) => attempts.at(-1)?.errorCode ?? '' },
      { heading: columns.created, value: ({ createdAt }) => localTime(createdAt) },
      { heading: columns.nextAttempt, value: ({ nextAttemptAt }) => (nextAttemptAt === null ? '' : localTime(nextAttemptAt)), wide: true },
      { heading: columns.provider, value: ({ attempts }) => attempts.at(-1)?.providerId ?? '', wide: true },
    ],
    nothing.deliveries,
  );
}

async function retry(invocation: Invocation, id: string, options: PlatformOption): Promise<void> {
  const delivery = await notificationsOf(invocation, options).retryDelivery(id);
  invocation.printer.one(delivery, () => deliveryLines(delivery, invocation.messages));
}
