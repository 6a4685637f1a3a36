import { toSmartantError } from '@smartant/kernel';
import type { HeldShard, LedgerCounters, WithinTransaction } from '@smartant/shards';
import { SettledFrontier } from '../../domain/settled-frontier';
import { addDelta, type StorageDelta } from '../../domain/storage-ledger';
import type { RunContext } from '../runs/run-context';

/** What a unit of work brings: counters and notes that count once the frontier has passed it. */
export interface UnitOutcome<Note> {
  delta: StorageDelta;
  notes?: Note[];
}

export interface RangeWalkOptions<Note> {
  shard: HeldShard;
  context: RunContext;
  /** The shard's position at a key, and what else belongs into the transaction of its checkpoint. */
  save: (through: string, notes: Note[]) => { position: Record<string, unknown>; also?: WithinTransaction };
  checkpointMs?: number;
}

/** Entries and notes behind the frontier: one slow object may let so many others pass it before the walk waits for it. */
const MAX_BEHIND_FRONTIER = 20_000;

/**
 * Walks a key range: units run side by side, within the limits on objects in flight; about once a second the frontier of
 * settled keys becomes a checkpoint. The first failure of a unit ends the walk: the others are aborted, and what was
 * settled before is saved. When the process stops, no unit is begun any more and those in flight come to their end: cut off, they
 * would be done again by whoever goes on, and where a store ignores conditions verification would have to wait for what may land late.
 */
export class RangeWalk<Note = never> {
  private readonly frontier = new SettledFrontier<Note>();
  private readonly running = new Set<Promise<void>>();
  private readonly stop = new AbortController();
  private readonly windDown = new AbortController();
  /** Of units in flight. */
  private readonly signal: AbortSignal;
  /** Of whatever begins units. */
  private readonly beginning: AbortSignal;
  private readonly timer: NodeJS.Timeout;
  private saving: Promise<void> = Promise.resolve();
  private failure: { error: unknown } | undefined;
  /** What a failed save took from the frontier is in no ledger: a later position must not pass over it. */
  private saveFailed = false;
  /** What was done of a unit that has not ended is worth a word, unless a checkpoint has told of progress already. */
  private wordOfProgress: 'none' | 'due' | 'given' = 'none';

  constructor(private readonly options: RangeWalkOptions<Note>) {
    this.signal = AbortSignal.any([options.shard.signal, this.stop.signal]);
    this.beginning = AbortSignal.any([this.signal, this.windDown.signal]);
    options.shard.onWindDown((reason) => this.windDown.abort(reason));
    this.timer = setInterval(() => void this.checkpoint(), options.checkpointMs ?? 1_000);
  }

  /** Runs `steps`, which starts units through `pass` and `run`; then waits for all of them and saves the rest. */
  async finish(steps: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await steps(this.beginning);
      await Promise.all(this.running);
    } catch (error) {
      if (this.windDown.signal.aborted) this.failure ??= { error: this.windDown.signal.reason };
      else this.fail(error);
    }
    await Promise.allSettled(this.running);
    clearInterval(this.timer);
    // On a pause this is the last checkpoint; on a lost lease it is refused, and the heir does the rest again.
    if (!this.options.shard.isLost) await this.checkpoint();
    await this.saving;
    if (this.failure) throw this.failure.error;
  }

  /** A unit that needs no work; resolves at once, or when there is room for what it leaves behind the frontier. */
  async pass(key: string, delta: StorageDelta, notes?: Note[]): Promise<void> {
    await this.room();
    this.frontier.pass(key, delta, notes);
  }

  /** Starts a unit; resolves as soon as it runs. */
  async run(key: string, work: (signal: AbortSignal) => Promise<UnitOutcome<Note>>): Promise<void> {
    this.beginning.throwIfAborted();
    await this.room();
    const leave = await this.options.context.enter(this.beginning);
    const entry = this.frontier.open(key);
    const unit = (async () => {
      try {
        const { delta, notes } = await work(this.signal);
        this.frontier.settle(entry, delta, notes);
      } catch (error) {
        this.fail(error);
      } finally {
        leave();
      }
    })();
    this.running.add(unit);
    void unit.then(() => this.running.delete(unit));
  }

  /**
   * A part of a unit is done for good, and will not be done again whoever goes on. Attempts, outages and deaths of workers are counted
   * since the last progress: an object that takes hours must not look as if none were made.
   */
  progressed(): void {
    if (this.wordOfProgress === 'none') this.wordOfProgress = 'due';
  }

  private async room(): Promise<void> {
    while (this.frontier.size > MAX_BEHIND_FRONTIER && this.running.size > 0) await Promise.race(this.running);
  }

  private fail(error: unknown): void {
    this.failure ??= { error };
    this.stop.abort(error);
  }

  private checkpoint(): Promise<void> {
    this.saving = this.saving
      .then(() => this.saveFrontier())
      .catch((error: unknown) => {
        this.saveFailed = true;
        this.fail(toSmartantError(error));
      });
    return this.saving;
  }

  private async saveFrontier(): Promise<void> {
    const { shard, context, save } = this.options;
    if (this.saveFailed || (this.failure && shard.isLost)) return;
    const advance = this.frontier.advance();
    if (!advance) return this.tellProgress();
    const ledger: LedgerCounters = { ...advance.ledger };
    addDelta(ledger, { retriedRequests: context.meter.takeRetries() });
    const { position, also } = save(advance.through, advance.notes);
    await shard.checkpoint({ position: position as never, ledger }, also);
    this.wordOfProgress = 'given';
    context.meter.saved((ledger.copiedBytes ?? 0) + (ledger.verifiedBytes ?? 0));
  }

  /** A checkpoint where the shard stands. Once is enough: nothing is counted while it is held. */
  private async tellProgress(): Promise<void> {
    const { shard } = this.options;
    if (this.wordOfProgress !== 'due') return;
    this.wordOfProgress = 'given';
    await shard.checkpoint({ position: shard.claim.position, ledger: {} });
  }
}
