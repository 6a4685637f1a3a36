import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { CHUNK_BYTES, type Chunk } from './block-volume';

/** Which chunks of a volume hold anything that its filesystem uses. A bit a chunk: 320 KiB for 10 TiB. */
export class UsedChunks {
  readonly count: number;
  readonly usedBytes: number;

  private constructor(
    /** Of the volume. */
    readonly bytes: number,
    private readonly bits: Uint8Array,
  ) {
    let [count, usedBytes] = [0, 0];
    for (const chunk of this.chunks()) [count, usedBytes] = [count + 1, usedBytes + chunk.bytes];
    [this.count, this.usedBytes] = [count, usedBytes];
  }

  static all(bytes: number): UsedChunks {
    return new UsedChunks(bytes, new Uint8Array(Math.ceil(chunksOf(bytes) / 8)).fill(255));
  }

  static deserialize(bytes: number, text: string): UsedChunks {
    return new UsedChunks(bytes, inflateRawSync(Buffer.from(text, 'base64')));
  }

  /** All but those that are free as a whole. */
  static without({ freeIn }: FreeSpace, bytes: number): UsedChunks {
    const bits = new Uint8Array(Math.ceil(chunksOf(bytes) / 8));
    freeIn.forEach((free, index) => {
      if (free < chunkAt(bytes, index).bytes) bits[index >> 3]! |= 1 << (index & 7);
    });
    return new UsedChunks(bytes, bits);
  }

  /** Chunks of the whole volume. */
  get total(): number {
    return chunksOf(this.bytes);
  }

  /** How many are in use from a place on. */
  countOf(from: number): number {
    let count = 0;
    for (const _chunk of this.chunks(from)) count += 1;
    return count;
  }

  /** In use, ascending, from a place on. */
  *chunks(from = 0): Generator<Chunk> {
    for (let index = from; index < this.total; index += 1) {
      if ((this.bits[index >> 3]! >> (index & 7)) & 1) yield chunkAt(this.bytes, index);
    }
  }

  serialize(): string {
    return deflateRawSync(this.bits).toString('base64');
  }
}

/** Adds up what is free in each chunk, in whatever order it is told. */
export class FreeSpace {
  readonly freeIn: Uint32Array;

  constructor(private readonly bytes: number) {
    this.freeIn = new Uint32Array(chunksOf(bytes));
  }

  /** A range that is free. Raises a RangeError for what cannot be true: it is outside of the volume, or was told before. */
  add(offset: number, length: number): void {
    if (offset < 0 || length < 0 || !(offset + length <= this.bytes)) throw new RangeError('a free range lies outside of its volume');
    for (let at = offset; at < offset + length;) {
      const chunk = chunkAt(this.bytes, Math.floor(at / CHUNK_BYTES));
      const end = Math.min(chunk.offset + chunk.bytes, offset + length);
      this.freeIn[chunk.index]! += end - at;
      if (this.freeIn[chunk.index]! > chunk.bytes) throw new RangeError('a free range was told twice');
      at = end;
    }
  }
}

const chunksOf = (bytes: number) => Math.ceil(bytes / CHUNK_BYTES);

function chunkAt(bytes: number, index: number): Chunk {
  const offset = index * CHUNK_BYTES;
  return { index, offset, bytes: Math.min(CHUNK_BYTES, bytes - offset) };
}
