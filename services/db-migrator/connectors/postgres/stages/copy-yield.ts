import { formatBytes } from '@smartant/kernel';
import type { Finding } from '../../../application/ports/database-engine';
import type { Table } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import type { CopiedTable } from '../copy/copy-options';
import type { Retention } from '../precheck/watch-retention';

/** Below it there is room for what is under way, and a forecast of the first minutes is a bad one. */
const RETAINED_SHARE = 0.5;
/** After the copy come indexes, and only then is the log read: the copy has to end in half of the time that the log lasts. */
const PATIENCE = 2;

/**
 * Nobody reads the log of a slot while tables are copied under its snapshot. Where a copy will probably take longer than the source may keep log,
 * it makes room for the stream: no further table is begun, those under way are finished, and the others are copied under the snapshot of a later
 * slot, while the stream lets the source throw its log away. At least one table is begun, so that every copy gets on.
 */
export class CopyYield {
  /** Names ("schema.table") of the tables that make room. */
  readonly left = new Set<string>();
  /** Names of those whose rows were begun to be read. */
  readonly begun = new Set<string>();
  private readonly done = new Map<string, number>();
  private readonly bytes: ReadonlyMap<string, number>;
  private readonly totalBytes: number;
  private readonly beganMs: number;
  private yieldedAt: Retention | null = null;

  /** `tables`: what is to be copied. `latest`: of the slot that the snapshot belongs to; null: not looked at yet, or there is no slot. */
  constructor(
    tables: readonly Table[],
    private readonly latest: () => Retention | null,
    private readonly now: () => number = Date.now,
  ) {
    this.bytes = new Map(tables.map((table) => [nameOf(table), table.bytes]));
    this.totalBytes = sum(this.bytes.values());
    this.beganMs = now();
  }

  /** `mayBegin` of a copy. */
  mayBegin(table: Table): boolean {
    const name = nameOf(table);
    const isFirst = this.begun.size === 0;
    if (!isFirst) this.yieldedAt ??= this.lastsTooShort();
    const may = isFirst || this.yieldedAt === null;
    (may ? this.begun : this.left).add(name);
    return may;
  }

  /** `onProgress` of a copy. Bytes on the wire are not those of a table's file, which tell how much is left. */
  progress({ table, bytes }: CopiedTable): void {
    const name = nameOf(table);
    this.done.set(name, Math.min(bytes, this.bytes.get(name) ?? 0));
  }

  /** A table is copied. */
  complete(table: CopiedTable['table']): void {
    this.done.set(nameOf(table), this.bytes.get(nameOf(table)) ?? 0);
  }

  /** What a user should know of it; null: it did not come to that. */
  finding(): Finding | null {
    const [first] = this.left;
    if (first === undefined || !this.yieldedAt) return null;
    const { retainedBytes, limitBytes } = this.yieldedAt;
    return {
      severity: 'warning',
      code: 'DATABASE_COPY_YIELDED',
      message: `The copy made room for the change stream, since it would have taken longer than the source may keep log (${formatBytes(retainedBytes)} of ${formatBytes(limitBytes)} then): ${this.left.size} tables (first: ${first}) are copied while changes are applied.`,
      hint: 'Nothing is to be done. A higher maxRetainedWal, fewer writes at the source or more tables at once would let all be copied in one go.',
      subject: 'source',
    };
  }

  private lastsTooShort(): Retention | null {
    const retention = this.latest();
    if (!retention?.fullAt || retention.retainedBytes < retention.limitBytes * RETAINED_SHARE) return null;
    const secondsToLimit = (Date.parse(retention.fullAt) - this.now()) / 1_000;
    return secondsToLimit < PATIENCE * this.secondsLeft() ? retention : null;
  }

  /** Infinity as long as nothing is copied. */
  private secondsLeft(): number {
    const done = sum(this.done.values());
    return done === 0 ? Infinity : ((this.totalBytes - done) * (this.now() - this.beganMs)) / 1_000 / done;
  }
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
