import { randomBytes } from 'node:crypto';
import { decodeFileName, encodeFileName } from './file-name-encoding';

describe('encodeFileName', () => {
  it.each([
    ['plain', Buffer.from('plain.txt'), 'plain.txt'],
    ['UTF-8', Buffer.from('日本 é e\u0301 😀'), '日本 é e\u0301 😀'],
    ['a byte order mark', Buffer.from('\ufeffx'), '\ufeffx'],
    ['a Latin-1 byte', Buffer.from([0x61, 0xe9, 0x62]), 'a\u201bE9b'],
    ['a cut sequence', Buffer.from([0xe6, 0x97]), '\u201bE6\u201b97'],
    ['a surrogate in CESU form', Buffer.from([0xed, 0xa0, 0x80]), '\u201bED\u201bA0\u201b80'],
    ['an overlong form', Buffer.from([0xc0, 0xaf]), '\u201bC0\u201bAF'],
    ['the quote itself', Buffer.from('\u201bE9'), '\u201b\u201bE9'],
    ['quote and invalid byte', Buffer.concat([Buffer.from('\u201b'), Buffer.from([0xff])]), '\u201b\u201b\u201bFF'],
  ])('encodes %s and back', (_name, bytes, text) => {
    expect(encodeFileName(bytes)).toBe(text);
    expect(decodeFileName(text)).toEqual(bytes);
  });

  it('gives every name a text of its own, and gets the name back', () => {
    const seen = new Set<string>();
    for (let round = 0; round < 5_000; round += 1) {
      const bytes = randomBytes(1 + (round % 12));
      const text = encodeFileName(bytes);
      seen.add(text);
      expect(text.isWellFormed()).toBe(true);
      expect(decodeFileName(text)?.equals(bytes)).toBe(true);
    }
    expect(seen.size).toBeGreaterThan(4_500);
  });

  it('refuses text that no name encodes to', () => {
    expect(decodeFileName('\u201bzz')).toBeNull();
    expect(decodeFileName('\u201b')).toBeNull();
    expect(decodeFileName('\ud800')).toBeNull();
  });
});
