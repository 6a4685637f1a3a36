import type { LedgerCounters } from '@smartant/shards';
import { addDelta, type StorageDelta } from './storage-ledger';

/** One unit of work under way. */
export interface FrontierEntry {
  key: string;
  ledger: LedgerCounters;
  settled: boolean;
}

/**
 * The highest key below which everything is settled, while units end in any order. Counters of a unit are given out only
 * when the frontier passes it: what lies beyond is done again after a crash, and would be counted twice.
 */
export class SettledFrontier {
  private readonly queue: FrontierEntry[] = [];

  /** Units that hold the frontier back, and what has settled behind them. */
  get length(): number {
    return this.queue.length;
  }

  /** Starts a unit. Keys must come in ascending order. */
  open(key: string): FrontierEntry {
    const entry: FrontierEntry = { key, ledger: {}, settled: false };
    this.queue.push(entry);
    return entry;
  }

  /** Adds counters that come in before the unit ends. */
  settle(entry: FrontierEntry, delta: StorageDelta): void {
    addDelta(entry.ledger, delta);
    entry.settled = true;
  }

  /** A unit that needed no work. Runs of such units take the room of one. */
  pass(key: string, delta: StorageDelta): void {
    const last = this.queue.at(-1);
    const entry = last?.settled ? last : this.open(key);
    entry.key = key;
    this.settle(entry, delta);
  }

  /** Takes what the frontier has passed since the last call; null when it did not move. */
  advance(): { through: string; ledger: LedgerCounters } | null {
    let through: string | null = null;
    const ledger: LedgerCounters = {};
    let passed = 0;
    for (const entry of this.queue) {
      if (!entry.settled) break;
      through = entry.key;
      addDelta(ledger, entry.ledger as StorageDelta);
      passed += 1;
    }
    this.queue.splice(0, passed);
    return through === null ? null : { through, ledger };
  }
}
