import { setTimeout as sleep } from 'node:timers/promises';
import { Option, type Command } from 'commander';
import type { LogFilter, LogLine } from '../api/record-api';
import type { Invocation, Runner } from '../invocation';
import { sinceOf } from '../logs/since';
import { localTime } from '../output/numbers';
import { printable } from '../output/table';
import type { Colors } from '../output/terminal';
import { readLimit } from './read-limit';

interface LogOptions {
  grep?: string;
  migration?: string;
  own?: boolean;
  service?: string;
  host?: string;
  level?: LogFilter['level'];
  trace?: string;
  since?: string;
  until?: string;
  limit: string;
  follow?: boolean;
}

type LogSearch = (filter: LogFilter, limit: number) => Promise<LogLine[]>;

const FOLLOW_MS = 2_000;
/** Ids of lines that were shown: those that the next answer may repeat. */
const REMEMBERED = 5_000;

/** logs. */
export function addLogsCommand(program: Command, runner: Runner): void {
  const { help } = runner.context.messages.records;
  program
    .command('logs')
    .description(help.logs)
    .option('--grep <words>', help.logsGrep)
    .option('--migration <id>', help.logsMigration)
    .option('--own', help.logsOwn)
    .option('--service <name>', help.logsService)
    .option('--host <name>', help.logsHost)
    .addOption(new Option('--level <level>', help.logsLevel).choices(['trace', 'debug', 'info', 'warn', 'error', 'fatal']))
    .option('--trace <id>', help.logsTrace)
    .option('--since <time>', help.logsSince)
    .option('--until <time>', help.logsUntil)
    .option('--limit <n>', runner.context.messages.help.limit, '100')
    .option('-f, --follow', help.logsFollow)
    .action(runner.action(logs));
}

async function logs(invocation: Invocation, { limit, follow, migration, own, ...given }: LogOptions): Promise<void> {
  const { api, context, printer, messages } = invocation;
  const { grep, trace, since, until, ...exact } = given;
  const filter: LogFilter = { ...exact, q: grep, traceId: trace, since: sinceOf(since, '--since'), until: sinceOf(until, '--until') };
  const search: LogSearch = (wanted, most) =>
    own && migration === undefined ? api.records.workspaceLogs(wanted, most) : api.records.logs(migration, wanted, most);
  const found = await search(filter, readLimit(limit));
  // Newest first as they come, for people as they happened.
  if (!follow) return printer.structured ? printer.list(found, [], '') : printLines(found.reverse(), invocation);
  context.terminal.note(messages.records.following);
  await followLines(found.reverse(), { ...filter, until: undefined }, search, invocation);
}

function printLines(lines: LogLine[], { context, messages }: Invocation): void {
  if (lines.length === 0) return context.terminal.note(messages.records.noLines);
  for (const line of lines) context.terminal.print(logLine(line, context.terminal.colors));
}

async function followLines(first: LogLine[], filter: LogFilter, search: LogSearch, invocation: Invocation): Promise<void> {
  const { context, printer } = invocation;
  const shown = new Set<string>();
  let since = filter.since;
  for (let lines = first; ; lines = (await search({ ...filter, since }, 1_000)).reverse()) {
    for (const line of lines.filter(({ id }) => !shown.has(id))) {
      shown.add(line.id);
      context.terminal.print(printer.structured ? JSON.stringify(line) : logLine(line, context.terminal.colors));
      // A little before: services write into files of their own, each a moment later than it happened.
      since = new Date(Date.parse(line.at) - FOLLOW_MS).toISOString();
    }
    for (const id of shown) {
      if (shown.size <= REMEMBERED) break;
      shown.delete(id);
    }
    since ??= new Date().toISOString();
    await sleep(FOLLOW_MS, undefined, { signal: context.signal });
  }
}

function logLine(line: LogLine, colors: Colors): string {
  const { at, level, service, host, message, code, traceId } = line;
  const colored = level === 'error' || level === 'fatal' ? colors.red(level.padEnd(5)) : level.padEnd(5);
  const error = line.fields['err'] as { message?: unknown } | undefined;
  const reason = typeof error?.message === 'string' && error.message !== message ? `: ${error.message}` : '';
  const rest = [code, traceId === null ? null : `trace=${traceId}`].filter((text) => text !== null).join(' ');
  const where = host === '' ? service : `${service}@${host}`;
  return `${localTime(at)} ${colored} ${printable(where)} ${printable(`${message}${reason}`)}${rest === '' ? '' : ` ${colors.dim(printable(rest))}`}`;
}
