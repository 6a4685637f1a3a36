import { flattenProperties, leafDigest, leafEncoding, type Leaf } from './object-leaf';
import { sha256 } from './canonical-encoding';

const leaf = (changes: Partial<Leaf> = {}): Leaf => ({
  key: 'a/b',
  size: 5,
  evidence: { kind: 'sha256', digest: sha256('hello') },
  properties: {},
  ...changes,
});

describe('leafEncoding', () => {
  it('is the byte string that docs/proof.md describes', () => {
    const expected = Buffer.concat([
      Buffer.from('00000010', 'hex'),
      Buffer.from('smartant/leaf/v1'),
      Buffer.from('00000003', 'hex'),
      Buffer.from('a/b'),
      Buffer.from('0000000000000005', 'hex'),
      Buffer.from('00000006', 'hex'),
      Buffer.from('sha256'),
      Buffer.from('00000020', 'hex'),
      Buffer.from('2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824', 'hex'),
      Buffer.from('00000001', 'hex'),
      Buffer.from('0000000a', 'hex'),
      Buffer.from('meta:owner'),
      Buffer.from('00000006', 'hex'),
      Buffer.from('蚂蚁'),
    ]);
    expect(leafEncoding(leaf({ properties: { 'meta:owner': '蚂蚁' } })).toString('hex')).toBe(expected.toString('hex'));
  });

  it('does not depend on the order of properties, and sorts them by UTF-8 bytes', () => {
    const names = ['tag:\u{1F41C}', 'tag:\uFFFD', 'content-type', 'meta:a'];
    const properties = (order: string[]) => Object.fromEntries(order.map((name) => [name, 'v']));
    const encoded = leafEncoding(leaf({ properties: properties(names) }));
    expect(leafEncoding(leaf({ properties: properties(names.toReversed()) })).equals(encoded)).toBe(true);
    expect(encoded.indexOf('tag:\uFFFD')).toBeLessThan(encoded.indexOf('tag:\u{1F41C}'));
  });

  it('tells apart what differs only in where a boundary lies', () => {
    const digests = [
      leaf({ key: 'ab', evidence: { kind: 'none' } }),
      leaf({ key: 'ab', evidence: { kind: 'checksum', algorithm: 'none', value: '' } }),
      leaf({ key: 'a', evidence: { kind: 'none' } }),
      leaf({ properties: { a: 'bc' } }),
      leaf({ properties: { ab: 'c' } }),
      leaf({ properties: { a: 'b', c: '' } }),
      leaf({ size: 0 }),
    ].map((each) => leafDigest(each).toString('hex'));
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('refuses keys that UTF-8 would fold together, and malformed sizes', () => {
    expect(() => leafDigest(leaf({ key: 'bad\ud800' }))).toThrow(expect.objectContaining({ code: 'PROOF_KEY_NOT_TEXT' }));
    expect(leafDigest(leaf({ key: 'ant \u{1F41C}' }))).toHaveLength(32);
    for (const size of [-1, 1.5, Number.NaN]) {
      expect(() => leafDigest(leaf({ size }))).toThrow(expect.objectContaining({ code: 'PROOF_LEAF_INVALID' }));
    }
  });
});

describe('flattenProperties', () => {
  it('names each kind of property apart and drops empty headers', () => {
    const flat = flattenProperties({
      contentType: 'text/plain',
      cacheControl: '',
      metadata: { x: '1', 'content-type': 'm' },
      tags: { x: '' },
    });
    expect(flat).toEqual({ 'content-type': 'text/plain', 'meta:x': '1', 'meta:content-type': 'm', 'tag:x': '' });
  });
});
