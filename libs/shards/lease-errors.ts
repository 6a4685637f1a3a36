import { SmartantError } from '@smartant/kernel';

/** Another worker has the shard now, or its run ended: whatever was not checkpointed belongs to the new holder. */
export function leaseLost(shardId: string): SmartantError {
  return new SmartantError('SHARD_LEASE_LOST', `The lease of shard ${shardId} is lost.`, {
    kind: 'cancelled',
    actor: 'operator',
    hint: 'Another worker goes on with it; nothing needs to be done.',
    details: { shardId },
  });
}

/** Whoever works on the shard dies of it, again and again. Its run ends with this. */
export function poisoned(shardId: string, takeovers: number): SmartantError {
  return new SmartantError('SHARD_POISONED', `Shard ${shardId} was given up: ${takeovers} workers in a row died over it.`, {
    kind: 'internal',
    actor: 'operator',
    hint: 'See why the service was killed (memory limit, crash) in its logs, mend that, then retry the migration.',
    details: { shardId, takeovers: String(takeovers) },
  });
}

/** The run was paused, its calendar's window closed, or this process stops: the shard was handed back at its last checkpoint. */
export function handedBack(shardId: string, why: 'paused' | 'closed' | 'stopping'): SmartantError {
  return new SmartantError('SHARD_HANDED_BACK', `Shard ${shardId} was handed back (${why}).`, {
    kind: 'cancelled',
    actor: 'operator',
    hint: 'It goes on from its last checkpoint when the run is resumed, its next window opens or another worker is free.',
    details: { shardId, why },
  });
}
