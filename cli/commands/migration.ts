import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { Api, MigrationFilter } from '../api/api';
import type { ExitCode } from '../exit-codes';
import type { Invocation, Runner } from '../invocation';
import { migrationColumns, migrationLines } from '../output/migration-view';
import { localTime } from '../output/numbers';
import { waitFor, type WaitOptions } from '../progress/wait-for';
import { watchMigration } from '../progress/watch-migration';
import { parseWhole } from '../endpoints/size';
import { collect } from './collect';
import { locationText } from './endpoint';
import { addShardsCommand } from './migration-shards';
import { addTranscriptCommand } from './migration-transcript';
import { resolveFailures, type FailuresOptions } from './resolve-failures';

/** migration list, show, history, failures, watch, wait. */
export function addMigrationCommands(program: Command, runner: Runner): Command {
  const { help } = runner.context.messages;
  const migration = program.command('migration').alias('migrations').description(help.migration);
  migration
    .command('list')
    .alias('ls')
    .description(help.migrationList)
    .option('--limit <n>', help.limit)
    .option('--phase <phase>', help.ofPhase)
    .option('--status <status>', help.ofStatus)
    .option('--kind <kind>', help.ofKind)
    .option('--name <text>', help.ofName)
    .action(runner.action(listMigrations));
  migration.command('show <id>').description(help.migrationShow).action(runner.action(showMigration));
  migration
    .command('failures <id>')
    .description(help.failures)
    .option('--retry [failure]', help.failuresRetry, collectOptional)
    .option('--waive [failure]', help.failuresWaive, collectOptional)
    .option('--reason <text>', help.reason)
    .option('--yes', help.yes)
    .option('--dry-run', help.dryRun)
    .action(runner.action(failures));
  migration.command('history <id>').description(help.history).option('--limit <n>', help.limit).action(runner.action(history));
  addTranscriptCommand(migration, runner);
  addShardsCommand(migration, runner);
  migration.command('watch <id>').description(help.watchMigration).action(runner.action(watch));
  migration
    .command('wait <id>')
    .description(help.wait)
    .requiredOption('--for <condition>', help.waitFor)
    .option('--timeout <duration>', help.timeout)
    .action(runner.action(wait));
  return migration;
}

/** An option whose value may be left out and that may be repeated: true means all. */
function collectOptional(value: string, previous: string[] | undefined): string[] {
  return collect(value, previous ?? []);
}

async function listMigrations(
  { api, printer, messages }: Invocation,
  { limit, ...filter }: { limit?: string } & MigrationFilter,
): Promise<void> {
  const migrations = await api.migrations(limitOf(limit), filter);
  printer.list(migrations, migrationColumns(messages, Date.now()), messages.nothing.migrations);
}

const limitOf = (limit: string | undefined) => (limit === undefined ? undefined : Math.max(1, parseWhole(limit, '--limit')));

async function history({ api, printer, messages }: Invocation, id: string, { limit }: { limit?: string }): Promise<void> {
  const { columns, nothing } = messages;
  printer.list(
    await api.migrationEvents(id, limitOf(limit)),
    [
      { heading: columns.time, value: ({ at }) => localTime(at) },
      { heading: columns.change, value: ({ change }) => change },
      { heading: columns.phase, value: ({ phase, status }) => `${phase} ${status}` },
      { heading: columns.code, value: ({ errorCode }) => errorCode ?? '' },
      { heading: columns.message, value: ({ errorMessage }) => errorMessage ?? '', wide: true },
    ],
    nothing.events,
  );
}

async function showMigration({ api, context, printer, messages }: Invocation, id: string): Promise<void> {
  const migration = await api.migration(id);
  if (printer.structured) return printer.one(migration, () => []);
  const { sourceEndpointId, targetEndpointId } = migration.spec;
  const [source, target] = await Promise.all([placeOf(api, sourceEndpointId), placeOf(api, targetEndpointId)]);
  printer.one(migration, () => migrationLines(migration, { source, target }, messages, context.terminal.colors));
}

/** Where an endpoint is, and its name when it was saved; the id of one that is gone. */
async function placeOf(api: Api, id: string): Promise<string> {
  try {
    const { name, location, ownedByMigrationId } = await api.endpoint(id);
    return ownedByMigrationId === null ? `${name} (${locationText(location)})` : locationText(location);
  } catch (error) {
    if (error instanceof SmartantError && error.kind === 'not-found') return id;
    throw error;
  }
}

async function failures(invocation: Invocation, id: string, options: FailuresOptions): Promise<void> {
  const { api, printer, messages } = invocation;
  if (options.retry !== undefined || options.waive !== undefined) return resolveFailures(invocation, id, options);
  const { columns } = messages;
  printer.list(
    await api.failures(id),
    [
      { heading: columns.id, value: (failure) => failure.id },
      { heading: columns.key, value: ({ unit }) => unit },
      { heading: columns.code, value: ({ code }) => code },
      { heading: columns.attempts, value: ({ attempts }) => String(attempts), align: 'right' },
      { heading: columns.state, value: ({ state }) => state },
      { heading: columns.lastFailed, value: ({ lastFailedAt }) => localTime(lastFailedAt) },
      { heading: columns.message, value: ({ message }) => message, wide: true },
      { heading: columns.trace, value: ({ traceId }) => traceId, wide: true },
    ],
    messages.nothing.failures,
  );
}

async function watch({ api, context, printer }: Invocation, id: string): Promise<ExitCode> {
  // A wrong id is refused here, before a display is opened.
  await api.migration(id);
  return watchMigration(context, api, printer, id);
}

async function wait(invocation: Invocation, id: string, options: WaitOptions): Promise<ExitCode> {
  return waitFor(invocation, id, options);
}
