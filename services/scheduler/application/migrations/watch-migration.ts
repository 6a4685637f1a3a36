import { isAtRest, type DrivenMigration } from '../../domain/migration/driven-migration';
import { publicView } from '../../domain/migration/migration-view';
import type { ProgressFeed, RunRates } from '../ports/progress-feed';
import type { UnitOfWork } from '../ports/unit-of-work';
import type { Caller, WatchUpdate } from '../use-cases';
import { requireMigration } from './require-migration';

const LOOK_EVERY_MS = 1_000;
const NO_RATES: RunRates = { bytesPerSecond: 0, objectsPerSecond: 0 };

/** Rates from the ledger itself, for when the migrator's own broadcast is lost. */
class RateSamples {
  private samples: { atMs: number; bytes: number; objects: number }[] = [];

  add(migration: DrivenMigration, atMs: number): RunRates {
    const { copiedBytes, verifiedBytes, appliedBytes, copiedObjects, verifiedObjects } = migration.ledger;
    const { copiedRows, verifiedRows, appliedChanges } = migration.ledger;
    this.samples = [
      ...this.samples.filter((sample) => atMs - sample.atMs <= 5_000),
      {
        atMs,
        bytes: copiedBytes + verifiedBytes + appliedBytes,
        objects: copiedObjects + verifiedObjects + copiedRows + verifiedRows + appliedChanges,
      },
    ];
    const first = this.samples[0];
    const last = this.samples.at(-1);
    if (!first || !last || last.atMs === first.atMs || migration.status !== 'running') return NO_RATES;
    const seconds = (last.atMs - first.atMs) / 1_000;
    return {
      bytesPerSecond: Math.max(0, Math.round((last.bytes - first.bytes) / seconds)),
      objectsPerSecond: Math.max(0, (last.objects - first.objects) / seconds),
    };
  }
}

/**
 * The migration at once, and again whenever it or its progress changed, at most once a second for progress. Ends when
 * the migration is at rest or gone, or when the signal aborts.
 */
export async function* watchMigration(
  unitOfWork: UnitOfWork,
  progress: ProgressFeed,
  caller: Caller,
  id: string,
  signal: AbortSignal,
): AsyncIterable<WatchUpdate> {
  const samples = new RateSamples();
  let current: DrivenMigration | null = await requireMigration(unitOfWork.reads, caller.workspaceId, id);
  let sent = { text: '', version: -1, atMs: 0 };
  while (current !== null && !signal.aborted) {
    const nowMs = performance.now();
    const measured = samples.add(current, nowMs);
    const told = current.runId !== null && current.status === 'running' ? progress.rates(current.runId) : null;
    const update: WatchUpdate = { migration: publicView(current), ...(told ?? measured) };
    const text = JSON.stringify(update);
    const due = current.version !== sent.version || isAtRest(current) || nowMs - sent.atMs >= LOOK_EVERY_MS;
    if (due && text !== sent.text) {
      yield update;
      sent = { text, version: current.version, atMs: nowMs };
    }
    if (isAtRest(current)) return;
    await progress.next(id, LOOK_EVERY_MS, signal);
    current = signal.aborted ? null : await unitOfWork.reads.migrations.find(caller.workspaceId, id);
  }
}
