import type { ModelCheckpoint } from '@smartant/shards/model';
import { PreconditionFailed, type Expected, type ObjectPair } from '../store/object-store';
import { emptyCounters, type Counters, type Range } from './counters';
import type { HeldShard } from './held-shard';

/** A request that is not answered by then is tried again; the first one may still land. */
const REQUEST_PATIENCE_MS = 6_000;
const ATTEMPTS = 3;

/** Walks a key range: copies what differs, or deletes what the source has not; a checkpoint every few keys. */
export class RangeSync {
  private readonly pair: ObjectPair;
  private range: Range;
  private next: number;
  private pending = emptyCounters();
  private saved: number;
  /** Both sides as they were listed when the walk began. */
  private readonly listed: { source: number[]; target: number[] };

  constructor(
    private readonly shard: HeldShard,
    private readonly deleting: boolean,
    private readonly finish: (counters: Counters) => void,
    private readonly failed: () => void,
  ) {
    const { claim, parts } = shard;
    this.pair = parts.objects.get(claim.migrationId) as ObjectPair;
    this.range = claim.range as Range;
    this.next = typeof claim.position === 'number' ? claim.position : this.range[0];
    this.saved = this.next;
    this.listed = { source: [...this.pair.source], target: [...this.pair.target] };
  }

  go(): void {
    const { shard } = this;
    if (shard.stopped) return;
    const { random } = shard.parts.world;
    if (this.next >= this.range[1]) return this.finish(this.pending);
    if (this.next - this.saved >= 2 && random.chance(0.5)) return this.save(() => this.go(), this.failed);
    if (!this.deleting && this.range[1] - this.next > 2 && random.chance(0.1) && shard.parts.hasIdleSlots()) return this.split();
    const key = this.next;
    shard.process.after(random.int(1, 100), () => !shard.stopped && this.settle(key, 1));
  }

  /** Writes what is settled, then goes on whatever came of it: the last thing before a shard is handed back. */
  saveAnd(then: () => void): void {
    if (this.next > this.saved) this.save(then, then);
    else then();
  }

  private settle(key: number, attempt: number): void {
    const again = attempt > 1;
    const source = again ? this.pair.source[key] : this.listed.source[key];
    const target = (again ? this.pair.target[key] : this.listed.target[key]) ?? 0;
    const expected = this.shard.parts.conditionalPuts ? target : null;
    if (this.deleting) return source === 0 && target !== 0 ? this.send(key, 0, expected, attempt) : this.pass(key, {});
    if (source === 0) return this.pass(key, { candidates: target === 0 ? 0 : 1 });
    if (source === target) return this.pass(key, {});
    // Read now: it may be newer than what was listed, or gone.
    const content = this.pair.read(this.shard.process, key);
    if (content === 0) return this.pass(key, {});
    this.shard.process.after(this.shard.parts.world.random.int(1, 200), () => this.send(key, content, expected, attempt));
  }

  private send(key: number, value: number, expected: Expected, attempt: number): void {
    const { shard, pair } = this;
    if (shard.stopped) return;
    if (!shard.isFresh) return shard.stop('lost');
    let isOpen = true;
    const answered = (then: () => void) => (): void => {
      shard.unanswered -= 1;
      if (isOpen && !shard.stopped) {
        isOpen = false;
        then();
      }
    };
    const retry = (): void => {
      if (attempt >= ATTEMPTS) return this.failed();
      shard.process.after(200, () => !shard.stopped && this.settle(key, attempt + 1));
    };
    shard.unanswered += 1;
    const counted = value === 0 ? { deleted: 1 } : { copied: 1 };
    pair.write(
      shard.process,
      key,
      value,
      expected,
      answered(() => this.pass(key, counted)),
      (error) => answered(() => (error instanceof PreconditionFailed && attempt >= ATTEMPTS ? this.pass(key, {}) : retry()))(),
    );
    shard.process.after(REQUEST_PATIENCE_MS, () => {
      if (!isOpen || shard.stopped || shard.isSettled) return;
      isOpen = false;
      shard.givenUp += 1;
      retry();
    });
  }

  private pass(key: number, counted: Partial<Counters>): void {
    const { pending } = this;
    if (!this.deleting) {
      pending.syncUnits += 1;
      pending.syncKeys += 2 ** key;
      pending.inventory += (this.listed.source[key] ?? 0) * 6 ** key;
    }
    for (const [name, count] of Object.entries(counted)) pending[name] = (pending[name] ?? 0) + (count ?? 0);
    this.next = key + 1;
    this.go();
  }

  private save(then: () => void, otherwise: () => void): void {
    const { shard, next } = this;
    const { model, database, world, mutations } = shard.parts;
    const ledger = this.pending;
    const checkpoint: ModelCheckpoint = { position: next, ledger: mutations.has('ledger-beside-checkpoint') ? {} : ledger };
    this.pending = emptyCounters();
    const sentAtMs = world.nowMs;
    const saved = (): void => {
      this.saved = next;
      if (sentAtMs - shard.renewedAtMs < 9_000) shard.renewedAtMs = sentAtMs;
      if (mutations.has('ledger-beside-checkpoint'))
        return shard.write(() => model.checkpoint(shard.claim, { position: next, ledger }, database.nowMs), then, otherwise);
      then();
    };
    // What a failed save took with it is in no ledger: nothing may be settled after it.
    shard.write(() => model.checkpoint(shard.claim, checkpoint, database.nowMs), saved, otherwise);
  }

  /** Gives the second half of what is left to whoever is idle. */
  private split(): void {
    const { shard } = this;
    const { model, database } = shard.parts;
    const middle = Math.ceil((this.next + this.range[1]) / 2);
    const [from, to] = this.range;
    const done = (): void => {
      this.range = [from, middle];
      this.go();
    };
    shard.write(() => void model.split(shard.claim, [from, middle], [middle, to], database.nowMs), done, this.failed);
  }
}
