import { formatBytes, formatDuration } from '@smartant/kernel';
import type { Migration, WatchUpdate } from '../api/api';
import type { Messages } from '../messages/messages';
import { downtimeText, lagText, retainedText } from '../output/database-view';
import { groupDigits } from '../output/numbers';
import type { Progress } from './progress';

/** How far the migration of a database is: rows while it is copied, the lag while it is streamed, the downtime while it is cut over. */
export function databaseProgress(update: WatchUpdate, messages: Messages): Progress {
  const { migration } = update;
  const { phase, status, ledger } = migration;
  const { database: texts } = messages;
  const streaming = migration.stream !== null && (phase === 'incremental' || phase === 'reversible');
  const verifying = phase === 'cutover' && ledger.verifiedRows > 0;
  const name =
    phase === 'incremental' ? texts.streaming : phase === 'reversible' && streaming ? texts.streamingBack : messages.phases[phase];
  const state = status === 'running' ? '' : messages.statuses[status];
  const facts = [
    ...factsOf(update, messages),
    ledger.quarantinedTables > 0 ? texts.failedTables(groupDigits(ledger.quarantinedTables)) : '',
  ];
  return {
    stage: `${phase}:${verifying}`,
    title: [name, verifying ? messages.verifying : '', state].filter(Boolean).join(', '),
    fraction: phase === 'full' ? shareOf(migration) : null,
    facts: facts.filter(Boolean).join('  '),
  };
}

function factsOf(update: WatchUpdate, messages: Messages): string[] {
  switch (update.migration.phase) {
    case 'full':
      return copyFacts(update, messages);
    case 'incremental':
    case 'reversible':
      return streamFacts(update, messages);
    case 'cutover':
    case 'rollback':
      return cutoverFacts(update, messages);
    default:
      return [];
  }
}

function copyFacts({ migration, bytesPerSecond }: WatchUpdate, messages: Messages): string[] {
  const { ledger, expectedBytes } = migration;
  const { database: texts } = messages;
  const left = bytesPerSecond > 0 ? (expectedBytes - ledger.copiedBytes) / bytesPerSecond : 0;
  return [
    texts.tablesOf(groupDigits(ledger.copiedTables), groupDigits(Math.max(ledger.listedTables, ledger.copiedTables))),
    texts.rows(groupDigits(ledger.copiedRows)),
    formatBytes(ledger.copiedBytes),
    perSecond(bytesPerSecond, messages),
    ledger.builtIndexes > 0 ? texts.indexes(groupDigits(ledger.builtIndexes)) : '',
    left >= 1 ? `${formatDuration(Math.round(left) * 1_000)} ${messages.left}` : '',
  ];
}

function streamFacts({ migration, bytesPerSecond, objectsPerSecond }: WatchUpdate, messages: Messages): string[] {
  const { stream, ledger } = migration;
  const { database: texts } = messages;
  if (!stream) return [];
  return [
    texts.behind(lagText(stream)),
    stream.syncingTables > 0 ? texts.syncing(groupDigits(stream.syncingTables)) : '',
    stream.comparisonsWait ? texts.comparisonsWait : '',
    stream.definitionDifferenceCount > 0 ? texts.drifted(groupDigits(stream.definitionDifferenceCount)) : '',
    texts.applied(groupDigits(ledger.appliedChanges)),
    objectsPerSecond >= 1 ? `${texts.applied(groupDigits(Math.round(objectsPerSecond)))}${messages.perSecond}` : '',
    perSecond(bytesPerSecond, messages),
    stream.fullAt || stream.retainedBytes > 0 ? texts.retained(retainedText(stream, texts)) : '',
  ];
}

function cutoverFacts({ migration, bytesPerSecond }: WatchUpdate, messages: Messages): string[] {
  const { stream, ledger, frozenAt, openedAt } = migration;
  const { database: texts } = messages;
  return [
    frozenAt && migration.phase === 'cutover' ? `${messages.labels.downtime} ${downtimeText(frozenAt, openedAt, messages)}` : '',
    stream && stream.lagBytes > 0 ? texts.behind(lagText(stream)) : '',
    ledger.verifiedRows > 0 ? texts.rows(groupDigits(ledger.verifiedRows)) : '',
    perSecond(bytesPerSecond, messages),
  ];
}

function perSecond(bytes: number, messages: Messages): string {
  return bytes > 0 ? `${formatBytes(bytes)}${messages.perSecond}` : '';
}

/** Bytes of COPY are not bytes of a table's files: near the end the tables say more. */
function shareOf({ ledger, expectedBytes }: Migration): number | null {
  if (ledger.listedTables > 0 && ledger.copiedTables >= ledger.listedTables) return 1;
  if (expectedBytes > 0) return Math.min(0.99, ledger.copiedBytes / expectedBytes);
  return ledger.listedTables > 0 ? ledger.copiedTables / ledger.listedTables : null;
}
