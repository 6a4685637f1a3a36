import { setTimeout as delay } from 'node:timers/promises';
import { toSmartantError } from '@smartant/kernel';
import type { Lsn } from '../replication/lsn';
import { cancelled } from '../session/pg-errors';
import { TextNeeded } from './binary-table';
import type { StreamChangesOptions } from './stream-options';
import { StreamRun } from './stream-run';

const FIRST_DELAY_MS = 200;
const MOST_DELAY_MS = 10_000;
/** Without any progress; then whoever runs the stage decides. */
const GIVE_UP_AFTER_MS = 120_000;

/**
 * Applies the changes of the source to the target, each transaction once and in the order of commits, whatever ends in between: the position is
 * written in the target's transaction. Connects again where that helps and goes on from the position. Resolves with the applied position when
 * `untilLsn` is reached; raises CANCELLED when it is told to stop, DATABASE_SOURCE_CHANGED, DATABASE_SLOT_LOST or DATABASE_EPOCH_STALE
 * when it must not go on, and the last error when two minutes of trying again brought nothing.
 */
export async function streamChanges(options: StreamChangesOptions): Promise<Lsn> {
  const excluded = new Set(options.excluded);
  let failingSinceMs: number | undefined;
  let delayMs = FIRST_DELAY_MS;
  let { form } = options;
  for (;;) {
    const run = new StreamRun(options, excluded, form);
    try {
      return await run.run();
    } catch (thrown) {
      if (options.signal.aborted) throw cancelled(thrown);
      if (thrown instanceof TextNeeded) {
        form = 'text';
        continue;
      }
      const error = toSmartantError(thrown);
      if (run.hasProgressed) {
        failingSinceMs = undefined;
        delayMs = FIRST_DELAY_MS;
      }
      failingSinceMs ??= Date.now();
      if (!error.retryable || Date.now() - failingSinceMs > GIVE_UP_AFTER_MS) throw error;
      options.onRetry?.(error, delayMs);
      await delay(delayMs * (0.5 + Math.random()), undefined, { signal: options.signal }).catch(() => undefined);
      if (options.signal.aborted) throw cancelled(thrown);
      delayMs = Math.min(delayMs * 2, MOST_DELAY_MS);
    }
  }
}
