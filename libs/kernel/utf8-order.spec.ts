import { compareUtf8 } from './utf8-order';

const byBytes = (a: string, b: string): number => Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));

describe('compareUtf8', () => {
  const samples = [
    '',
    'a',
    'a/',
    'a.b',
    'a/b',
    'ab',
    'é',
    'e\u0301',
    '\uE000',
    '\uFFFD',
    '\u{1F600}',
    '\u{10FFFF}',
    'a\u{1F600}',
    'a\uFF01',
    '\u0000',
    '\uD7FF',
  ];

  it('orders as the UTF-8 bytes do, surrogate pairs included', () => {
    for (const a of samples) for (const b of samples) expect(Math.sign(compareUtf8(a, b))).toBe(byBytes(a, b));
  });

  it('differs from the order of UTF-16 units where it must', () => {
    expect('\uFF01' < '\u{1F600}').toBe(false);
    expect(compareUtf8('\uFF01', '\u{1F600}')).toBeLessThan(0);
  });
});
