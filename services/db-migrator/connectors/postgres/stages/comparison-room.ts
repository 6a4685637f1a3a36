import { setTimeout as delay } from 'node:timers/promises';
import type { StreamLag } from '../apply/lag-watch';
import type { Retention } from '../precheck/watch-retention';

/** A stream that is so close does not hold the log back: somebody's open transaction does, and waiting would not help. */
const CLOSE_BYTES = 16 * 2 ** 20;
const LOOK_EVERY_MS = 200;

/**
 * Comparisons beside a stream take as much of both servers as these give. Where the log that is kept for the stream runs short because the stream
 * is behind, they stand back, so that applying has the servers for itself, and go on once it has caught up or the log lasts.
 */
export class ComparisonRoom {
  private shut = false;

  /** Whether comparisons stand back now. */
  get isShut(): boolean {
    return this.shut;
  }

  /** What the stream tells of itself, and what is known of its log (null: nothing yet). */
  hear({ lagBytes }: Pick<StreamLag, 'lagBytes'>, retention: Retention | null): void {
    const isBehind = lagBytes > CLOSE_BYTES;
    const isShort = retention?.verdict === 'warn';
    this.shut = isBehind && isShort && (this.shut || retention.bytesPerSecond > 0);
  }

  /** Before each piece that is compared: resolves when it may be. Raises the signal's reason. */
  readonly enter = async (signal: AbortSignal): Promise<void> => {
    while (this.shut) {
      await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
      signal.throwIfAborted();
    }
  };
}
