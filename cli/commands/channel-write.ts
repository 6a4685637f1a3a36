import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { Channel, ChannelInput, NotificationApi } from '../api/notification-api';
import type { Invocation, Runner } from '../invocation';
import { readSecrets } from '../notifications/channel-secrets';
import { readSettings, type SettingsSchema } from '../notifications/channel-settings';
import { findChannel } from '../notifications/find-channel';
import { readDocument } from '../notifications/read-document';
import { collect } from './collect';
import { addPlatformOption, notificationsOf, type PlatformOption } from './platform-option';

interface WriteOptions extends PlatformOption {
  set?: string[];
  settings?: string;
  secret?: string[];
  language?: string;
  fallback?: string;
}

interface CreateOptions extends WriteOptions {
  type: string;
  disabled?: boolean;
}

interface UpdateOptions extends WriteOptions {
  rename?: string;
  unset?: string[];
  removeSecret?: string[];
  enable?: boolean;
  disable?: boolean;
}

/** channel create, update. */
export function addChannelWriteCommands(channel: Command, runner: Runner): void {
  const { help } = runner.context.messages.notifications;
  const create = channel.command('create <name>').description(help.channelCreate).requiredOption('--type <type>', help.type);
  addWriteOptions(create, runner).option('--disabled', help.disabled).action(runner.action(createChannel));
  addWriteOptions(channel.command('update <channel>').description(help.channelUpdate), runner)
    .option('--rename <name>', help.rename)
    .option('--unset <name>', help.unset, collect)
    .option('--remove-secret <name>', help.removeSecret, collect)
    .option('--enable', help.enable)
    .option('--disable', help.disable)
    .action(runner.action(updateChannel));
}

function addWriteOptions(command: Command, runner: Runner): Command {
  const { help } = runner.context.messages.notifications;
  return addPlatformOption(command, runner)
    .option('--set <name=value>', help.set, collect)
    .option('--settings <file>', help.settings)
    .option('--secret <name>', help.secret, collect)
    .option('--language <language>', help.language)
    .option('--fallback <channel>', help.fallback);
}

async function createChannel(invocation: Invocation, name: string, options: CreateOptions): Promise<void> {
  const { printer, messages } = invocation;
  const api = notificationsOf(invocation, options);
  const created = await api.createChannel({
    name,
    type: options.type,
    settings: await newSettings(invocation, api, options.type, options),
    secrets: await secretsOf(invocation, options),
    language: languageOf(options.language ?? 'en'),
    enabled: options.disabled !== true,
    fallbackChannelId: options.fallback === undefined ? null : (await findChannel(api, options.fallback)).id,
  });
  printer.done(created, messages.notifications.channelCreated(created.name));
}

async function updateChannel(invocation: Invocation, idOrName: string, options: UpdateOptions): Promise<void> {
  const { printer, messages } = invocation;
  const api = notificationsOf(invocation, options);
  const channel = await findChannel(api, idOrName);
  const given = await newSettings(invocation, api, channel.type, options);
  const kept = options.settings === undefined ? channel.settings : {};
  const settings = Object.fromEntries(Object.entries({ ...kept, ...given }).filter(([name]) => !options.unset?.includes(name)));
  const removed = Object.fromEntries((options.removeSecret ?? []).map((name) => [name, '']));
  const updated = await api.updateChannel(channel.id, channel.version, {
    name: options.rename ?? channel.name,
    type: channel.type,
    settings,
    secrets: { ...removed, ...(await secretsOf(invocation, options)) },
    language: languageOf(options.language ?? channel.language),
    enabled: isEnabled(channel, options),
    fallbackChannelId: await fallbackOf(api, channel, options.fallback),
  });
  printer.done(updated, messages.notifications.channelUpdated(updated.name));
}

/** From a file, with single ones over it. */
async function newSettings(
  { context }: Invocation,
  api: NotificationApi,
  type: string,
  options: WriteOptions,
): Promise<Record<string, unknown>> {
  const whole = options.settings === undefined ? {} : await readDocument(context, options.settings);
  if (!options.set) return whole;
  const found = (await api.types()).find((each) => each.type === type);
  return { ...whole, ...readSettings(options.set, (found?.settingsSchema ?? {}) as SettingsSchema) };
}

function secretsOf({ context, messages }: Invocation, { secret = [] }: WriteOptions): Promise<Record<string, string>> {
  return readSecrets(context, secret, messages.notifications.askSecret);
}

async function fallbackOf(api: NotificationApi, channel: Channel, fallback: string | undefined): Promise<string | null> {
  if (fallback === undefined) return channel.fallbackChannelId;
  return fallback === 'none' ? null : (await findChannel(api, fallback)).id;
}

function isEnabled(channel: Channel, { enable, disable }: UpdateOptions): boolean {
  if (enable && disable) throw usage('A channel is enabled or disabled, not both.');
  return enable === true || (disable !== true && channel.enabled);
}

function languageOf(text: string): ChannelInput['language'] {
  if (text === 'en' || text === 'zh') return text;
  throw usage(`"${text}" is no language of messages: en or zh.`);
}

function usage(message: string): SmartantError {
  return new SmartantError('CLI_USAGE', message, { kind: 'invalid', hint: 'Add --help to see how the command is used.' });
}
