import type { WriteGuard } from '@smartant/connectors';
import type { HeldShard } from '@smartant/shards';

/**
 * The guard over what a shard's holder writes. Of writes that may land late a record is made before the shard goes on or is
 * handed back; where none can be made, the lease is left to run out, since a takeover makes one of its own.
 */
export function leaseGuard(shard: Pick<HeldShard, 'assertFresh' | 'mayLandLate' | 'lose'>): WriteGuard {
  let recording: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  const record = async (): Promise<void> => {
    // From here on a later call needs a record of its own: this one's moment has come.
    next = undefined;
    try {
      await shard.mayLandLate();
    } catch (error) {
      shard.lose();
      throw error;
    }
  };
  return {
    mayWrite: () => shard.assertFresh(),
    mayLandLate: () => {
      // Many writes are cut off at once when a run is paused: one record does for all of them.
      next ??= recording = recording.catch(() => undefined).then(record);
      return next;
    },
  };
}
