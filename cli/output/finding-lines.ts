import type { Finding } from '../api/api';
import type { Messages } from '../messages/messages';
import { printable } from './table';
import type { Colors } from './terminal';

/** Statements of one finding that are shown; `migration fix --dry-run` shows all. */
const SHOWN = 3;

/** A line a finding, with what to do, and the statements that do it where there are any. */
export function findingLines(findings: Finding[], messages: Messages, colors: Colors): string[] {
  const paint = { blocker: colors.red, warning: colors.yellow, note: colors.dim };
  return findings.flatMap(({ severity, code, message, hint, subject, fix }) => {
    const own = messages.findingText(code);
    const { statements = [] } = fix ?? {};
    const more = statements.length - SHOWN;
    return [
      `${paint[severity](messages.severity[severity])} ${code} (${subject}): ${own?.message ?? printable(message)}`,
      ...(own ? [`  ${messages.database.detail}: ${printable(message)}`] : []),
      ...(hint || own ? [`  ${messages.error.hint}: ${own?.hint ?? printable(hint)}`] : []),
      ...statements.slice(0, SHOWN).map((statement) => `  SQL (${subject}): ${printable(statement)};`),
      ...(more > 0 ? [`  ${messages.database.moreStatements(String(more))}`] : []),
    ];
  });
}

/** Findings that a program can set right. */
export function fixesOf(findings: Finding[], { codes, includeUnsafe }: { codes: string[]; includeUnsafe: boolean }): Finding[] {
  return findings.filter(({ code, fix }) => fix && (fix.isSafe || includeUnsafe) && (codes.length === 0 || codes.includes(code)));
}
