import { formatBytes, formatDuration } from '@smartant/kernel';
import { judgeReport, type MigrationReport, type ReportedDatabase } from '@smartant/proof';
import type { Messages } from '../messages/messages';
import { bootText } from './host-view';
import { groupDigits, localTime } from './numbers';
import { printable, renderDetails } from './table';
import type { Colors } from './terminal';

/** What a report states, for people. */
export function reportLines(report: MigrationReport, messages: Messages, colors: Colors): string[] {
  const { labels } = messages;
  const { verification } = report;
  const { database } = verification;
  const { kind } = report.migration;
  const units = (objects: number) =>
    kind === 'host' ? messages.hosts.files(groupDigits(objects)) : messages.objects(groupDigits(objects));
  const side = ({ objects, bytes, root }: { objects: number; bytes: number; root: string }, rows: number | undefined) =>
    `${rows === undefined ? units(objects) : messages.database.rows(groupDigits(rows))}, ${formatBytes(bytes)}, ${labels.root} ${root}`;
  const details: [string, string][] = [
    [labels.migration, `${report.migration.name} (${report.migration.id})`],
    [labels.source, report.source.description],
    ['', side(verification.source, database?.sourceRows)],
    [labels.target, report.target.description],
    ['', side(verification.target, database?.targetRows)],
    ...(database ? databaseLines(database, messages) : []),
    ...(report.host?.boot
      ? ([[messages.hosts.labels.boot, bootText({ ...report.host.boot, console: '' }, messages.hosts)]] as [string, string][])
      : []),
    [labels.level, verification.level],
    [labels.frozen, verification.sourceFrozen ? labels.yes : labels.no],
    [labels.asOf, localTime(verification.asOf)],
    [labels.downtime, report.downtime ? formatDuration(report.downtime.milliseconds) : '–'],
    [labels.issued, localTime(report.issuedAt)],
  ];
  return [
    ...renderDetails(details).map((line) => line.replace(/^:/, ' ')),
    ...differenceLines(report, messages),
    ...waiverLines(report, messages),
    ...(verification.sourceFrozen ? [] : ['', colors.yellow(messages.asOf(localTime(verification.asOf)))]),
  ];
}

function databaseLines(
  { tables, sequences, objects, frozenPosition }: ReportedDatabase,
  { database: { labels } }: Messages,
): [string, string][] {
  return [
    [labels.tables, groupDigits(tables)],
    [labels.sequences, groupDigits(sequences)],
    [labels.objects, groupDigits(objects)],
    [labels.frozenPosition, frozenPosition],
  ];
}

/** The last line of a verification. */
export function verdictLine(report: MigrationReport, messages: Messages, colors: Colors): string {
  const { differenceCount, waivedCount } = report.verification;
  if (judgeReport(report) === 'differences') return colors.red(messages.notProved(groupDigits(Math.max(1, differenceCount - waivedCount))));
  return colors.green(waivedCount > 0 ? messages.provedWaived(groupDigits(waivedCount)) : messages.proved);
}

function differenceLines({ verification }: MigrationReport, messages: Messages): string[] {
  if (verification.differenceCount === 0) return [];
  const rest = verification.differenceCount - verification.differences.length;
  return [
    '',
    `${messages.labels.differences}: ${groupDigits(verification.differenceCount)}`,
    ...verification.differences.map(({ key, kind, detail, waived }) => {
      const facts = [kind, detail, waived ? messages.labels.waivers : ''].filter(Boolean).join(', ');
      return `  ${printable(key)}: ${printable(facts)}`;
    }),
    ...(rest > 0 ? [`  ${messages.moreDifferences(groupDigits(rest))}`] : []),
  ];
}

/** A newer or older report may lack them: only what the verdict rests on is certain to be there. */
function waiverLines(report: Partial<MigrationReport>, messages: Messages): string[] {
  const waivers = report.waivers ?? [];
  if (waivers.length === 0) return [];
  return [
    '',
    `${messages.labels.waivers}:`,
    ...waivers.map(({ unit, reason, actor, at }) => `  ${printable(unit)}: ${printable(reason)} (${printable(actor)}, ${localTime(at)})`),
  ];
}
