import type { PathBytes } from './path-bytes';
import type { WalkEntry } from './walk-record';

/** Entries that are carried in one stream, and again in one when it breaks. */
export interface Shard {
  entries: { path: PathBytes; size: number }[];
  bytes: number;
  /** Of another type at the target: removed there first, with what is below. */
  replaced: PathBytes[];
}

/** A stream costs a connection: about 0.1 s. A broken one is carried again: at most so much. */
const SHARD_BYTES = 128 * 1024 * 1024;
const SHARD_ENTRIES = 8_000;

/** Packs entries, in their order, into shards. */
export class ShardPacker {
  private shard: Shard = emptyShard();

  /** Puts them into one shard: one entry, or the names of one inode, which tar links only within a stream. Gives the shards that are full. */
  addAll(entries: readonly Pick<WalkEntry, 'path' | 'size'>[]): Shard[] {
    // Names of one inode carry its content once.
    const bytes = entries[0]?.size ?? 0;
    const full: Shard[] = [];
    if (this.shard.entries.length > 0 && this.shard.bytes + bytes > SHARD_BYTES) full.push(...this.flush());
    entries.forEach(({ path, size }, index) => this.shard.entries.push({ path, size: index === 0 ? size : 0 }));
    this.shard.bytes += bytes;
    if (this.shard.bytes >= SHARD_BYTES || this.shard.entries.length >= SHARD_ENTRIES) full.push(...this.flush());
    return full;
  }

  /** The next shard that is given removes this first. */
  replace(path: PathBytes): void {
    this.shard.replaced.push(path);
  }

  /** What is not full. */
  flush(): Shard[] {
    const { shard } = this;
    if (shard.entries.length === 0) return [];
    this.shard = emptyShard();
    return [shard];
  }
}

function emptyShard(): Shard {
  return { entries: [], bytes: 0, replaced: [] };
}
