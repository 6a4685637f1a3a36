import { formatBytes } from '@smartant/kernel';
import type { Migration } from '../api/api';
import { findingLines, fixesOf } from './finding-lines';
import { databaseDetails, databaseVerifiedLine, isDatabase } from './database-view';
import { bootLines, countedText, hostDetails, isHost, mayRehearse, startsTarget } from './host-view';
import { calendarText, ratesText } from './limit-text';
import type { Messages } from '../messages/messages';
import { isVerified } from '../progress/outcome';
import { countsOf, progressOf } from '../progress/progress';
import { elapsed, groupDigits, localTime } from './numbers';
import { printable, renderDetails, type Column } from './table';
import type { Colors } from './terminal';

/** Columns of `migration list`. */
export function migrationColumns(messages: Messages, nowMs: number): Column<Migration>[] {
  const { columns } = messages;
  const percent = (migration: Migration) => {
    const { fraction } = progressOf({ migration, bytesPerSecond: 0, objectsPerSecond: 0 }, messages);
    return fraction === null ? '' : `${Math.floor(fraction * 100)}%`;
  };
  return [
    { heading: columns.id, value: ({ id }) => id },
    { heading: columns.name, value: ({ name }) => name },
    { heading: columns.phase, value: ({ phase }) => messages.phases[phase] },
    { heading: columns.status, value: (migration) => statusText(migration, messages) },
    { heading: columns.progress, value: percent, align: 'right' },
    { heading: columns.bytes, value: ({ ledger }) => formatBytes(ledger.copiedBytes), align: 'right' },
    { heading: columns.age, value: ({ createdAt }) => elapsed(createdAt, nowMs), align: 'right' },
    { heading: columns.source, value: ({ spec }) => spec.sourceEndpointId, wide: true },
    { heading: columns.target, value: ({ spec }) => spec.targetEndpointId, wide: true },
  ];
}

/** "running (window closed)": also why it stands still, where its status does not say so. */
function statusText({ status, waitingFor, stuck }: Migration, messages: Messages): string {
  const reason = stuck ? 'stuck' : waitingFor?.reason;
  const standing = Object.entries(messages.standing).find(([name]) => name === reason)?.[1];
  return standing ? `${messages.statuses[status]} (${standing})` : messages.statuses[status];
}

/** `migration show`. */
export function migrationLines(
  migration: Migration,
  places: { source: string; target: string },
  messages: Messages,
  colors: Colors,
): string[] {
  const { labels } = messages;
  const { spec } = migration;
  const details: [string, string][] = [
    [labels.id, migration.id],
    [labels.name, migration.name],
    [labels.state, `${messages.phases[migration.phase]} / ${statusText(migration, messages)}`],
    [labels.source, places.source],
    [labels.target, places.target],
    [labels.created, localTime(migration.createdAt)],
    ...kindDetails(migration, messages),
    [labels.limits, ratesText(spec.limits, messages)],
    ...optional(labels.calendar, spec.limits.calendar && calendarText(spec.limits.calendar, messages)),
    ...optional(labels.priority, spec.priority === undefined ? null : String(spec.priority)),
  ];
  return [
    ...renderDetails(details),
    ...section(
      labels.phases,
      migration.timings.map((timing) => timingLine(timing, messages)),
    ),
    ...section(labels.findings, findingLines(migration.findings, messages, colors)),
    ...section(
      labels.error,
      migration.error ? [`${migration.error.code}: ${migration.error.message}`, migration.error.hint].map(printable) : [],
    ),
    ...section(messages.hosts.labels.rehearsal, migration.rehearsal ? bootLines(migration.rehearsal, messages.hosts) : []),
    ...section(messages.hosts.labels.boot, migration.boot ? bootLines(migration.boot, messages.hosts) : []),
    ...section(labels.verified, migration.verification ? verificationLines(migration, messages, colors) : []),
    ...section(labels.next, nextSteps(migration, messages)),
  ];
}

