import { formatBytes, formatDuration } from '@smartant/kernel';
import type { WatchUpdate } from '../api/api';
import type { Messages } from '../messages/messages';
import { groupDigits } from '../output/numbers';
import { databaseProgress } from './database-progress';
import { hostProgress } from './host-progress';

/** How far a migration is, in numbers and words. */
export interface Progress {
  /** Changes when a new stretch of work begins: a phase, or its verification. Rounds share one: there may be thousands. */
  stage: string;
  /** What is going on: "full copy", "incremental, round 2", "cutover, verifying". */
  title: string;
  /** 0 to 1; null where the end is not known. */
  fraction: number | null;
  /** Objects, bytes, speed and time left, as far as they are known. */
  facts: string;
}

/** Time left is only told from a measured speed and a known total: no figure is better than a wrong one. */
export function progressOf(update: WatchUpdate, messages: Messages): Progress {
  if (update.migration.spec.kind === 'database') return databaseProgress(update, messages);
  if (update.migration.spec.kind === 'host') return hostProgress(update, messages);
  const { migration, bytesPerSecond, objectsPerSecond } = update;
  const { ledger, phase, status } = migration;
  const verifying = phase === 'cutover' && ledger.verifiedObjects > 0;
  const settled = ledger.copiedObjects + ledger.unchangedObjects + ledger.skippedObjects + ledger.quarantinedObjects;
  const fullCopy = phase === 'full';
  const doneObjects = verifying ? ledger.verifiedObjects : settled;
  const doneBytes = verifying ? ledger.verifiedBytes : ledger.copiedBytes + ledger.unchangedBytes;
  const bounded = (fullCopy || verifying) && migration.expectedObjects > 0;
  const total = Math.max(migration.expectedObjects, doneObjects);
  const facts = [
    bounded ? messages.objectsOf(groupDigits(doneObjects), groupDigits(total)) : '',
    bounded ? formatBytes(doneBytes) : messages.counted(...countsOf(migration)),
    bytesPerSecond > 0 ? `${formatBytes(bytesPerSecond)}${messages.perSecond}` : '',
    objectsPerSecond >= 1 ? `${messages.objects(groupDigits(Math.round(objectsPerSecond)))}${messages.perSecond}` : '',
    bounded ? timeLeft(total - doneObjects, migration.expectedBytes - doneBytes, { bytesPerSecond, objectsPerSecond }, messages) : '',
    ledger.quarantinedObjects > 0 ? messages.quarantined(groupDigits(ledger.quarantinedObjects)) : '',
  ];
  const round = migration.round > 0 && phase === 'incremental' ? messages.round(migration.round) : '';
  const state = status === 'running' ? '' : messages.statuses[status];
  return {
    stage: `${phase}:${verifying}`,
    title: [messages.phases[phase], round, verifying ? messages.verifying : '', state].filter(Boolean).join(', '),
    fraction: bounded ? doneObjects / total : null,
    facts: facts.filter(Boolean).join('  '),
  };
}

/** Copied, unchanged and deleted objects, grouped. */
export function countsOf({ ledger }: WatchUpdate['migration']): [copied: string, unchanged: string, deleted: string] {
  return [groupDigits(ledger.copiedObjects), groupDigits(ledger.unchangedObjects), groupDigits(ledger.deletedObjects)];
}

/** Bytes decide for large objects and requests for small ones: the slower of the two is the estimate. */
function timeLeft(
  objects: number,
  bytes: number,
  speed: Pick<WatchUpdate, 'bytesPerSecond' | 'objectsPerSecond'>,
  messages: Messages,
): string {
  // While large objects are copied hardly one ends in a second: that says nothing about the small ones that follow.
  const counts = speed.objectsPerSecond >= 1 || speed.bytesPerSecond <= 0;
  if (speed.bytesPerSecond <= 0 && speed.objectsPerSecond <= 0) return '';
  const byBytes = speed.bytesPerSecond > 0 ? Math.max(0, bytes) / speed.bytesPerSecond : 0;
  const byObjects = counts && speed.objectsPerSecond > 0 ? objects / speed.objectsPerSecond : 0;
  const seconds = Math.max(byBytes, byObjects);
  return seconds < 1 ? '' : `${formatDuration(Math.round(seconds) * 1_000)} ${messages.left}`;
}
