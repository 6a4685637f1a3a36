import { toSmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { Action, Migration } from '../api/api';
import type { ExitCode } from '../exit-codes';
import type { DestructiveOptions, Invocation, Runner } from '../invocation';
import { isDatabase, lagText } from '../output/database-view';
import { isHost, predictionText, startsTarget } from '../output/host-view';
import { watchMigration } from '../progress/watch-migration';
import { addLimitOptions, readLimits } from './limit-options';
import { previewLines } from './migration-checks';

interface ActionOptions extends DestructiveOptions {
  frozen?: boolean;
  watch?: boolean;
}

/** Actions that can't be taken back ask first. */
const ASKED: Action[] = ['cancel', 'cutover', 'finalize', 'rollback'];

/** What is worth following. */
const WATCHED: Action[] = ['rehearse', 'cutover', 'resume', 'retry', 'rollback'];

/** migration pause, resume, cancel, cutover, finalize, rollback, retry, limits, rm. */
export function addMigrationActionCommands(migration: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  for (const action of ['pause', 'resume', 'cancel', 'rehearse', 'cutover', 'finalize', 'rollback', 'retry'] as const) {
    const command = migration
      .command(`${action} <id>`)
      .description(action === 'rehearse' ? runner.context.messages.hosts.help.rehearse : help[action]);
    if (ASKED.includes(action)) command.option('--yes', help.yes).option('--dry-run', help.dryRun);
    if (action === 'cutover') command.option('--frozen', help.frozen);
    if (WATCHED.includes(action)) command.option('-w, --watch', help.watch);
    command.action(runner.action((invocation: Invocation, id: string, options: ActionOptions) => act(invocation, id, action, options)));
  }
  addLimitOptions(migration.command('limits <id>').description(help.limits), runner.context.messages).action(runner.action(setLimits));
  migration
    .command('rm <id>')
    .description(help.migrationRm)
    .option('--yes', help.yes)
    .option('--dry-run', help.dryRun)
    .action(runner.action(remove));
}

async function act(invocation: Invocation, id: string, action: Action, options: ActionOptions): Promise<ExitCode | void> {
  const { api, context, messages, printer } = invocation;
  if (ASKED.includes(action)) {
    const known = await api.migration(id);
    const asks = asksOf(known, invocation, options);
    if (action === 'cutover' && options.dryRun && isDatabase(known)) await foretell(invocation, known);
    if (!(await invocation.confirm(asks[action as keyof typeof asks], options))) return;
  }
  const migration = await api.act(id, action, options.frozen ? { sourceFrozen: true } : {});
  if (options.watch) return watchMigration(context, api, printer, id);
  const own = isDatabase(migration) ? messages.database.acted : isHost(migration) ? messages.hosts.acted : {};
  const acted: Record<Action, (id: string) => string> = { ...messages.acted, ...own };
  printer.done(migration, acted[action](id));
}

function asksOf(known: Migration, invocation: Invocation, options: ActionOptions) {
  if (isDatabase(known)) return databaseAsks(known, invocation);
  return isHost(known) ? hostAsks(known, invocation) : storageAsks(known.id, invocation, options);
}

/** What will happen to which side: services of the source are stopped. */
function hostAsks({ id, spec, phase, prediction }: Migration, { messages: { hosts } }: Invocation) {
  const services = spec.kind === 'host' ? spec.host.stopServices.join(', ') : '';
  return {
    cancel: hosts.asks.cancel(id, phase === 'cutover'),
    cutover: hosts.asks.cutover(
      id,
      services,
      prediction ? hosts.lastDelta(predictionText({ spec }, prediction, hosts)) : '',
      startsTarget(spec),
    ),
    finalize: hosts.asks.finalize(id),
    rollback: hosts.asks.rollback(id),
  };
}

/** Told by whoever holds the stream; where none goes on, there is nobody to ask. What cannot be foretold keeps nobody from the rest. */
async function foretell(invocation: Invocation, { id, phase, status }: Migration): Promise<void> {
  const { context, messages } = invocation;
  if (phase !== 'incremental' || status !== 'running') return;
  try {
    for (const line of await previewLines(invocation, id)) context.terminal.print(line);
  } catch (error) {
    context.signal.throwIfAborted();
    context.terminal.note(messages.checks.noPreview(toSmartantError(error).message));
  }
}

function storageAsks(id: string, { messages: { asks } }: Invocation, options: ActionOptions) {
  return {
    cancel: asks.cancel(id),
    cutover: asks.cutover(id, options.frozen === true),
    finalize: asks.finalize(id),
    rollback: asks.rollback(id),
  };
}

/** What will happen to which side: the source's writers are stopped, and its sessions ended. */
function databaseAsks({ id, spec, stream, phase }: Migration, { messages: { database } }: Invocation) {
  const { asks } = database;
  const isReversed = spec.kind === 'database' && spec.database.reverse;
  return {
    cancel: asks.cancel(id, phase === 'cutover'),
    cutover: asks.cutover(id, stream ? lagText(stream) : ''),
    finalize: asks.finalize(id),
    rollback: isReversed ? asks.rollback(id) : asks.rollbackWithoutStream(id),
  };
}

async function setLimits({ api, printer, messages }: Invocation, id: string, options: Parameters<typeof readLimits>[0]): Promise<void> {
  const migration = await api.setLimits(id, readLimits(options));
  printer.done(migration, messages.limitsSet(id));
}

async function remove(invocation: Invocation, id: string, options: DestructiveOptions): Promise<void> {
  const { api, printer, messages } = invocation;
  await api.migration(id);
  if (!(await invocation.confirm(messages.asks.rm(id), options))) return;
  await api.removeMigration(id);
  printer.done({ removed: id }, messages.removed(id));
}