function kindDetails(migration: Migration, messages: Messages): [string, string][] {
  if (isDatabase(migration)) return databaseDetails(migration, messages);
  return isHost(migration) ? hostDetails(migration, messages) : objectDetails(migration, messages);
}

function objectDetails(migration: Migration, { labels }: Messages): [string, string][] {
  const { ledger } = migration;
  const [copied, unchanged, deleted] = countsOf(migration);
  return [
    [labels.copied, `${copied} (${formatBytes(ledger.copiedBytes)})`],
    [labels.unchanged, unchanged],
    [labels.deleted, deleted],
    [labels.kept, groupDigits(ledger.keptExtraObjects)],
    [labels.skipped, skips(ledger.skippedObjects, ledger.skippedByReason)],
    [labels.failed, groupDigits(ledger.quarantinedObjects)],
  ];
}

/** What the verification found, at the end of a migration or in its details. */
export function verificationLines(migration: Migration, messages: Messages, colors: Colors): string[] {
  const { verification } = migration;
  if (!verification) return [];
  const asOf = verification.sourceFrozen ? [] : [messages.asOf(localTime(verification.asOf))];
  if (isVerified(migration)) {
    const { targetObjects, targetBytes, level, waivedCount } = verification;
    const line =
      databaseVerifiedLine(migration, messages) ??
      (isHost(migration)
        ? messages.hosts.verified(countedText(migration, targetObjects, messages.hosts), formatBytes(targetBytes), level)
        : null) ??
      (waivedCount > 0
        ? messages.verifiedWaived(groupDigits(waivedCount))
        : messages.verified(groupDigits(targetObjects), formatBytes(targetBytes), level));
    return [colors.green(line), ...asOf];
  }
  const shown = verification.differences.filter((difference) => !difference.waived);
  const rest = verification.differenceCount - verification.waivedCount - shown.length;
  return [
    colors.red(differentLine(migration, messages)),
    ...shown.map(({ key, kind, detail }) => `  ${printable(key)}: ${printable([kind, detail].filter(Boolean).join(', '))}`),
    ...(rest > 0 ? [`  ${messages.moreDifferences(groupDigits(rest))}`] : []),
    ...asOf,
  ];
}

function differentLine({ spec, verification }: Migration, messages: Messages): string {
  const differing = (verification?.differenceCount ?? 0) - (verification?.waivedCount ?? 0);
  if (spec.kind === 'host') return messages.hosts.different(countedText({ spec }, differing, messages.hosts));
  const count = groupDigits(differing);
  return spec.kind === 'database' ? messages.database.different(count) : messages.different(count);
}

/** What the migration waits for, and what the user can usefully do in the state that it is in. */
export function nextSteps(migration: Migration, messages: Messages): string[] {
  const { stuck } = migration;
  return [...(stuck ? [messages.stuck(localTime(stuck.since), failure(stuck.error, messages))] : []), ...waits(migration, messages)];
}

function waits(migration: Migration, messages: Messages): string[] {
  const { id, phase, status, spec, waitingFor } = migration;
  const { reason, until, error } = waitingFor ?? {};
  if (until && reason === 'window') return [messages.waitingForWindow(id, localTime(until))];
  if (until && reason === 'late-writes') return [messages.waitingForLateWrites(localTime(until))];
  if (until && reason === 'next-attempt') {
    const tell = Date.parse(until) > Date.now() ? messages.waitingForAttempt : messages.attempting;
    return [tell(localTime(until), error ? failure(error, messages) : '')];
  }
  if (isDatabase(migration)) return databaseWaits(migration, messages);
  if (isHost(migration)) return hostWaits(migration, messages);
  if (status === 'paused') return [messages.pausedNow(id)];
  if (status === 'failed') return [messages.retryHint(id)];
  if (status !== 'waiting') return [];
  if (phase === 'incremental' && spec.cutover.mode === 'manual') return [messages.waitingForCutover(id)];
  return phase === 'reversible' && spec.cutover.finalize === 'manual' ? [messages.waitingForFinalize(id)] : [];
}

