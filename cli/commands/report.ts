import { resolve } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import { judgeReport, keyIdOf, verifyReport, type DsseEnvelope, type MigrationReport, type ReportStatement } from '@smartant/proof';
import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-codes';
import { readText } from '../files/read-text';
import type { Invocation, Runner } from '../invocation';
import { localTime } from '../output/numbers';
import { reportLines, verdictLine } from '../output/report-view';

/** report show, report verify, keys list. */
export function addReportCommands(program: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  const report = program.command('report').description(help.report);
  report.command('show <id>').description(help.reportShow).action(runner.action(showReport));
  report.command('verify <file>').description(help.reportVerify).option('--key <pem>', help.reportKey).action(runner.action(verify));
  const keys = program.command('keys').description(help.keys);
  keys.command('list').alias('ls').description(help.keysList).action(runner.action(listKeys));
}

async function showReport(invocation: Invocation, id: string): Promise<ExitCode> {
  const { api, session, context, printer, messages } = invocation;
  const envelope = await api.report(id);
  const pinned = session.pinnedReportKeyPem;
  const verified = pinned ? verifyReport(envelope, pinned) : undefined;
  const statement = verified?.statement ?? readUnverified(envelope);
  printer.one(envelope, () => [
    ...reportLines(statement.predicate, messages, context.terminal.colors),
    '',
    verified ? messages.signatureValid(verified.keyId) : messages.signatureUnchecked,
  ]);
  return judgeReport(statement.predicate) === 'proved' ? EXIT.ok : EXIT.differences;
}

/** Without a pinned key the report is only what the server says. */
function readUnverified(envelope: DsseEnvelope): ReportStatement {
  return JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8')) as ReportStatement;
}

async function verify(invocation: Invocation, file: string, options: { key?: string }): Promise<ExitCode> {
  const { context, printer, messages } = invocation;
  const publicKeyPem = readTrustedKey(invocation, options.key);
  const text = file === '-' ? await context.terminal.readAll() : readText(resolve(context.cwd, file), 'Check the path.');
  const { statement, keyId } = verifyReport(parseEnvelope(text), publicKeyPem);
  const report = statement.predicate;
  const verdict = judgeReport(report);
  printer.one({ verdict, keyId, report: summary(report) }, () => [
    messages.signatureValid(keyId),
    '',
    ...reportLines(report, messages, context.terminal.colors),
    '',
    verdictLine(report, messages, context.terminal.colors),
  ]);
  return verdict === 'proved' ? EXIT.ok : EXIT.differences;
}

function summary({ migration, source, target, verification, issuedAt }: MigrationReport): object {
  return { migration, source, target, verification, issuedAt };
}

/** The key on the command line, else the one that was pinned at sign-in. Nothing that comes with a report is trusted. */
function readTrustedKey(invocation: Invocation, file: string | undefined): string {
  if (file !== undefined) return readText(resolve(invocation.context.cwd, file), 'Check the path.');
  const pinned = invocation.sessionIfAny?.pinnedReportKeyPem;
  if (pinned) return pinned;
  throw new SmartantError('CLI_USAGE', 'A report is verified against a key that you trust, and none was given.', {
    kind: 'invalid',
    hint: 'Add --key FILE: the public key that was shown at installation ("smartant keys list -o json" prints it).',
  });
}

function parseEnvelope(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // verifyReport names what is wrong with everything that is not an envelope.
    return null;
  }
}

async function listKeys({ api, session, printer, messages }: Invocation): Promise<void> {
  const { columns, labels } = messages;
  const pinned = session.pinnedReportKeyPem ? keyIdOf(session.pinnedReportKeyPem) : undefined;
  printer.list(
    await api.reportKeys(),
    [
      { heading: columns.key, value: ({ keyId }) => keyId },
      { heading: columns.created, value: ({ createdAt }) => localTime(createdAt) },
      { heading: columns.retired, value: ({ retiredAt }) => (retiredAt ? localTime(retiredAt) : '') },
      { heading: columns.pinned, value: ({ keyId }) => (keyId === pinned ? labels.yes : '') },
    ],
    messages.nothing.keys,
  );
}
