import { setTimeout as delay } from 'node:timers/promises';
import { formatDuration, SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { Check } from '../api/api';
import { EXIT, type ExitCode } from '../exit-codes';
import type { DestructiveOptions, Invocation, Runner } from '../invocation';
import { groupDigits, localTime } from '../output/numbers';
import { printable } from '../output/table';
import { collect } from './collect';

interface CheckOptions extends DestructiveOptions {
  table?: string[];
  /** False with --no-wait. */
  wait?: boolean;
}

const LOOK_EVERY_MS = 500;

/** migration verify, repair, checks: what is done beside the stream of a live database. */
export function addMigrationCheckCommands(migration: Command, runner: Runner): void {
  const { checks } = runner.context.messages;
  const command = (name: 'verify' | 'repair') =>
    migration
      .command(`${name} <id>`)
      .description(checks.help[name])
      .option('--table <table>', checks.help.table, collect)
      .option('--no-wait', checks.help.noWait);
  command('verify').action(
    runner.action((invocation: Invocation, id: string, options: CheckOptions) => perform(invocation, id, 'verify', options)),
  );
  command('repair')
    .option('--yes', runner.context.messages.help.yes)
    .option('--dry-run', runner.context.messages.help.dryRun)
    .action(runner.action(repair));
  migration.command('checks <id>').description(checks.help.checks).action(runner.action(list));
}

async function repair(invocation: Invocation, id: string, options: CheckOptions): Promise<ExitCode | void> {
  const { asks } = invocation.messages.checks;
  if (!(await invocation.confirm(asks.repair(id, (options.table ?? []).join(', ')), options))) return;
  return perform(invocation, id, 'repair', options);
}

async function perform(invocation: Invocation, id: string, kind: 'verify' | 'repair', options: CheckOptions): Promise<ExitCode> {
  const { api, messages, printer } = invocation;
  const asked = await api.askCheck(id, { kind, tables: options.table ?? [] });
  if (options.wait === false) {
    printer.done(asked, messages.checks.asked(asked.id, id));
    return EXIT.ok;
  }
  const check = await ended(invocation, id, asked);
  printer.one(check, () => resultLines(check, invocation));
  return (check.result?.differenceCount ?? 0) > 0 ? EXIT.differences : EXIT.ok;
}

/** What a cutover would do now, asked of whoever holds the stream. */
export async function previewLines(invocation: Invocation, id: string): Promise<string[]> {
  const { checks } = invocation.messages;
  const { result } = await ended(invocation, id, await invocation.api.askCheck(id, { kind: 'preview', tables: [] }));
  const { steps = [], expectedDowntimeMs = null } = result ?? {};
  return [
    checks.wouldDo,
    ...steps.map((step) => `  ${printable(step)}`),
    ...(expectedDowntimeMs === null ? [] : [checks.expectedDowntime(formatDuration(expectedDowntimeMs))]),
  ];
}

/** Resolves once the check has ended. Raises what it failed with. */
async function ended({ api, context }: Invocation, id: string, asked: Check): Promise<Check> {
  for (let check: Check | undefined = asked; check; check = (await api.checks(id)).find((each) => each.id === asked.id)) {
    if (check.error) {
      const { code, message, hint, retryable } = check.error;
      throw new SmartantError(code, message, { kind: 'precondition', hint, ...(retryable ? { retry: { kind: 'backoff' as const } } : {}) });
    }
    if (check.state === 'done') return check;
    await delay(LOOK_EVERY_MS, undefined, { signal: context.signal });
  }
  throw new SmartantError('CLI_CHECK_LOST', `The check ${asked.id} is not known any more.`, {
    kind: 'precondition',
    hint: 'The migration was removed meanwhile, or many others were asked for: see "smartant migration checks".',
  });
}

function resultLines({ kind, result }: Check, { messages: { checks, moreDifferences } }: Invocation): string[] {
  if (!result) return [];
  const { tables, sourceRows, differences, differenceCount, undecided, repairedRows } = result;
  const rest = differenceCount - differences.length;
  return [
    ...(kind === 'repair' ? [checks.repaired(groupDigits(repairedRows))] : []),
    differenceCount === 0 ? checks.equal(groupDigits(tables), groupDigits(sourceRows)) : checks.different(groupDigits(differenceCount)),
    ...differences.map(({ key, kind: what, detail }) => `  ${printable(key)}: ${printable(`${what}, ${detail}`)}`),
    ...(rest > 0 ? [`  ${moreDifferences(groupDigits(rest))}`] : []),
    ...(undecided.length > 0 ? [checks.undecided(undecided.map(printable).join(', '))] : []),
  ];
}

async function list({ api, printer, messages }: Invocation, id: string): Promise<void> {
  const { columns, checks } = messages;
  printer.list(
    await api.checks(id),
    [
      { heading: columns.id, value: (check) => check.id },
      { heading: columns.kind, value: ({ kind }) => kind },
      { heading: columns.state, value: ({ state }) => state },
      { heading: checks.columns.differences, value: ({ result }) => (result ? groupDigits(result.differenceCount) : ''), align: 'right' },
      { heading: checks.columns.repaired, value: ({ result }) => (result ? groupDigits(result.repairedRows) : ''), align: 'right' },
      { heading: checks.columns.asked, value: ({ askedAt }) => localTime(askedAt) },
      { heading: columns.message, value: ({ error }) => error?.message ?? '', wide: true },
    ],
    checks.none,
  );
}
