import { SmartantError } from '@smartant/kernel';
import { parseRecord, type WalkEntry } from './walk-record';

/** A sorted walk, read entry by entry. */
export class WalkCursor {
  private batch: string[] = [];
  private at = 0;
  private last = '';
  /** Null: at its end. */
  current: WalkEntry | null = null;

  private constructor(private readonly batches: AsyncIterator<string[]>) {}

  /** At the first entry. */
  static async open(batches: AsyncIterable<string[]>): Promise<WalkCursor> {
    const cursor = new WalkCursor(batches[Symbol.asyncIterator]());
    await cursor.advance();
    return cursor;
  }

  /** To the next entry. A promise only where it has to wait: millions of entries are told. Raises HOST_WALK_UNSORTED. */
  advance(): Promise<void> | undefined {
    const record = this.batch[this.at];
    if (record === undefined) return this.refill();
    this.at += 1;
    this.current = parseRecord(record);
    if (this.current.key <= this.last) throw unsorted();
    this.last = this.current.key;
    return undefined;
  }

  private async refill(): Promise<void> {
    const { value, done } = await this.batches.next();
    if (done) {
      this.current = null;
      return;
    }
    this.batch = value;
    this.at = 0;
    await this.advance();
  }
}

/** Called for each path of either side, in their order; at least one is not null. */
export type VisitPair = (source: WalkEntry | null, target: WalkEntry | null) => Promise<void> | undefined;

/** Goes through two sorted walks at once. Keeps one batch of each. */
export async function mergeWalks(source: WalkCursor, target: WalkCursor, visit: VisitPair): Promise<void> {
  while (source.current || target.current) {
    const order = compare(source.current, target.current);
    const waiting = visit(order <= 0 ? source.current : null, order >= 0 ? target.current : null);
    if (waiting) await waiting;
    const sourceMore = order <= 0 ? source.advance() : undefined;
    const targetMore = order >= 0 ? target.advance() : undefined;
    if (sourceMore) await sourceMore;
    if (targetMore) await targetMore;
  }
}

function compare(source: WalkEntry | null, target: WalkEntry | null): number {
  if (!source) return 1;
  if (!target) return -1;
  return source.key < target.key ? -1 : source.key > target.key ? 1 : 0;
}

function unsorted(): SmartantError {
  return new SmartantError('HOST_WALK_UNSORTED', 'The list of files of a host is not in the order of its bytes.', {
    kind: 'internal',
    actor: 'operator',
    hint: 'Its `sort` does not obey LC_ALL=C, or the tree changed while it was walked. Try again.',
  });
}
