import { SmartantError } from '@smartant/kernel';

export interface Change {
  position: number;
  table: string;
  key: string;
  /** Null: deleted. */
  value: string | null;
}

/** What a migration keeps at a target, in the transaction of the rows it is about. */
interface Bookkeeping {
  epoch: number;
  applied: number;
  copied: Map<string, { rows: number; bytes: number }>;
  isOpen: boolean;
}

/** A database that lives as long as a test: tables with rows, a log of changes, and who may write. */
export class MemoryDatabase {
  readonly tables = new Map<string, Map<string, string>>();
  readonly log: Change[] = [];
  /** Slots by migration: from where on the log is kept. */
  readonly slots = new Map<string, number>();
  readonly kept = new Map<string, Bookkeeping>();
  isFrozen = false;
  isDown = false;
  password = 'secret';
  private waiting: (() => void)[] = [];

  get position(): number {
    return this.log.length;
  }

  /** As an application writes. Raises where writes are frozen. */
  write(table: string, key: string, value: string | null): void {
    if (this.isFrozen) throw new Error('frozen');
    this.put(table, key, value);
    this.log.push({ position: this.position + 1, table, key, value });
    for (const wake of this.waiting.splice(0)) wake();
  }

  put(table: string, key: string, value: string | null): void {
    const rows = this.tables.get(table) ?? new Map<string, string>();
    this.tables.set(table, rows);
    if (value === null) rows.delete(key);
    else rows.set(key, value);
  }

  /** What is kept for a migration, in the hands of a holder. Raises TARGET_FENCED when there has been a later one. */
  keptFor(migrationId: string, epoch: number): Bookkeeping {
    const kept = this.kept.get(migrationId) ?? { epoch, applied: 0, copied: new Map(), isOpen: false };
    this.kept.set(migrationId, kept);
    if (kept.epoch > epoch) throw new SmartantError('TARGET_FENCED', 'Another holder has taken over.', { kind: 'precondition' });
    kept.epoch = epoch;
    return kept;
  }

  assertReachable(): void {
    if (!this.isDown) return;
    throw new SmartantError('DATABASE_UNREACHABLE', 'The database is down.', { kind: 'unavailable', retry: { kind: 'backoff' } });
  }

  /** Until something is written or the signal is given; rejects with its reason. */
  async nextWrite(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      this.waiting.push(resolve);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }

  rows(): Record<string, Record<string, string>> {
    return Object.fromEntries([...this.tables].map(([name, rows]) => [name, Object.fromEntries(rows)]));
  }
}
