import { resolve } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { NotificationApi, Template, TemplateKey } from '../api/notification-api';
import { EXIT, type ExitCode } from '../exit-codes';
import { readText } from '../files/read-text';
import type { DestructiveOptions, Invocation, Runner } from '../invocation';
import { printable } from '../output/table';
import { addPlatformOption, notificationsOf, type PlatformOption } from './platform-option';

interface KeyOptions extends PlatformOption {
  language: string;
  type?: string;
}

interface TextOptions extends KeyOptions {
  title?: string;
  bodyFile?: string;
}

/** template list, show, set, reset, preview. */
export function addTemplateCommands(program: Command, runner: Runner): void {
  const { help: common, notifications } = runner.context.messages;
  const { help } = notifications;
  const template = program.command('template').description(help.template);
  const withKey = (command: Command) =>
    addPlatformOption(command, runner)
      .option('--language <language>', help.templateLanguage, 'en')
      .option('--type <type>', help.templateType);
  const withText = (command: Command) =>
    withKey(command).option('--title <text>', help.templateTitle).option('--body-file <file>', help.templateBody);
  addPlatformOption(template.command('list').alias('ls').description(help.templateList), runner).action(runner.action(list));
  withKey(template.command('show').description(help.templateShow)).action(runner.action(show));
  withText(template.command('set').description(help.templateSet)).action(runner.action(set));
  withKey(template.command('reset').description(help.templateReset))
    .option('--yes', common.yes)
    .option('--dry-run', common.dryRun)
    .action(runner.action(reset));
  withText(template.command('preview').description(help.templatePreview))
    .option('--alert <id>', help.templateAlert)
    .action(runner.action(preview));
}

async function list(invocation: Invocation, options: PlatformOption): Promise<void> {
  const { printer, messages } = invocation;
  const { columns, nothing, anyType } = messages.notifications;
  printer.list(
    await notificationsOf(invocation, options).templates(),
    [
      { heading: columns.type, value: ({ channelType }) => channelType ?? anyType },
      { heading: columns.language, value: ({ language }) => language },
      { heading: columns.builtIn, value: ({ builtIn }) => (builtIn ? messages.labels.yes : messages.labels.no) },
      { heading: columns.title, value: ({ title }) => title },
    ],
    nothing.templates,
  );
}

async function show(invocation: Invocation, options: KeyOptions): Promise<void> {
  const template = await inForce(notificationsOf(invocation, options), keyOf(options));
  invocation.printer.one(template, () => [template.title, '', template.body].map(visibleLines));
}

async function set(invocation: Invocation, options: TextOptions): Promise<void> {
  const { printer, messages } = invocation;
  if (options.title === undefined && options.bodyFile === undefined) throw usage('Give --title, --body-file, or both.');
  const api = notificationsOf(invocation, options);
  const key = keyOf(options);
  printer.done(await api.setTemplate(key, await textOf(invocation, api, key, options)), messages.notifications.templateSet(nameOf(key)));
}

async function reset(invocation: Invocation, options: KeyOptions & DestructiveOptions): Promise<void> {
  const { printer, messages } = invocation;
  const key = keyOf(options);
  if (!(await invocation.confirm(messages.notifications.resetsTemplate(nameOf(key)), options))) return;
  await notificationsOf(invocation, options).resetTemplate(key);
  printer.done({ reset: key }, messages.notifications.templateReset(nameOf(key)));
}

/** Ends with 1 where something is wrong with the template. */
async function preview(invocation: Invocation, options: TextOptions & { alert?: string }): Promise<ExitCode> {
  const api = notificationsOf(invocation, options);
  const key = keyOf(options);
  const text = await textOf(invocation, api, key, options);
  const seen = await api.previewTemplate({ ...key, ...text, alertId: options.alert });
  const { colors } = invocation.context.terminal;
  invocation.printer.one(seen, () => [
    ...(seen.problem === null ? [] : [colors.red(printable(seen.problem)), '']),
    ...[seen.title, '', seen.body].map(visibleLines),
  ]);
  return seen.problem === null ? EXIT.ok : EXIT.failed;
}

/** What is not given is as it is in force. */
async function textOf({ context }: Invocation, api: NotificationApi, key: TemplateKey, { title, bodyFile }: TextOptions) {
  const given =
    bodyFile === '-' ? await context.terminal.readAll() : bodyFile && readText(resolve(context.cwd, bodyFile), 'Name a file, or -.');
  if (title !== undefined && given !== undefined) return { title, body: given };
  const current = await inForce(api, key);
  return { title: title ?? current.title, body: given ?? current.body };
}

/** The most exact one: of the type or of all, one's own before the built-in one. */
async function inForce(api: NotificationApi, { language, channelType }: TemplateKey): Promise<Template> {
  const fitting = (await api.templates()).filter(
    (template) => template.language === language && (template.channelType === null || template.channelType === channelType),
  );
  const rank = (template: Template) => (template.channelType === null ? 0 : 2) + (template.builtIn ? 0 : 1);
  const [best] = fitting.sort((one, other) => rank(other) - rank(one));
  if (best) return best;
  throw usage(`There is no template for ${nameOf({ language, channelType })}.`);
}

function keyOf({ language, type }: KeyOptions): TemplateKey {
  if (language !== 'en' && language !== 'zh') throw usage(`"${language}" is no language of messages: en or zh.`);
  return { language, channelType: type };
}

const nameOf = ({ language, channelType }: TemplateKey): string => `${channelType ?? '*'}/${language}`;
const visibleLines = (text: string): string => text.split('\n').map(printable).join('\n');

function usage(message: string): SmartantError {
  return new SmartantError('CLI_USAGE', message, { kind: 'invalid', hint: 'See "smartant template list", and --help.' });
}
