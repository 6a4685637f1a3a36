import { resolve } from 'node:path';
import { toSmartantError, type SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import { importHost, type HostOutcome } from '../endpoints/import/import-host';
import { readHostRows, type HostRow } from '../endpoints/import/host-rows';
import { orderedWork } from '../endpoints/import/ordered-work';
import { EXIT, type ExitCode } from '../exit-codes';
import type { Invocation, Runner } from '../invocation';

interface ImportOptions {
  dryRun?: boolean;
  /** False with --no-validate. */
  validate?: boolean;
}

type Result = { line: number; name: string } & (HostOutcome | { outcome: 'failed'; error: SmartantError });

/** Each precheck signs in to two machines. */
const AT_ONCE = 4;

/** hosts import FILE. */
export function addHostsCommand(program: Command, runner: Runner): void {
  const { help, hosts } = runner.context.messages;
  program
    .command('hosts')
    .description(hosts.help.hosts)
    .command('import <file>')
    .description(hosts.help.hostsImport)
    .option('--no-validate', hosts.help.noValidate)
    .option('--dry-run', help.dryRun)
    .addHelpText('after', `\n${hosts.help.hostsImportForms}`)
    .action(runner.action(importHosts));
}

/** Host by host: a bad one is reported and the others go on; the same command again makes only what is missing. */
async function importHosts(invocation: Invocation, file: string, options: ImportOptions): Promise<ExitCode> {
  const { api, context, printer, messages } = invocation;
  const rows = readHostRows(resolve(context.cwd, file));
  const existing = new Map((await api.migrations()).filter(({ status }) => status !== 'cancelled').map((each) => [each.name, each]));
  const asked = { dryRun: options.dryRun === true, validate: options.validate !== false, existing };
  const results: Result[] = [];
  for await (const result of orderedWork(rows, AT_ONCE, (row) => take(invocation, row, asked))) {
    // No other host can fare better.
    if ('error' in result && (result.error.kind === 'unauthenticated' || result.error.kind === 'cancelled')) throw result.error;
    results.push(result);
    if (!printer.structured) context.terminal.print(lineOf(result, messages.hosts, context.terminal.colors));
    context.signal.throwIfAborted();
  }
  const counted = (...outcomes: Result['outcome'][]) => String(results.filter(({ outcome }) => outcomes.includes(outcome)).length);
  const items = results.map((result) =>
    'error' in result ? { ...result, error: { code: result.error.code, message: result.error.message } } : result,
  );
  printer.one({ items }, () => [messages.hosts.importSummary(counted('created', 'valid'), counted('unchanged'), counted('failed'))]);
  return results.some(({ outcome }) => outcome === 'failed') ? EXIT.failed : EXIT.ok;
}

async function take(invocation: Invocation, row: HostRow, options: Parameters<typeof importHost>[2]): Promise<Result> {
  const at = { line: row.line, name: row.cells.name ?? '' };
  try {
    return { ...at, ...(await importHost(invocation, row, options)) };
  } catch (error) {
    return { ...at, outcome: 'failed', error: toSmartantError(error) };
  }
}

function lineOf(result: Result, texts: Invocation['messages']['hosts'], colors: Invocation['context']['terminal']['colors']): string {
  switch (result.outcome) {
    case 'created':
      return colors.green(texts.imported(result.name, result.id));
    case 'unchanged':
      return texts.importedAlready(result.name, result.id);
    case 'valid':
      return colors.green(texts.importValid(result.name));
    case 'failed':
      return colors.red(
        texts.importFailed(result.line, result.name, `${result.error.code}: ${result.error.message} ${result.error.hint ?? ''}`.trim()),
      );
  }
}
