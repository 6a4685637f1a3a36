import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { ExitCode } from '../exit-codes';
import type { DestructiveOptions, Invocation, Runner } from '../invocation';
import { watchMigration } from '../progress/watch-migration';
import { collect } from './collect';

interface TableOptions extends DestructiveOptions {
  table?: string[];
  watch?: boolean;
}

/** migration resync, add-table, drop-table: tables of a database while its changes are streamed. */
export function addMigrationTableCommands(migration: Command, runner: Runner): void {
  const { help, database } = runner.context.messages;
  migration
    .command('resync <id>')
    .description(database.help.resync)
    .option('--table <table>', database.help.resyncTable, (table: string, all: string[] | undefined) => collect(table, all ?? []))
    .option('--yes', help.yes)
    .option('--dry-run', help.dryRun)
    .option('-w, --watch', help.watch)
    .action(runner.action(resync));
  migration
    .command('add-table <id> <table...>')
    .description(database.help.addTable)
    .option('-w, --watch', help.watch)
    .action(
      runner.action((invocation: Invocation, id: string, tables: string[], options: TableOptions) =>
        change(invocation, id, 'add', tables, options),
      ),
    );
  migration
    .command('drop-table <id> <table...>')
    .description(database.help.dropTable)
    .option('--yes', help.yes)
    .option('--dry-run', help.dryRun)
    .option('-w, --watch', help.watch)
    .action(runner.action(drop));
}

async function resync(invocation: Invocation, id: string, options: TableOptions): Promise<ExitCode | void> {
  const { table: tables = [] } = options;
  if (tables.length === 0) {
    throw new SmartantError('CLI_USAGE', 'Which table is to be copied again?', {
      kind: 'invalid',
      hint: 'Add --table SCHEMA.TABLE; it may be repeated.',
    });
  }
  const { asks } = invocation.messages.database;
  if (!(await invocation.confirm(asks.resync(id, tables.join(', ')), options))) return;
  return change(invocation, id, 'resync', tables, options);
}

async function drop(invocation: Invocation, id: string, tables: string[], options: TableOptions): Promise<ExitCode | void> {
  const { asks } = invocation.messages.database;
  if (!(await invocation.confirm(asks.dropTable(id, tables.join(', ')), options))) return;
  return change(invocation, id, 'drop', tables, options);
}

async function change(
  { api, context, messages, printer }: Invocation,
  id: string,
  what: 'add' | 'drop' | 'resync',
  tables: string[],
  options: TableOptions,
): Promise<ExitCode | void> {
  const migration = await api.changeTables(id, { [what]: tables });
  if (options.watch) return watchMigration(context, api, printer, id);
  const { tablesChanged, tablesChangedLater } = messages.database;
  printer.done(migration, migration.status === 'failed' ? tablesChangedLater(id) : tablesChanged[what](id, tables.join(', ')));
}
