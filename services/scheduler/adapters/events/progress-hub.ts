import { EventEmitter, once } from 'node:events';
import { eventsV1 } from '@smartant/contracts';
import type { EventBus, Subscription } from '@smartant/platform/events';
import type { ProgressFeed, RunRates } from '../../application/ports/progress-feed';

const PROGRESS_CHANNEL = 'smartant.progress.v1';
/** Between scheduler replicas: a migration was changed, look again. */
const CHANGES_CHANNEL = 'smartant.changes.v1';
const FRESH_MS = 3_000;

/** Live progress and changes, heard from the lossy broadcast by every replica. */
export class ProgressHub implements ProgressFeed {
  private readonly heard = new EventEmitter().setMaxListeners(0);
  private hearChange: (migrationId: string, version: number) => void = () => undefined;
  private readonly told = new Map<string, RunRates & { atMs: number }>();

  constructor(private readonly bus: Pick<EventBus, 'broadcast' | 'onBroadcast'>) {}

  /** Begins to hear; close the subscriptions to end. */
  start(): Promise<Subscription[]> {
    return Promise.all([
      this.bus.onBroadcast(PROGRESS_CHANNEL, (payload) => this.hearProgress(payload)),
      this.bus.onBroadcast(CHANGES_CHANNEL, (payload) => this.hearChanges(payload)),
    ]);
  }

  /** Calls `hear` for each change with a version that any replica announced, this one included. */
  onChange(hear: (migrationId: string, version: number) => void): void {
    this.hearChange = hear;
  }

  rates(runId: string): RunRates | null {
    const last = this.told.get(runId);
    if (!last || performance.now() - last.atMs > FRESH_MS) return null;
    return { bytesPerSecond: last.bytesPerSecond, objectsPerSecond: last.objectsPerSecond };
  }

  async next(migrationId: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    const ended = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    await once(this.heard, migrationId, { signal: ended }).catch(() => undefined);
  }

  announce(migrationId: string, version?: number): void {
    // Listeners here need not wait for the way round; a broadcast that fails is one that was lost.
    this.heard.emit(migrationId);
    this.bus.broadcast(CHANGES_CHANNEL, { migrationId, version }).catch(() => undefined);
  }

  private hearChanges(payload: object): void {
    const { migrationId, version } = payload as { migrationId?: unknown; version?: unknown };
    this.heard.emit(String(migrationId));
    if (typeof version === 'number') this.hearChange(String(migrationId), version);
  }

  private hearProgress(payload: object): void {
    const { runId, migrationId, bytesPerSecond, objectsPerSecond } = eventsV1.Progress.fromJSON(payload);
    const nowMs = performance.now();
    this.told.set(runId, { bytesPerSecond, objectsPerSecond, atMs: nowMs });
    for (const [id, { atMs }] of this.told) if (nowMs - atMs > FRESH_MS) this.told.delete(id);
    this.heard.emit(migrationId);
  }
}
