import type { ObjectProperties } from '@smartant/connectors';
import { canonicalObject, compareLeaves, listedEvidence } from './canonical-object';

const none = { kind: 'none' } as const;
const bare: ObjectProperties = { metadata: {}, tags: {} };
const leaf = (properties: ObjectProperties, size = 1, tags = true) => canonicalObject('k', size, none, properties, { tags });
const listed = (etag: string | undefined, size = 1) => ({ key: 'k', size, modifiedAtMs: 0, etag, changeId: '' });

describe('canonical objects', () => {
  it('take a store’s default content type for none', () => {
    expect(compareLeaves(leaf(bare), leaf({ ...bare, contentType: 'binary/octet-stream' }))).toBeNull();
    expect(compareLeaves(leaf(bare), leaf({ ...bare, contentType: 'text/plain' }))).toEqual({
      kind: 'properties',
      detail: 'differs in content-type',
    });
  });

  it('compare tags only where both sides keep them', () => {
    const tagged = { ...bare, tags: { a: '1' } };
    expect(compareLeaves(leaf(tagged), leaf(bare))?.detail).toBe('differs in tag:a');
    expect(compareLeaves(leaf(tagged, 1, false), leaf(bare, 1, false))).toBeNull();
  });

  it('tell the weightiest difference', () => {
    const sha = (byte: number) => ({ kind: 'sha256', digest: Buffer.alloc(32, byte) }) as const;
    const [a, b] = [sha(1), sha(2)].map((evidence) => canonicalObject('k', 1, evidence, bare, { tags: true }));
    if (!a || !b) throw new Error('unreachable');
    expect(compareLeaves(a, b)?.kind).toBe('content');
    expect(compareLeaves(a, { ...b, size: 2 })?.kind).toBe('size');
    expect(compareLeaves(a, leaf(bare))?.kind).toBe('content');
  });

  it('take stored checksums only where the level allows and both sides state the same', () => {
    expect(listedEvidence('content', listed('x'), listed('x'))).toBeNull();
    expect(listedEvidence('inventory', listed('x'), listed('y'))).toEqual(none);
    expect(listedEvidence('checksum', listed('x'), listed('y'))).toBeNull();
    expect(listedEvidence('checksum', listed(undefined), listed(undefined))).toBeNull();
    expect(listedEvidence('checksum', listed('x'), listed('x'))).toMatchObject({ algorithm: 'md5-etag', value: 'x' });
    expect(listedEvidence('checksum', listed('x-2'), listed('x-2'))).toMatchObject({ algorithm: 'multipart-etag' });
    expect(listedEvidence('checksum', listed('x', 1), listed('x', 2))).toBeNull();
  });
});
