import { formatBytes, formatDuration } from '@smartant/kernel';
import type { Endpoint, Migration, MigrationKind } from '../api/api';
import type { Messages } from '../messages/messages';
import { elapsed, groupDigits, localTime } from './numbers';

type DatabaseLocation = Extract<Endpoint['location'], { kind: 'postgres' }>;

/** "postgres://user@host:5432/db", with the way to it. */
export function databasePlace({ host, port, database, user, via = [] }: DatabaseLocation): string {
  const steps = via.map((way) => ` via ${way.kind} ${way.host}:${way.port}`).join('');
  if (host.startsWith('/')) return `postgres://${user}@/${database}?host=${host}&port=${port}`;
  return `postgres://${user}@${host.includes(':') ? `[${host}]` : host}:${port}/${database}${steps}`;
}

export function isDatabase({ spec }: { spec: { kind: MigrationKind } }): boolean {
  return spec.kind === 'database';
}

/** Rows of `migration show` that are about a database. */
export function databaseDetails(migration: Migration, messages: Messages): [string, string][] {
  const { database: texts, labels } = messages;
  const { ledger, frozenAt, openedAt } = migration;
  const tables =
    ledger.listedTables > 0 ? `${groupDigits(ledger.copiedTables)}/${groupDigits(ledger.listedTables)}` : groupDigits(ledger.copiedTables);
  return [
    [texts.labels.tables, tables],
    [texts.labels.rows, `${groupDigits(ledger.copiedRows)} (${formatBytes(ledger.copiedBytes)})`],
    [texts.labels.indexes, groupDigits(ledger.builtIndexes)],
    [texts.labels.changes, texts.changes(groupDigits(ledger.appliedChanges), groupDigits(ledger.appliedTransactions))],
    [labels.failed, groupDigits(ledger.quarantinedTables)],
    ...streamDetails(migration, messages),
    ...(frozenAt ? [[labels.downtime, downtimeText(frozenAt, openedAt, messages)] as [string, string]] : []),
  ];
}

function streamDetails({ stream, phase }: Migration, { database }: Messages): [string, string][] {
  if (!stream) return [];
  const { labels } = database;
  return [
    [
      phase === 'reversible' || phase === 'rollback' ? labels.streamBack : labels.stream,
      `${stream.appliedPosition} / ${stream.sourcePosition}`,
    ],
    [labels.lag, lagText(stream)],
    [labels.retained, retainedText(stream, database)],
    ...(stream.definitionDifferenceCount > 0 ? [[labels.definitions, driftText(stream, database)] as [string, string]] : []),
  ];
}

/** "120ms (1.2 KiB)": how far the target is behind. */
export function lagText({ lagMs, lagBytes }: NonNullable<Migration['stream']>): string {
  return `${formatDuration(lagMs)} (${formatBytes(lagBytes)})`;
}

/** The log that the source keeps, and when that fills its disk. */
export function retainedText({ retainedBytes, fullAt }: NonNullable<Migration['stream']>, texts: Messages['database']): string {
  return [formatBytes(retainedBytes), fullAt ? texts.fullAt(localTime(fullAt)) : ''].filter(Boolean).join(', ');
}

/** "2 differ: index public.order_note: it is missing at the target." */
function driftText(
  { definitionDifferenceCount, definitionDifferences }: NonNullable<Migration['stream']>,
  texts: Messages['database'],
): string {
  return texts.drift(groupDigits(definitionDifferenceCount), definitionDifferences.join('; '));
}

/** From the freeze of the source to the opened target, or how long it lasts already. */
export function downtimeText(frozenAt: string, openedAt: string | null, { database }: Messages): string {
  return openedAt ? elapsed(frozenAt, Date.parse(openedAt)) : database.frozenFor(elapsed(frozenAt, Date.now()));
}

/** What a verified database comes to. */
export function databaseVerifiedLine({ verification }: Migration, messages: Messages): string | null {
  const found = verification?.database;
  if (!verification || !found) return null;
  const { tables, targetRows, sequences, objects } = found;
  return messages.database.verified(
    groupDigits(tables),
    groupDigits(targetRows),
    groupDigits(sequences),
    groupDigits(objects),
    verification.level,
  );
}
