import { handedBack, leaseLost } from './lease-errors';
import type { Checkpoint, Claim, Json, RunSignal } from './shard';
import type { ShardStore, WithinTransaction } from './shard-store';

/**
 * A claimed shard in the hands of its handler. `signal` aborts with SHARD_LEASE_LOST when the lease is gone, and with
 * SHARD_HANDED_BACK when the run was paused or the process stops: the handler then ends its work, writes a last
 * checkpoint if it may, and returns or throws; the pool hands the shard back.
 */
export class HeldShard {
  private readonly abort = new AbortController();
  private settled = false;
  private lost = false;
  /** Fires when the lease was not renewed in time, even while the database hangs: another worker may have the shard then. */
  private expiry: NodeJS.Timeout | undefined;

  /** `claimedAtMs`: when the claim was asked for, by `performance.now()`. */
  constructor(
    readonly claim: Claim,
    private readonly store: ShardStore,
    claimedAtMs: number,
  ) {
    this.renewed(claimedAtMs);
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** True once it is completed, failed or handed back. */
  get isSettled(): boolean {
    return this.settled;
  }

  /** True once another worker may have it: nothing of it may be written any more. */
  get isLost(): boolean {
    return this.lost;
  }

  /** Raises SHARD_LEASE_LOST when stale. */
  async checkpoint(checkpoint: Checkpoint, also?: WithinTransaction): Promise<void> {
    await this.fenced(() => this.store.checkpoint(this.claim, checkpoint, also));
  }

  /** See `ShardStore.complete`. */
  async complete(checkpoint: Checkpoint, steps: { also?: WithinTransaction; onLast: WithinTransaction }): Promise<void> {
    await this.fenced(() => this.store.complete(this.claim, checkpoint, steps));
    this.settle();
  }

  /** Hands it back, to be tried again after `delayMs`. */
  async fail(error: { code: string; message: string }, delayMs: number): Promise<void> {
    await this.fenced(() => this.store.fail(this.claim, error, delayMs));
    this.settle();
  }

  async release(): Promise<void> {
    await this.fenced(() => this.store.release(this.claim));
    this.settle();
  }

  async split(keep: Json, rest: Json): Promise<void> {
    await this.fenced(() => this.store.split(this.claim, keep, rest));
  }

  /** The pool's word that the lease was renewed by a request sent at this time (`performance.now()`). */
  renewed(sentAtMs: number): void {
    clearTimeout(this.expiry);
    if (this.settled || this.lost) return;
    this.expiry = setTimeout(() => this.lose(), sentAtMs + this.store.leaseMs - performance.now());
    this.expiry.unref();
  }

  /** The pool's word that the lease is gone. */
  lose(): void {
    if (this.settled) return;
    this.lost = true;
    clearTimeout(this.expiry);
    this.abort.abort(leaseLost(this.claim.shardId));
  }

  handBack(why: 'paused' | 'stopping'): void {
    this.abort.abort(handedBack(this.claim.shardId, why));
  }

  /** What the run's row says now. */
  hear(signal: RunSignal): void {
    if (signal.state === 'paused') this.handBack('paused');
    if (signal.state === 'ended') this.lose();
  }

  /** No lease to look after any more. */
  private settle(): void {
    this.settled = true;
    clearTimeout(this.expiry);
  }

  private async fenced(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      if ((error as { code?: unknown }).code === 'SHARD_LEASE_LOST') this.lose();
      throw error;
    }
  }
}
