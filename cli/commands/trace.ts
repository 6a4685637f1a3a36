import { SmartantError } from '@smartant/kernel';
import { Option, type Command } from 'commander';
import type { Invocation, Runner } from '../invocation';
import { localTime } from '../output/numbers';
import { traceTree } from '../traces/trace-tree';

interface FindOptions {
  migration: string;
  object?: string;
  table?: string;
  file?: string;
}

/** trace find, show. */
export function addTraceCommands(program: Command, runner: Runner): void {
  const { help } = runner.context.messages.records;
  const trace = program.command('trace').description(help.trace);
  trace
    .command('find')
    .description(help.traceFind)
    .requiredOption('--migration <id>', help.traceMigration)
    .addOption(new Option('--object <key>', help.traceObject).conflicts(['table', 'file']))
    .addOption(new Option('--table <name>', help.traceTable).conflicts(['file']))
    .option('--file <path>', help.traceFile)
    .action(runner.action(find));
  trace.command('show <traceId>').description(help.traceShow).action(runner.action(show));
}

async function find({ api, context, printer, messages }: Invocation, { migration, object, table, file }: FindOptions): Promise<void> {
  if ([object, table, file].every((name) => name === undefined)) {
    throw new SmartantError('CLI_USAGE', 'Name what to look for.', { kind: 'invalid', hint: 'Add --object, --table or --file.' });
  }
  const found = await api.records.unitTrace(migration, { object, table, path: file });
  const { records } = messages;
  const { colors } = context.terminal;
  printer.one(found, () => [
    ...found.failures.map((failure) =>
      colors.red(
        records.onRecord(
          failure.code,
          failure.message,
          String(failure.attempts),
          localTime(failure.lastFailedAt),
          failure.state,
          failure.traceId,
        ),
      ),
    ),
    ...byTrace(found.spans).flatMap(([traceId, spans]) => [records.inTrace(traceId), ...traceTree(spans, colors), '']),
    ...(found.truncated ? [records.truncated] : []),
    ...(found.spans.length === 0 ? [found.store === 'none' ? records.noStore : records.noSpans] : []),
  ]);
}

async function show({ api, context, printer, messages }: Invocation, traceId: string): Promise<void> {
  const found = await api.records.trace(traceId);
  printer.one(found, () => [...traceTree(found.spans, context.terminal.colors), ...(found.truncated ? [messages.records.truncated] : [])]);
}

function byTrace<T extends { traceId: string }>(spans: T[]): [string, T[]][] {
  return [...Map.groupBy(spans, ({ traceId }) => traceId)];
}
