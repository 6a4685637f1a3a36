import { nameMatcher } from './name-matcher';

describe('names that globs match', () => {
  it.each<[string[], string, boolean]>([
    [['shop.*'], 'shop.orders', true],
    [['shop.*'], 'shop2.orders', false],
    [['shop.*'], 'shop.a/b', true],
    [['*.a\nb'], 'shop.a\nb', true],
    [['!shop.*'], 'shop.a', false],
    [['a.b', 'shop.{a,c}'], 'shop.c', true],
    [[], 'shop.c', false],
  ])('%j and "%s": %s', (globs, name, matched) => {
    expect(nameMatcher(globs)(name)).toBe(matched);
  });
});
