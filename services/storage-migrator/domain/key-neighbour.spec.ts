import { compareUtf8 } from '@smartant/kernel';
import { keyBefore } from './key-neighbour';

describe('keyBefore', () => {
  it.each(['a', 'a/b', 'a/', '/', 'é', '～', '\u{1F600}', '\u{10000}', '\u{E000}', 'a\u0001', 'a\u0000'])(
    'comes right before %j',
    (key) => {
      const before = keyBefore(key);
      expect(compareUtf8(before ?? '', key)).toBeLessThan(0);
      // What usually stands next to a key is not between.
      for (const neighbour of [key.slice(0, -1), `${key}0`, `${key}/`, `${key.slice(0, -1)} `]) {
        const between = before !== undefined && compareUtf8(before, neighbour) < 0 && compareUtf8(neighbour, key) < 0;
        expect(between && neighbour.isWellFormed()).toBe(false);
      }
    },
  );

  it('has nothing before the empty key', () => {
    expect(keyBefore('')).toBeUndefined();
  });
});
