import { formatBytes } from '@smartant/kernel';
import type { Finding } from '../../../application/ports/database-engine';
import type { Table } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import type { CopiedTable, CopyOptions } from '../copy/copy-options';
import { copyTables, leaveTables } from '../copy/copy-tables';
import type { Retention } from '../precheck/watch-retention';

/** Below it there is room for what is under way, and a forecast of the first minutes is a bad one. */
const RETAINED_SHARE = 0.5;
/** Tables under way are given up: what is left has to do for the indexes of those that are copied. */
const GIVEN_UP_SHARE = 0.75;
const LOOK_EVERY_MS = 1_000;
/** After the copy come indexes, and only then is the log read: the copy has to end in half of the time that the log lasts. */
const PATIENCE = 2;

/**
 * Nobody reads the log of a slot while tables are copied under its snapshot. Where a copy will probably take longer than the source may keep log,
 * it makes room for the stream: no further table is begun, those under way are finished or, later, given up, and the others are copied under the
 * snapshot of a later slot, while the stream lets the source throw its log away. At least one table is copied, so that every copy gets on.
 */
export class CopyYield {
  /** Names ("schema.table") of the tables that make room. */
  readonly left = new Set<string>();
  /** Names of those whose rows were begun to be read. */
  readonly begun = new Set<string>();
  private readonly done = new Map<string, number>();
  private readonly completed = new Set<string>();
  private readonly stop = new AbortController();
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
    this.completed.add(nameOf(table));
    this.done.set(nameOf(table), this.bytes.get(nameOf(table)) ?? 0);
  }

  /** Aborts when what is under way is given up. */
  get givenUp(): AbortSignal {
    return this.stop.signal;
  }

  /** Gives up what is under way where it has to; to be asked again and again. */
  look(): void {
    const retention = this.completed.size > 0 ? this.lastsTooShort() : null;
    if (!retention || retention.retainedBytes < retention.limitBytes * GIVEN_UP_SHARE || this.stop.signal.aborted) return;
    this.yieldedAt ??= retention;
    for (const name of this.bytes.keys()) if (!this.completed.has(name)) this.left.add(name);
    this.stop.abort();
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

/** Copies tables, unless they have to make room; on record as not copied are those, when it resolves. As `copyTables`. */
export async function copyUnlessShort(options: CopyOptions, room: CopyYield): Promise<void> {
  const timer = setInterval(() => room.look(), LOOK_EVERY_MS);
  try {
    await copyTables({
      ...options,
      onPart: (part) => {
        if (part.isTableDone) room.complete(part.table);
        options.onPart(part);
      },
      onProgress: (progress) => room.progress(progress),
      mayBegin: (table) => room.mayBegin(table),
      signal: AbortSignal.any([options.signal, room.givenUp]),
    });
  } catch (error) {
    if (!room.givenUp.aborted || options.signal.aborted) throw error;
    await leaveTables(
      options,
      options.tables.filter(({ kind }) => kind === 'r'),
    );
  } finally {
    clearInterval(timer);
  }
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
