import type { PgSession } from '../session/pg-session';
import { keySql } from './row-keys';
import { fromSql, hashSql, type RowsQuery } from './row-digest';
import { FROM_THE_TABLE } from './snapshot-sessions';

/** A row that is not the same at both sides. */
export interface RowDifference {
  /** The primary key's values as JSON, or its side and its place there (ctid) when the table has none. */
  key: string;
  /** Null: the table has no primary key. */
  keyValues: string[] | null;
  kind: 'missing-at-target' | 'extra-at-target' | 'content';
}

export interface TableDifferences {
  /** At most `limit`. */
  rows: RowDifference[];
  /** All of them; at least so many when `isExact` is false. */
  count: number;
  isExact: boolean;
}

interface Side {
  session: PgSession;
  query: RowsQuery;
  /** As it is called there; empty: the table has none. */
  primaryKey: readonly string[];
}

const SUB_BUCKETS = 4_096;
const FETCH_ROWS = 5_000;
/** Differing rows that are held in memory to tell changed ones from missing ones. */
const HELD_ROWS = 50_000;

/**
 * The rows in which two sides of a table differ. Rows are divided by their hash in 4,096 groups, sums of the groups are compared, and only the rows of
 * differing groups are read, as (hash, key) in the order of the hash, side by side. So nothing is sorted by a collation, tables
 * without a key are compared as multisets, and memory does not grow with the table.
 */
export async function findDifferences(
  source: Side,
  target: Side,
  options: { seed: string; ofSource: boolean },
  signal: AbortSignal,
): Promise<TableDifferences> {
  const { seed } = options;
  const both = [source.session, target.session];
  for (const session of both) await session.query(`SAVEPOINT differences; ${FROM_THE_TABLE}`, undefined, signal);
  const [theirs, ours] = [await groupSums(source, seed, signal), await groupSums(target, seed, signal)];
  const groups = Array.from({ length: SUB_BUCKETS }, (_, group) => group).filter((group) => theirs.get(group) !== ours.get(group));
  const unmatched = new UnmatchedRows(source.primaryKey.length > 0);
  const left = new HashedRows(source, seed, groups, signal);
  const right = new HashedRows(target, seed, groups, signal);
  try {
    let [a, b] = [await left.next(), await right.next()];
    while (a || b) {
      if (a && b && a.hash === b.hash) [a, b] = [await left.next(), await right.next()];
      else if (a && (!b || a.hash < b.hash)) {
        unmatched.add(a.key, 'source');
        a = await left.next();
      } else if (b) {
        unmatched.add(b.key, 'target');
        b = await right.next();
      }
    }
  } finally {
    await left.close();
    await right.close();
  }
  for (const session of both) await session.query('ROLLBACK TO differences', undefined, signal);
  return unmatched.result(options.ofSource);
}

class UnmatchedRows {
  private readonly keys = new Map<string, 'source' | 'target' | 'both'>();
  private sourceRows = 0;
  private targetRows = 0;

  constructor(private readonly hasKey: boolean) {}

  add(keyOrPlace: string, side: 'source' | 'target'): void {
    // A place on one side has nothing to do with the same place on the other.
    const key = this.hasKey ? keyOrPlace : `${side} ${keyOrPlace}`;
    side === 'source' ? (this.sourceRows += 1) : (this.targetRows += 1);
    const known = this.keys.get(key);
    if (known !== undefined) this.keys.set(key, known === side ? side : 'both');
    else if (this.keys.size < HELD_ROWS) this.keys.set(key, side);
  }

  /** `ofSource`: what the target has beside the source's rows is no difference. */
  result(ofSource: boolean): TableDifferences {
    const isExact = this.sourceRows + this.targetRows <= HELD_ROWS;
    const kinds = { source: 'missing-at-target', target: 'extra-at-target', both: 'content' } as const;
    const told = [...this.keys].filter(([, side]) => !ofSource || side !== 'target');
    const rows = told.map(([key, side]) => ({
      key,
      keyValues: this.hasKey ? (JSON.parse(key) as string[]) : null,
      kind: kinds[side],
    }));
    return { rows, count: isExact ? rows.length : Math.max(this.sourceRows, ofSource ? 0 : this.targetRows), isExact };
  }
}

async function groupSums({ session, query }: Side, seed: string, signal: AbortSignal): Promise<Map<number, string>> {
  const rows = await session.query(
    `SELECT h & ${SUB_BUCKETS - 1} AS group, count(*) || ':' || sum(h) AS sum FROM (
      SELECT ${hashSql(query.rowBytes, seed)} AS h ${fromSql(query)} OFFSET 0) a GROUP BY 1`,
    undefined,
    signal,
  );
  return new Map(rows.map((row) => [Number(row['group']), row['sum'] ?? '']));
}

let cursors = 0;

/** Rows of some groups in the order of their hash, a page at a time. */
class HashedRows {
  private readonly cursor = `smartant_rows_${(cursors += 1)}`;
  private page: { hash: bigint; key: string }[] = [];
  private at = 0;
  private isOpen = false;
  private isDone = false;

  constructor(
    private readonly side: Side,
    private readonly seed: string,
    private readonly groups: readonly number[],
    private readonly signal: AbortSignal,
  ) {}

  async next(): Promise<{ hash: bigint; key: string } | undefined> {
    if (this.at === this.page.length && !this.isDone) await this.fetch();
    return this.page[this.at++];
  }

  async close(): Promise<void> {
    if (this.isOpen) await this.side.session.query(`CLOSE ${this.cursor}`).catch(() => undefined);
  }

  private async fetch(): Promise<void> {
    if (!this.isOpen) await this.open();
    const rows = await this.side.session.query(`FETCH ${FETCH_ROWS} FROM ${this.cursor}`, undefined, this.signal);
    this.page = rows.map((row) => ({ hash: BigInt(row['h'] ?? 0), key: row['key'] ?? '' }));
    this.at = 0;
    this.isDone = rows.length < FETCH_ROWS;
  }

  private async open(): Promise<void> {
    const { session, query, primaryKey } = this.side;
    const key = primaryKey.length > 0 ? keySql(primaryKey) : 'ctid::text';
    await session.query(
      `DECLARE ${this.cursor} NO SCROLL CURSOR FOR SELECT h, key FROM (SELECT ${hashSql(query.rowBytes, this.seed)} AS h, ${key} AS key ${fromSql(query)} OFFSET 0) a
        WHERE (h & ${SUB_BUCKETS - 1}) = ANY ('{${this.groups.join(',')}}'::bigint[]) ORDER BY h`,
      undefined,
      this.signal,
    );
    this.isOpen = true;
  }
}
