import { hash } from 'node:crypto';
import { field, sha256 } from './canonical-encoding';
import { LtHash } from './lt-hash';

const digests = Array.from({ length: 200 }, (_, index) => sha256(`element ${index}`));

const sumOf = (elements: Buffer[]): LtHash => {
  const sum = LtHash.empty();
  for (const element of elements) sum.add(element);
  return sum;
};

/** The definition, one lane at a time. */
const slowSum = (elements: Buffer[]): Buffer => {
  const out = Buffer.alloc(2_048);
  for (const element of elements) {
    const lanes = hash('shake256', Buffer.concat([field('smartant/lthash16/v1'), element]), {
      outputEncoding: 'buffer',
      outputLength: 2_048,
    });
    for (let at = 0; at < 2_048; at += 2) out.writeUInt16LE((out.readUInt16LE(at) + lanes.readUInt16LE(at)) & 0xffff, at);
  }
  return out;
};

describe('LtHash', () => {
  it('adds lanes modulo 65,536 without carries between them', () => {
    expect(sumOf(digests).serialize().equals(slowSum(digests))).toBe(true);
  });

  it('keeps its test vector', () => {
    const state = sumOf([sha256('a'), sha256('b')]).serialize();
    expect(state.subarray(0, 8).toString('hex')).toBe(VECTOR_HEAD);
    expect(sha256(state).toString('hex')).toBe(VECTOR_SHA256);
  });

  it('does not depend on order', () => {
    expect(sumOf(digests.toReversed()).equals(sumOf(digests))).toBe(true);
  });

  it('is undone by remove, in any order, also before the add', () => {
    const sum = LtHash.empty();
    for (const element of digests) sum.remove(element);
    expect(sum.isZero()).toBe(false);
    for (const element of digests.toReversed()) sum.add(element);
    expect(sum.isZero()).toBe(true);
  });

  it('merges and subtracts sums', () => {
    const whole = sumOf(digests.slice(0, 77));
    const rest = sumOf(digests.slice(77));
    whole.merge(rest);
    expect(whole.equals(sumOf(digests))).toBe(true);
    whole.subtract(rest);
    expect(whole.equals(sumOf(digests.slice(0, 77)))).toBe(true);
  });

  it('sees duplicates: it is a multiset', () => {
    const [one] = digests as [Buffer];
    expect(sumOf([one, one]).equals(sumOf([one]))).toBe(false);
  });

  it('survives storage at any alignment, as a copy', () => {
    const sum = sumOf(digests);
    const shifted = Buffer.concat([Buffer.of(0), sum.serialize()]).subarray(1);
    const read = LtHash.deserialize(shifted);
    expect(read.equals(sum)).toBe(true);
    read.add(sha256('x'));
    expect(LtHash.deserialize(shifted).equals(sum)).toBe(true);
    expect(() => LtHash.deserialize(Buffer.alloc(7))).toThrow(expect.objectContaining({ code: 'PROOF_STATE_MALFORMED' }));
  });
});

// Computed with Python's hashlib from docs/proof.md, not with this code.
const VECTOR_HEAD = '656ca48af879c13d';
const VECTOR_SHA256 = 'a470535aa430af2b00090a1e3da8930bda335f1a6b14e99a6d6e5fc528981914';