/** A stream that keeps up waits for its user although it runs. */
function databaseWaits({ id, phase, status, spec, stream, frozenAt, openedAt, findings }: Migration, messages: Messages): string[] {
  const { database: texts } = messages;
  const frozen = phase === 'cutover' && frozenAt !== null && openedAt === null ? [texts.stillFrozen(id)] : [];
  if (status === 'paused') return [phase === 'incremental' ? texts.pausedStream(id) : messages.pausedNow(id), ...frozen];
  const fixable = phase === 'precheck' ? fixesOf(findings, { codes: [], includeUnsafe: false }).length : 0;
  if (status === 'failed' && fixable > 0) return [texts.canFix(id, String(fixable)), messages.retryHint(id)];
  const streams = phase === 'cutover' && spec.kind === 'database' && spec.database.mode === 'live' ? [texts.repairFirst(id)] : [];
  if (status === 'failed') return [phase === 'cutover' ? texts.retryCutover(id) : messages.retryHint(id), ...streams, ...frozen];
  const isClose = stream !== null && stream.lagMs <= CLOSE_MS;
  if (phase === 'incremental' && status === 'running' && isClose && spec.cutover.mode === 'manual') return [texts.waitingForCutover(id)];
  if (phase === 'full' && status === 'waiting') return [texts.waitingForSnapshotCutover(id)];
  const decides = phase === 'reversible' && (status === 'waiting' || status === 'running') && spec.cutover.finalize === 'manual';
  return decides ? [texts.waitingForFinalize(id)] : [];
}

function hostWaits({ id, phase, status, spec, frozenAt, openedAt }: Migration, messages: Messages): string[] {
  const { hosts: texts } = messages;
  const frozen = phase === 'cutover' && frozenAt !== null && openedAt === null ? [texts.stillFrozen(id)] : [];
  if (status === 'paused') return [messages.pausedNow(id), ...frozen];
  if (status === 'failed') return [phase === 'cutover' ? texts.retryCutover(id) : messages.retryHint(id), ...frozen];
  if (status !== 'waiting') return [];
  if (phase === 'incremental' && spec.cutover.mode === 'manual') return [texts.waitingForCutover(id, mayRehearse(spec))];
  return phase === 'reversible' && spec.cutover.finalize === 'manual' ? [texts.waitingForFinalize(id, startsTarget(spec))] : [];
}

/** A stream that is not further behind is said to be in step. */
const CLOSE_MS = 5_000;

function failure({ code, message, hint }: NonNullable<Migration['error']>, messages: Messages): string {
  return printable(`${code}: ${message}${hint ? ` ${messages.error.hint}: ${hint}` : ''}`);
}

function timingLine({ phase, round, startedAt, finishedAt, outcome }: Migration['timings'][number], messages: Messages): string {
  const title = [messages.phases[phase], phase === 'incremental' && round > 0 ? messages.round(round) : ''].filter(Boolean).join(', ');
  const length = finishedAt ? elapsed(startedAt, Date.parse(finishedAt)) : '';
  return [localTime(startedAt), title, outcome ? messages.statuses[outcome] : '', length].filter(Boolean).join('  ');
}

function skips(total: number, byReason: Record<string, number>): string {
  const reasons = Object.entries(byReason).map(([reason, count]) => `${reason} ${groupDigits(count)}`);
  return reasons.length > 0 ? `${groupDigits(total)} (${reasons.join(', ')})` : groupDigits(total);
}

function optional(label: string, text: string | null | undefined): [string, string][] {
  return text ? [[label, text]] : [];
}

function section(title: string, lines: string[]): string[] {
  return lines.length > 0 ? ['', `${title}:`, ...lines.map((line) => `  ${line}`)] : [];
}
