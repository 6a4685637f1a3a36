import { BUCKET_COUNT, BucketDigests, bucketOf } from './bucket-digests';
import { sha256 } from './canonical-encoding';
import { InventoryDigest } from './inventory-digest';
import { leafDigest } from './object-leaf';

interface Item {
  key: string;
  size: number;
  digest: Buffer;
}

const items: Item[] = Array.from({ length: 500 }, (_, index) => {
  const key = `dir ${index % 7}/对象 ${index}`;
  const size = index * 31;
  return { key, size, digest: leafDigest({ key, size, evidence: { kind: 'sha256', digest: sha256(key) }, properties: {} }) };
});

const digestOf = (some: Item[]): BucketDigests => {
  const digests = new BucketDigests();
  for (const item of some) digests.add(item.key, item.digest, item.size);
  return digests;
};

/** Deterministic, so that a failure can be repeated. */
const random = (seed: number) => () => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;

describe('BucketDigests', () => {
  it('keeps its test vectors', () => {
    expect(new BucketDigests().root()).toBe(EMPTY_ROOT);
    expect(digestOf(items).root()).toBe(ITEMS_ROOT);
  });

  it.each([1, 2, 3])('does not depend on order or sharding (seed %i)', (seed) => {
    const next = random(seed);
    const shards = Array.from({ length: 1 + Math.floor(next() * 9) }, () => new BucketDigests());
    for (const item of items.toSorted(() => next() - 0.5))
      shards[Math.floor(next() * shards.length)]?.add(item.key, item.digest, item.size);
    const whole = new BucketDigests();
    for (const shard of shards.toSorted(() => next() - 0.5)) whole.merge(BucketDigests.deserialize(shard.serialize()));
    expect(whole.root()).toBe(digestOf(items).root());
    expect([whole.objects, whole.bytes]).toEqual([500, items.reduce((sum, item) => sum + item.size, 0)]);
  });

  it('follows a change by taking the old leaf away, even in another shard', () => {
    const [changed, ...rest] = items as [Item, ...Item[]];
    const taken = new BucketDigests();
    taken.remove(changed.key, changed.digest, changed.size);
    const whole = digestOf(items);
    whole.merge(BucketDigests.deserialize(taken.serialize()));
    expect(whole.equals(digestOf(rest))).toBe(true);
  });

  it('points at the bucket of a difference', () => {
    const [changed, ...rest] = items as [Item, ...Item[]];
    const other = digestOf([{ ...changed, digest: sha256('other content') }, ...rest]);
    expect(digestOf(items).differingBuckets(other)).toEqual([bucketOf(changed.key)]);
    expect(digestOf(items).equals(other)).toBe(false);
  });

  it('sees an object of another size, one more, and one less', () => {
    const roots = [items, items.slice(1), [...items, items[0] as Item], [{ ...(items[0] as Item), size: 1 }, ...items.slice(1)]];
    expect(new Set(roots.map((some) => digestOf(some).root())).size).toBe(4);
  });

  it('spreads keys over all buckets and stores only those in use', () => {
    expect(new Set(items.map((item) => bucketOf(item.key))).size).toBe(BUCKET_COUNT);
    expect(new BucketDigests().serialize()).toHaveLength(9);
    expect(digestOf(items.slice(0, 1)).serialize()).toHaveLength(9 + 2_064);
  });

  it('refuses damaged states', () => {
    const good = digestOf(items.slice(0, 3)).serialize();
    for (const bad of [Buffer.alloc(0), good.subarray(0, -1), Buffer.concat([Buffer.of(9), good.subarray(1)])]) {
      expect(() => BucketDigests.deserialize(bad)).toThrow(expect.objectContaining({ code: 'PROOF_STATE_MALFORMED' }));
    }
  });
});

describe('InventoryDigest', () => {
  const listing = (some: Item[], changeId = 'v1') => {
    const digest = new InventoryDigest();
    for (const item of some) digest.add(item.key, changeId);
    return digest;
  };

  it('keeps its test vector', () => {
    expect(listing(items.slice(0, 2)).digest()).toBe(INVENTORY_VECTOR);
  });

  it('is equal for two listings of the same versions, cut anyhow, and differs otherwise', () => {
    const halves = listing(items.slice(250));
    halves.merge(InventoryDigest.deserialize(listing(items.slice(0, 250)).serialize()));
    expect(halves.digest()).toBe(listing(items).digest());
    expect(halves.objects).toBe(500);
    expect(listing(items, 'v2').digest()).not.toBe(halves.digest());
    expect(listing(items.slice(1)).digest()).not.toBe(halves.digest());
  });

  it('keeps key and change id apart', () => {
    const one = new InventoryDigest();
    one.add('ab', 'c');
    const two = new InventoryDigest();
    two.add('a', 'bc');
    expect(one.digest()).not.toBe(two.digest());
  });
});

// Computed with Python's hashlib from docs/proof.md, not with this code.
const EMPTY_ROOT = 'a8ea36dcff8aaf4051b453dc09f49e09ee4cc9f02bf53ef3016272081ac6f810';
const ITEMS_ROOT = '716ad4f6147187069bd9822aca928416b320aab66551eae05b87a61e6dd2e7ca';
const INVENTORY_VECTOR = 'eb7db4d0747ff2a04c8d756206b29567ef878f49a6c688781bf36a9072ba2670';
