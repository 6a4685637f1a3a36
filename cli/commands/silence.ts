import { parseDuration, SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { Invocation, Runner } from '../invocation';
import { matcherText, readMatcher } from '../notifications/matcher-text';
import { localTime } from '../output/numbers';
import { addPlatformOption, notificationsOf, type PlatformOption } from './platform-option';

interface CreateOptions extends PlatformOption {
  from?: string;
  for?: string;
  until?: string;
  comment: string;
}

/** silence list, create, expire. */
export function addSilenceCommands(program: Command, runner: Runner): void {
  const { help } = runner.context.messages.notifications;
  const silence = program.command('silence').description(help.silence);
  addPlatformOption(silence.command('list').alias('ls').description(help.silenceList), runner)
    .option('--all', help.silenceAll)
    .action(runner.action(list));
  addPlatformOption(silence.command('create <matcher...>').description(help.silenceCreate), runner)
    .option('--from <time>', help.silenceFrom)
    .option('--for <duration>', help.silenceFor)
    .option('--until <time>', help.silenceUntil)
    .requiredOption('--comment <text>', help.silenceComment)
    .addHelpText('after', `\n${help.matcherForms}`)
    .action(runner.action(create));
  addPlatformOption(silence.command('expire <id>').description(help.silenceExpire), runner).action(runner.action(expire));
}

async function list(invocation: Invocation, options: PlatformOption & { all?: boolean }): Promise<void> {
  const { printer, messages } = invocation;
  const { columns, states, nothing } = messages.notifications;
  const silences = await notificationsOf(invocation, options).silences();
  printer.list(
    silences.filter(({ state }) => options.all || state !== 'expired'),
    [
      { heading: columns.id, value: ({ id }) => id },
      { heading: columns.state, value: ({ state }) => states[state] ?? state },
      { heading: columns.matchers, value: ({ matchers }) => matchers.map(matcherText).join(' ') },
      { heading: columns.until, value: ({ endsAt }) => localTime(endsAt) },
      { heading: columns.by, value: ({ createdBy }) => createdBy },
      { heading: columns.comment, value: ({ comment }) => comment },
      { heading: columns.from, value: ({ startsAt }) => localTime(startsAt), wide: true },
    ],
    nothing.silences,
  );
}

async function create(invocation: Invocation, texts: string[], options: CreateOptions): Promise<void> {
  const { printer, messages } = invocation;
  const matchers = texts.map(readMatcher);
  const startsAt = options.from === undefined ? undefined : timeOf(options.from, '--from');
  const endsAt = endOf(options, startsAt);
  const created = await notificationsOf(invocation, options).createSilence({ matchers, startsAt, endsAt, comment: options.comment });
  printer.done(created, messages.notifications.silenceCreated(created.id, localTime(created.endsAt)));
}

async function expire(invocation: Invocation, id: string, options: PlatformOption): Promise<void> {
  const { printer, messages } = invocation;
  const silence = await notificationsOf(invocation, options).expireSilence(id);
  printer.done(silence, messages.notifications.silenceExpired(silence.id));
}

function endOf({ for: duration, until }: CreateOptions, startsAt: string | undefined): string {
  if ((duration === undefined) === (until === undefined)) throw usage('Say how long it lasts: --for 2h, or --until TIME.');
  if (until !== undefined) return timeOf(until, '--until');
  const from = startsAt === undefined ? Date.now() : Date.parse(startsAt);
  return new Date(from + parseDuration(duration ?? '')).toISOString();
}

function timeOf(text: string, option: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw usage(`${option} takes a time, for example 2026-11-28T08:00:00+08:00.`);
  return time.toISOString();
}

function usage(message: string): SmartantError {
  return new SmartantError('CLI_USAGE', message, { kind: 'invalid', hint: 'Add --help to see how the command is used.' });
}
