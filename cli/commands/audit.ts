import { createWriteStream, existsSync, renameSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SmartantError } from '@smartant/kernel';
import { AuditVerifier } from '@smartant/proof';
import type { Command } from 'commander';
import { readKeptStatements } from '../audit/kept-statements';
import { linesOf, linesOfFile } from '../audit/read-lines';
import { readTrustedKeys } from '../audit/trusted-keys';
import { EXIT, type ExitCode } from '../exit-codes';
import type { Invocation, Runner } from '../invocation';
import { auditColumns, verdictLines } from '../output/audit-view';
import { collect } from './collect';

interface ListOptions {
  from?: string;
  to?: string;
  actor?: string;
  action?: string;
  target?: string;
  limit: string;
  all?: boolean;
}

export interface VerifyOptions {
  key?: string[];
  checkpoint?: string[];
}

/** audit list, export, verify. */
export function addAuditCommands(program: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  const audit = program.command('audit').description(help.audit);
  audit
    .command('list')
    .alias('ls')
    .description(help.auditList)
    .option('--from <time>', help.auditFrom)
    .option('--to <time>', help.auditTo)
    .option('--actor <id>', help.auditActor)
    .option('--action <action>', help.auditAction)
    .option('--target <id>', help.auditTarget)
    .option('--limit <n>', help.limit, '50')
    .option('--all', help.auditAll)
    .action(runner.action(list));
  audit
    .command('export [file]')
    .description(help.auditExport)
    .option('--after <seq>', help.auditAfter)
    .option('--all', help.auditAll)
    .action(runner.action(exportTrail));
  addVerifyOptions(audit.command('verify <file>').description(help.auditVerify), runner).action(runner.action(verifyFile));
}

export function addVerifyOptions(command: Command, runner: Runner): Command {
  const { help } = runner.context.messages;
  return command.option('--key <pem>', help.auditKey, collect).option('--checkpoint <file>', help.auditCheckpoint, collect);
}

async function list({ api, printer, messages }: Invocation, { limit, all, ...given }: ListOptions): Promise<void> {
  const { from, to, actor, action, target } = given;
  const filter = { from: timeOf(from, '--from'), to: timeOf(to, '--to'), actor, action, target };
  const entries = await api.platform.audit(filter, wholeNumber(limit, '--limit'), all ?? false);
  printer.list(entries, auditColumns(messages), messages.audit.none);
}

async function exportTrail(
  { api, context, printer, messages }: Invocation,
  file: string | undefined,
  options: { after?: string; all?: boolean },
) {
  const after = options.after === undefined ? undefined : wholeNumber(options.after, '--after');
  if (options.all && after !== undefined) throw wrongUse('--after counts the entries of one chain, and --all means every chain.');
  const path = file === undefined || file === '-' ? null : resolve(context.cwd, file);
  if (path !== null && existsSync(path)) throw fileExists(path);
  const body = Readable.fromWeb((await api.platform.exportAudit({ after, all: options.all ?? false })) as never);
  if (path === null) return pipeline(body, context.terminal.stdout, { end: false });
  // Only a whole export gets the name.
  const part = `${path}.part`;
  await pipeline(body, createWriteStream(part, { mode: 0o600 })).catch((error: unknown) => {
    rmSync(part, { force: true });
    throw error;
  });
  renameSync(part, path);
  printer.done({ file: path }, messages.audit.exported(path));
}

async function verifyFile(invocation: Invocation, file: string, options: VerifyOptions): Promise<ExitCode> {
  const { context } = invocation;
  return verifyLines(invocation, file === '-' ? linesOf(context.terminal.stdin) : linesOfFile(resolve(context.cwd, file)), options);
}

/** Says whether what the lines hold is whole, and ends with 3 where it is not. */
export async function verifyLines(invocation: Invocation, lines: AsyncIterable<string>, options: VerifyOptions): Promise<ExitCode> {
  const { context, printer, messages } = invocation;
  const keys = readTrustedKeys(invocation, options.key ?? []);
  const files = (options.checkpoint ?? []).map((path) => resolve(context.cwd, path));
  const verifier = new AuditVerifier(keys, await readKeptStatements(files, keys));
  for await (const line of lines) verifier.line(line);
  const verdict = verifier.verdict();
  printer.one(verdict, () => verdictLines(verdict, files.length > 0, messages, context.terminal.colors));
  return verdict.whole ? EXIT.ok : EXIT.differences;
}

function timeOf(text: string | undefined, option: string): string | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw wrongUse(`${option} takes a time, for example 2026-11-28 or 2026-11-28T08:00:00+08:00.`);
  return time.toISOString();
}

function wholeNumber(text: string, option: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw wrongUse(`${option} takes a whole number.`);
}

function wrongUse(message: string): SmartantError {
  return new SmartantError('CLI_USAGE', message, { kind: 'invalid', hint: 'Add --help to see how the command is used.' });
}

function fileExists(path: string): SmartantError {
  return new SmartantError('CLI_FILE_EXISTS', `${path} is already there.`, { kind: 'conflict', hint: 'Choose another name.' });
}
