import { field, int64, sha256, uint32 } from './canonical-encoding';
import { LtHash, malformedState } from './lt-hash';
import { merkleLeaf, merkleRoot } from './merkle-root';
import { assertText } from './object-leaf';

export const BUCKET_COUNT = 64;

const FORMAT = 1;
const HEADER_BYTES = 9;
const ENTRY_BYTES = 16 + 2_048;
const BUCKET_DOMAIN = field('smartant/bucket/v1');

/** Which bucket a key belongs to: the first six bits of SHA-256 of its UTF-8 bytes. */
export function bucketOf(key: string): number {
  return (sha256(key)[0] as number) >> 2;
}

interface Bucket {
  /** May pass below zero in a shard that removes what another shard added. */
  objects: number;
  bytes: number;
  state: LtHash;
}

/**
 * The digest of one side of a comparison: a multiset hash of its leaves in each of 64 buckets, and a Merkle root over
 * them. Sums of shards merge into the sum of the whole, whatever the shards were. Takes 128 KiB when every bucket is in use.
 */
export class BucketDigests {
  private readonly buckets: (Bucket | undefined)[] = new Array<Bucket | undefined>(BUCKET_COUNT).fill(undefined);

  /** Adds an object's leaf. `size` in bytes. Raises PROOF_KEY_NOT_TEXT. */
  add(key: string, digest: Buffer, size: number): void {
    assertText(key);
    const bucket = this.bucket(bucketOf(key));
    bucket.objects += 1;
    bucket.bytes += size;
    bucket.state.add(digest);
  }

  /** Undoes one `add` of the same arguments. */
  remove(key: string, digest: Buffer, size: number): void {
    assertText(key);
    const bucket = this.bucket(bucketOf(key));
    bucket.objects -= 1;
    bucket.bytes -= size;
    bucket.state.remove(digest);
  }

  /** Adds everything that another one holds. */
  merge(other: BucketDigests): void {
    other.buckets.forEach((theirs, index) => {
      if (!theirs) return;
      const ours = this.bucket(index);
      ours.objects += theirs.objects;
      ours.bytes += theirs.bytes;
      ours.state.merge(theirs.state);
    });
  }

  get objects(): number {
    return this.buckets.reduce((sum, bucket) => sum + (bucket?.objects ?? 0), 0);
  }

  get bytes(): number {
    return this.buckets.reduce((sum, bucket) => sum + (bucket?.bytes ?? 0), 0);
  }

  /** Hex digest of one bucket: its number, counts and state. */
  bucketDigest(index: number): string {
    return merkleLeaf(this.entry(index)).toString('hex');
  }

  /** Buckets whose digests differ, ascending: only their keys need a closer look. */
  differingBuckets(other: BucketDigests): number[] {
    return BUCKET_NUMBERS.filter((index) => this.bucketDigest(index) !== other.bucketDigest(index));
  }

  equals(other: BucketDigests): boolean {
    return this.root() === other.root();
  }

  /** Hex Merkle root (RFC 6962) over all 64 buckets; an empty side has one too. */
  root(): string {
    return merkleRoot(BUCKET_NUMBERS.map((index) => merkleLeaf(this.entry(index)))).toString('hex');
  }

  /** Format, bitmap of used buckets, then each one's counts and state. Empty buckets take no room. */
  serialize(): Buffer {
    const parts: Buffer[] = [];
    let used = 0n;
    this.buckets.forEach((bucket, index) => {
      if (!bucket || isEmpty(bucket)) return;
      used |= 1n << BigInt(index);
      parts.push(int64(bucket.objects), int64(bucket.bytes), bucket.state.serialize());
    });
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(FORMAT, 0);
    header.writeBigUInt64BE(used, 1);
    return Buffer.concat([header, ...parts]);
  }

  /** Reads what `serialize` wrote. Raises PROOF_STATE_MALFORMED. */
  static deserialize(bytes: Buffer): BucketDigests {
    if (bytes.length < HEADER_BYTES || bytes.readUInt8(0) !== FORMAT) throw malformedState('unknown format');
    const used = bytes.readBigUInt64BE(1);
    const indexes = BUCKET_NUMBERS.filter((index) => (used >> BigInt(index)) & 1n);
    if (bytes.length !== HEADER_BYTES + indexes.length * ENTRY_BYTES) throw malformedState('wrong length');
    const result = new BucketDigests();
    indexes.forEach((index, position) => {
      const at = HEADER_BYTES + position * ENTRY_BYTES;
      result.buckets[index] = {
        objects: Number(bytes.readBigInt64BE(at)),
        bytes: Number(bytes.readBigInt64BE(at + 8)),
        state: LtHash.deserialize(bytes.subarray(at + 16, at + ENTRY_BYTES)),
      };
    });
    return result;
  }

  private bucket(index: number): Bucket {
    return (this.buckets[index] ??= { objects: 0, bytes: 0, state: LtHash.empty() });
  }

  // Counts are part of the entry: a multiset hash alone does not see 65,536 copies of one element.
  private entry(index: number): Buffer {
    const bucket = this.buckets[index] ?? { objects: 0, bytes: 0, state: LtHash.empty() };
    return Buffer.concat([BUCKET_DOMAIN, uint32(index), int64(bucket.objects), int64(bucket.bytes), bucket.state.serialize()]);
  }
}

const BUCKET_NUMBERS = Array.from({ length: BUCKET_COUNT }, (_, index) => index);

function isEmpty(bucket: Bucket): boolean {
  return bucket.objects === 0 && bucket.bytes === 0 && bucket.state.isZero();
}
