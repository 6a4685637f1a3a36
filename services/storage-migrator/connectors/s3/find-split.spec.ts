import { compareUtf8 } from '@smartant/kernel';
import { keyBetween } from './find-split';

describe('keyBetween', () => {
  it.each([
    ['a', 'z'],
    ['a', 'b'],
    ['a/zzz', 'b'],
    ['', undefined],
    ['logs/2026/01', 'logs/2026/02'],
    ['~', undefined],
    ['日本', undefined],
    ['a\ud7ff', 'a\ue000'],
    ['key-00000999', 'key-00004999'],
  ])('finds a key between %p and %p', (low, high) => {
    const middle = keyBetween(low, high)!;
    expect(middle.isWellFormed()).toBe(true);
    expect(compareUtf8(low, middle)).toBeLessThan(0);
    if (high !== undefined) expect(compareUtf8(middle, high)).toBeLessThan(0);
  });

  it('finds none between equal keys', () => {
    expect(keyBetween('a', 'a')).toBeNull();
  });
});
