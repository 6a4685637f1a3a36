import type { Command } from 'commander';
import type { Action, Migration } from '../api/api';
import type { ExitCode } from '../exit-codes';
import type { DestructiveOptions, Invocation, Runner } from '../invocation';
import { isDatabase, lagText } from '../output/database-view';
import { watchMigration } from '../progress/watch-migration';
import { addLimitOptions, readLimits } from './limit-options';

interface ActionOptions extends DestructiveOptions {
  frozen?: boolean;
  watch?: boolean;
}

/** Actions that can't be taken back ask first. */
const ASKED: Action[] = ['cancel', 'cutover', 'finalize', 'rollback'];

/** migration pause, resume, cancel, cutover, finalize, rollback, retry, limits, rm. */
export function addMigrationActionCommands(migration: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  for (const action of ['pause', 'resume', 'cancel', 'cutover', 'finalize', 'rollback', 'retry'] as const) {
    const command = migration.command(`${action} <id>`).description(help[action]);
    if (ASKED.includes(action)) command.option('--yes', help.yes).option('--dry-run', help.dryRun);
    if (action === 'cutover') command.option('--frozen', help.frozen);
    if (action === 'cutover' || action === 'resume' || action === 'retry') command.option('-w, --watch', help.watch);
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
    const asks = isDatabase(known) ? databaseAsks(known, invocation) : storageAsks(id, invocation, options);
    if (!(await invocation.confirm(asks[action as keyof typeof asks], options))) return;
  }
  const migration = await api.act(id, action, options.frozen ? { sourceFrozen: true } : {});
  if (options.watch) return watchMigration(context, api, printer, id);
  const acted = isDatabase(migration) ? { ...messages.acted, ...messages.database.acted } : messages.acted;
  printer.done(migration, acted[action](id));
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
