import type { SmartantError } from '@smartant/kernel';
import { handedBack, leaseLost } from './lease-errors';
import type { Checkpoint, Claim, Json, RunSignal, ShardError } from './shard';
import type { ShardStore, WithinTransaction } from './shard-store';

/**
 * A claimed shard in the hands of its handler. `signal` aborts with SHARD_LEASE_LOST when the lease is gone, and with
 * SHARD_HANDED_BACK when the run was paused, its window closed or the process stops: the handler then ends its work, writes a last
 * checkpoint if it may, and returns or throws; the pool hands the shard back. A handler that asks for it (`onWindDown`) is told a while
 * before that the process stops.
 */
export class HeldShard {
  private readonly abort = new AbortController();
  private settled = false;
  private lost = false;
  /** Fires when the lease was not renewed in time, even while the database hangs: another worker may have the shard then. */
  private expiry: NodeJS.Timeout | undefined;
  /** The last moment at which the lease certainly holds: by the monotonic clock, and by the one that also counts a suspended machine's sleep. */
  private fresh = { untilMs: 0, untilWallMs: 0 };
  private help: { wanted: boolean; lastMs: number; ask: (() => void)[] };
  private readonly windDowns: ((reason: SmartantError) => void)[] = [];
  /** Ends the time that a handler has for what is in flight. */
  private windDownEnd: NodeJS.Timeout | undefined;

  /** `claimedAtMs`: when the claim was asked for, by `performance.now()`. */
  constructor(
    readonly claim: Claim,
    private readonly store: ShardStore,
    claimedAtMs: number,
  ) {
    this.help = { wanted: false, lastMs: claimedAtMs, ask: [] };
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

  /**
   * To be called before each request to a target, and before each chunk of a body that is written to one: raises
   * SHARD_LEASE_LOST as soon as the lease could have run out. It reads clocks and asks nobody, so it also holds in a
   * process that was stopped and has just woken up, before any timer of it fires.
   */
  assertFresh(): void {
    if (!this.store.fenced) return;
    if (performance.now() >= this.fresh.untilMs || Date.now() >= this.fresh.untilWallMs) this.lose();
    if (this.lost || this.settled) throw leaseLost(this.claim.shardId);
  }

  /** True while workers have nothing to do and this shard has been held for long: its handler may `split` off what it has not begun. */
  get helpWanted(): boolean {
    return this.help.wanted && !this.settled && !this.lost;
  }

  /** Calls `ask` each time help becomes wanted. */
  onHelpWanted(ask: () => void): void {
    this.help.ask.push(ask);
  }

  /**
   * Calls `end` with a SHARD_HANDED_BACK when the process stops: nothing more is to be begun, and what is in flight may come to its end
   * before `signal` aborts, so that nobody has to do it again. Handlers that don't call this are aborted at once.
   */
  onWindDown(end: (reason: SmartantError) => void): void {
    this.windDowns.push(end);
  }

  /** See `ShardStore.mayLandLate`. */
  async mayLandLate(): Promise<void> {
    await this.store.mayLandLate(this.claim);
  }

  /** Raises SHARD_LEASE_LOST when stale. */
  async checkpoint(checkpoint: Checkpoint, also?: WithinTransaction): Promise<void> {
    const sentAtMs = performance.now();
    await this.fenced(() => this.store.checkpoint(this.claim, checkpoint, also));
    this.renewed(sentAtMs);
  }

  /** See `ShardStore.complete`. */
  async complete(checkpoint: Checkpoint, steps: { also?: WithinTransaction; onLast: WithinTransaction }): Promise<void> {
    await this.fenced(() => this.store.complete(this.claim, checkpoint, steps));
    this.settle();
  }

  /** Hands it back, to be tried again after `delayMs`. */
  async fail(error: ShardError, delayMs: number): Promise<void> {
    await this.fenced(() => this.store.fail(this.claim, error, delayMs));
    this.settle();
  }

  async release(): Promise<void> {
    await this.fenced(() => this.store.release(this.claim));
    this.settle();
  }

  /** See `ShardStore.split`. Answers the wish for help, if there was one. */
  async split(keep: Json, rest: Json): Promise<void> {
    this.help.wanted = false;
    this.help.lastMs = performance.now();
    await this.fenced(() => this.store.split(this.claim, keep, rest));
  }

  /** Hands back what was lost because the lease ran out, unless another worker has it by now. See `ShardStore.giveUp`. */
  async giveUp(): Promise<void> {
    await this.store.giveUp(this.claim);
  }

  /** The pool's word that the lease was renewed by a request sent at this time (`performance.now()`). */
  renewed(sentAtMs: number): void {
    clearTimeout(this.expiry);
    if (this.settled || this.lost || !this.store.fenced) return;
    const leftMs = sentAtMs + this.store.leaseMs - performance.now();
    this.fresh = { untilMs: sentAtMs + this.store.leaseMs, untilWallMs: Date.now() + leftMs };
    this.expiry = setTimeout(() => this.lose(), leftMs);
    this.expiry.unref();
  }

  /** The pool's word that the lease is gone. */
  lose(): void {
    if (this.settled) return;
    this.lost = true;
    clearTimeout(this.expiry);
    clearTimeout(this.windDownEnd);
    this.abort.abort(leaseLost(this.claim.shardId));
  }

  handBack(why: 'paused' | 'closed' | 'stopping'): void {
    this.abort.abort(handedBack(this.claim.shardId, why));
  }

  /** The pool's word that the process stops: see `onWindDown`. What is still in flight after `limitMs` is aborted. */
  windDown(limitMs: number): void {
    if (this.windDowns.length === 0) return this.handBack('stopping');
    if (this.settled || this.lost || this.windDownEnd) return;
    this.windDownEnd = setTimeout(() => this.handBack('stopping'), limitMs);
    for (const end of this.windDowns) end(handedBack(this.claim.shardId, 'stopping'));
  }

  /** The pool's word that workers are idle (or no longer are). Help is asked for once in `everyMs` at most, and not before it was held so long. */
  offerHelp(idle: boolean, everyMs: number): void {
    if (!idle) this.help.wanted = false;
    if (!idle || this.help.wanted || performance.now() - this.help.lastMs < everyMs) return;
    this.help.wanted = true;
    this.help.lastMs = performance.now();
    for (const ask of this.help.ask) ask();
  }

  /** What the run's row says now. */
  hear(signal: RunSignal): void {
    if (signal.state === 'paused') this.handBack('paused');
    else if (signal.closed) this.handBack('closed');
    if (signal.state === 'ended') this.lose();
  }

  /** No lease to look after any more. */
  private settle(): void {
    this.settled = true;
    clearTimeout(this.expiry);
    clearTimeout(this.windDownEnd);
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
