import type { Command } from 'commander';
import type { Finding } from '../api/api';
import { EXIT, type ExitCode } from '../exit-codes';
import type { DestructiveOptions, Invocation, Runner } from '../invocation';
import { fixesOf } from '../output/finding-lines';
import { printable } from '../output/table';
import { watchMigration } from '../progress/watch-migration';
import { collect } from './collect';

interface FixOptions extends DestructiveOptions {
  finding?: string[];
  includeUnsafe?: boolean;
  watch?: boolean;
}

/** migration fix: runs what sets findings of a precheck right, and prechecks again. */
export function addMigrationFixCommand(migration: Command, runner: Runner): void {
  const { help, database } = runner.context.messages;
  migration
    .command('fix <id>')
    .description(database.help.fix)
    .option('--finding <code>', database.help.fixFinding, (code: string, all: string[] | undefined) => collect(code, all ?? []))
    .option('--include-unsafe', database.help.fixUnsafe)
    .option('--yes', help.yes)
    .option('--dry-run', help.dryRun)
    .option('-w, --watch', help.watch)
    .action(runner.action(fix));
}

/** Of the findings that are known: the migrator asks both ends again, and runs what is needed then. */
async function fix(invocation: Invocation, id: string, options: FixOptions): Promise<ExitCode | void> {
  const { api, context, messages, printer } = invocation;
  const { finding: codes = [], includeUnsafe = false } = options;
  const { database: texts } = messages;
  const known = fixesOf((await api.migration(id)).findings, { codes, includeUnsafe });
  if (known.length === 0) {
    printer.done({ applied: [] }, texts.nothingToFix);
    return EXIT.ok;
  }
  if (!(await invocation.confirm([texts.asks.fix(id), ...known.flatMap(statementLines)].join('\n'), options))) return;
  const { applied, migration } = await api.applyFixes(id, { codes, includeUnsafe });
  const failed = applied.filter(({ error }) => error !== null);
  if (options.watch && failed.length === 0) return watchMigration(context, api, printer, id);
  const lines = applied.map(({ code, subject, error, needsRestart }) =>
    error ? texts.fixFailed(code, subject, printable(`${error.message} ${error.hint}`.trim())) : texts.fixed(code, subject, needsRestart),
  );
  printer.done({ applied, migration }, lines.length > 0 ? lines.join('\n') : texts.nothingToFix);
  return failed.length > 0 ? EXIT.failed : EXIT.ok;
}

function statementLines({ code, subject, fix: found }: Finding): string[] {
  return (found?.statements ?? []).map((statement) => `  ${subject}: ${printable(statement)};  (${code})`);
}
