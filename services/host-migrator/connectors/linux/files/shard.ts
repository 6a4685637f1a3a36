import type { PathBytes } from './path-bytes';
import type { WalkEntry } from './walk-record';

export interface ShardEntry {
  path: PathBytes;
  /** Of a name that is linked: 0. */
  size: number;
  /** A name of the same inode as the one before it, in whose stream it has to be. */
  linked?: true;
}

/** Entries that are carried in one stream, and again in one when it breaks. */
export interface Shard {
  entries: ShardEntry[];
  bytes: number;
  /** Of another type at the target: removed there first, with what is below. */
  replaced: PathBytes[];
}

const MIB = 1024 * 1024;
/** A file costs as much as so many bytes, beside its own: a shard of small files takes as long as one of large ones of its weight. */
const ENTRY_BYTES = 16 * 1024;
/** Some megabytes of names. */
const MOST_ENTRIES = 24_000;
/**
 * What tar may say of them, if all are gone or cannot be read: half of what is kept of what it says, since a line that is not kept would let a file
 * count as carried. A byte of a name takes four at most, twice the words around it.
 */
const MOST_SAID_BYTES = 8 * MIB;
const saidOf = (path: PathBytes): number => 4 * path.length + 200;

/** What tells how long a shard takes, in bytes. */
export function weightOf({ bytes, entries }: Pick<Shard, 'bytes' | 'entries'>): number {
  return bytes + entries.length * ENTRY_BYTES;
}

const [LEAST_WEIGHT, MOST_WEIGHT] = [32 * MIB, 512 * MIB];

/**
 * How much one stream carries, by how fast those before were: some seconds, on fast ways and on slow ones. A stream costs some processes, and a
 * connection where none is held; a broken one is carried again, at most so much of it.
 */
export class StreamSize {
  /** `weight`: of the first ones. `streamMs`: how long one is to take. `most`: of its weight. */
  constructor(
    public weight = 384 * MIB,
    private readonly streamMs = 5_000,
    private most = MOST_WEIGHT,
  ) {}

  saw(weight: number, elapsedMs: number): void {
    // Of a small one mostly the connection is seen.
    if (weight < LEAST_WEIGHT) return;
    this.weight = Math.min(Math.max((weight / Math.max(elapsedMs, 1)) * this.streamMs, LEAST_WEIGHT), this.most);
  }

  /** Stands around a stream, to see it break. */
  async watch<T>(carrying: Promise<T>): Promise<T> {
    try {
      return await carrying;
    } catch (error) {
      this.broke();
      throw error;
    }
  }

  /** One came to no end: from here on they carry less, however fast they are, so that some do where connections do not last. */
  broke(): void {
    this.weight = Math.min(this.weight, Math.max(this.weight / 2, LEAST_WEIGHT));
    this.most = Math.min(this.most, Math.max(this.weight, LEAST_WEIGHT));
  }
}

/** Packs entries, in their order, into shards. */
export class ShardPacker {
  private shard: Shard = emptyShard();
  private replaced: PathBytes[] = [];
  private said = 0;

  constructor(private readonly size: Pick<StreamSize, 'weight'>) {}

  /** Puts them into one shard: one entry, or the names of one inode, which tar links only within a stream. Gives the shards that are full. */
  addAll(entries: readonly Pick<WalkEntry, 'path' | 'size'>[]): Shard[] {
    // Names of one inode carry its content once.
    const bytes = entries[0]?.size ?? 0;
    const full: Shard[] = [];
    if (this.shard.entries.length > 0 && weightOf(this.shard) + bytes > this.size.weight) full.push(...this.flush());
    entries.forEach(({ path, size }, index) => {
      this.shard.entries.push(index === 0 ? { path, size } : { path, size: 0, linked: true });
      this.said += saidOf(path);
    });
    this.shard.bytes += bytes;
    this.shard.replaced.push(...this.replaced.splice(0));
    if (this.isFull()) full.push(...this.flush());
    return full;
  }

  private isFull(): boolean {
    const { entries } = this.shard;
    return weightOf(this.shard) >= this.size.weight || entries.length >= MOST_ENTRIES || this.said >= MOST_SAID_BYTES;
  }

  /** The shard of what is added next removes this first. */
  replace(path: PathBytes): void {
    this.replaced.push(path);
  }

  /** What is not full. */
  flush(): Shard[] {
    const { shard } = this;
    if (shard.entries.length === 0) return [];
    this.shard = emptyShard();
    this.said = 0;
    return [shard];
  }
}

/** Two shards of what has been put into one, without what was to be removed before; null: it is one entry, or the names of one inode. */
export function halvesOf({ entries }: Shard): [Shard, Shard] | null {
  const begins = entries.flatMap(({ linked }, index) => (linked || index === 0 ? [] : [index]));
  const middle = begins.find((index) => index >= entries.length / 2) ?? begins.at(-1);
  if (middle === undefined) return null;
  const shardOf = (half: ShardEntry[]): Shard => ({ entries: half, bytes: half.reduce((sum, { size }) => sum + size, 0), replaced: [] });
  return [shardOf(entries.slice(0, middle)), shardOf(entries.slice(middle))];
}

function emptyShard(): Shard {
  return { entries: [], bytes: 0, replaced: [] };
}
