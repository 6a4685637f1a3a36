import type { LedgerCounters } from '@smartant/shards';
import { addDelta, type StorageDelta } from './storage-ledger';

/** One unit of work under way, with the notes that count once the frontier has passed it. */
export interface FrontierEntry<Note> {
  key: string;
  ledger: LedgerCounters;
  notes: Note[];
  settled: boolean;
}

export interface Advance<Note> {
  /** Everything up to this key is settled. */
  through: string;
  ledger: LedgerCounters;
  notes: Note[];
}

/**
 * The highest key below which everything is settled, while units end in any order. Counters and notes (digests) of a unit
 * are given out only when the frontier passes it: what lies beyond is done again after a crash, and would count twice.
 */
export class SettledFrontier<Note = never> {
  private queue: FrontierEntry<Note>[] = [];
  private kept = 0;

  /** Entries and notes that are kept: what bounds its memory. */
  get size(): number {
    return this.queue.length + this.kept;
  }

  /** Starts a unit. Keys must come in ascending order. */
  open(key: string): FrontierEntry<Note> {
    const entry: FrontierEntry<Note> = { key, ledger: {}, notes: [], settled: false };
    this.queue.push(entry);
    return entry;
  }

  settle(entry: FrontierEntry<Note>, delta: StorageDelta, notes: readonly Note[] = []): void {
    addDelta(entry.ledger, delta);
    entry.notes.push(...notes);
    this.kept += notes.length;
    entry.settled = true;
  }

  /** A unit that needed no work. Runs of such units take the room of one, and of their notes. */
  pass(key: string, delta: StorageDelta, notes: readonly Note[] = []): void {
    const last = this.queue.at(-1);
    const entry = last?.settled ? last : this.open(key);
    entry.key = key;
    this.settle(entry, delta, notes);
  }

  /** Takes what the frontier has passed since the last call; null when it did not move. */
  advance(): Advance<Note> | null {
    const held = this.queue.findIndex((entry) => !entry.settled);
    const passed = this.queue.splice(0, held < 0 ? this.queue.length : held);
    const last = passed.at(-1);
    if (!last) return null;
    const ledger: LedgerCounters = {};
    for (const entry of passed) addDelta(ledger, entry.ledger as StorageDelta);
    const notes = passed.flatMap((entry) => entry.notes);
    this.kept -= notes.length;
    return { through: last.key, ledger, notes };
  }
}
