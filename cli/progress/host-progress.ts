import { formatBytes, formatDuration } from '@smartant/kernel';
import type { Migration, WatchUpdate } from '../api/api';
import type { Messages } from '../messages/messages';
import { bootText, countedText, downtimeText, predictionText } from '../output/host-view';
import { groupDigits } from '../output/numbers';
import type { Progress } from './progress';

/** How far the migration of a host is: files while it is copied, the predicted last delta between rounds, the downtime in the cutover. */
export function hostProgress(update: WatchUpdate, messages: Messages): Progress {
  const { migration } = update;
  const { phase, status, ledger, round } = migration;
  const { hosts: texts } = messages;
  const verifying = phase === 'cutover' && ledger.verifiedFiles > 0;
  const title = [
    messages.phases[phase],
    phase === 'incremental' && round > 0 ? messages.round(round) : '',
    verifying ? messages.verifying : '',
    status === 'running' ? '' : messages.statuses[status],
  ];
  const facts = [...factsOf(update, messages), ledger.quarantinedFiles > 0 ? texts.failedFiles(groupDigits(ledger.quarantinedFiles)) : ''];
  return {
    stage: `${phase}:${verifying}`,
    title: title.filter(Boolean).join(', '),
    fraction: phase === 'full' ? shareOf(migration) : null,
    facts: facts.filter(Boolean).join('  '),
  };
}

function factsOf({ migration, bytesPerSecond }: WatchUpdate, messages: Messages): string[] {
  const { phase, status, ledger, prediction, rehearsal, frozenAt, openedAt, expectedBytes } = migration;
  const { hosts: texts } = messages;
  const speed = bytesPerSecond > 0 ? `${formatBytes(bytesPerSecond)}${messages.perSecond}` : '';
  switch (phase) {
    case 'full': {
      const left = bytesPerSecond > 0 ? (expectedBytes - ledger.copiedBytes) / bytesPerSecond : 0;
      return [
        countedText(migration, ledger.copiedFiles, texts),
        formatBytes(ledger.copiedBytes),
        speed,
        left >= 1 ? `${formatDuration(Math.round(left) * 1_000)} ${messages.left}` : '',
      ];
    }
    case 'incremental':
      return [
        countedText(migration, ledger.copiedFiles, texts),
        formatBytes(ledger.copiedBytes),
        status === 'running' ? speed : '',
        prediction ? texts.lastDelta(predictionText(migration, prediction, texts)) : '',
      ];
    case 'rehearsal':
      return rehearsal ? [bootText(rehearsal, texts)] : [];
    case 'cutover':
      return [
        frozenAt ? `${messages.labels.downtime} ${downtimeText(frozenAt, openedAt, messages)}` : '',
        ledger.verifiedFiles > 0 ? countedText(migration, ledger.verifiedFiles, texts) : '',
        speed,
      ];
    default:
      return [];
  }
}

function shareOf({ ledger, expectedBytes, expectedObjects }: Migration): number | null {
  if (expectedBytes > 0) return Math.min(0.99, ledger.copiedBytes / expectedBytes);
  return expectedObjects > 0 ? Math.min(0.99, ledger.copiedFiles / expectedObjects) : null;
}
