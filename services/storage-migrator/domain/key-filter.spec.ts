import { KeyFilter } from './key-filter';

const filterOf = (scope: Partial<ConstructorParameters<typeof KeyFilter>[0]>): KeyFilter =>
  new KeyFilter({ include: [], exclude: [], filesFrom: [], ...scope });

describe('KeyFilter', () => {
  it.each([
    [{}, 'anything/at all', true],
    [{ include: ['docs/**'] }, 'docs/a/b.txt', true],
    [{ include: ['docs/**'] }, 'other/docs/b.txt', false],
    [{ include: ['*.txt'] }, 'deep/down/.hidden.txt', true],
    [{ include: ['*.txt'] }, 'deep/a.txt/b', false],
    [{ exclude: ['**/node_modules/**'] }, 'a/node_modules/x/y', false],
    [{ include: ['**'], exclude: ['*.tmp'] }, 'a/b.tmp', false],
    [{ include: ['dir/**'] }, 'dir/', true],
    [{ include: ['a?[bc].{x,y}'] }, 'a1c.y', true],
    [{ include: ['**'] }, 'line\nbreak', true],
    [{ include: ['a/**'] }, 'a/line\nbreak', true],
    [{ include: ['**'] }, '..', true],
    [{ include: ['a/**'] }, 'a/../b/./c', true],
    [{ include: ['*.txt'] }, 'a/./b.txt', true],
    [{ exclude: ['tmp/**'] }, 'tmp/../x', false],
    [{ filesFrom: ['a', 'b'] }, 'b', true],
    [{ filesFrom: ['a', 'b'] }, 'c', false],
    [{ filesFrom: ['a'], exclude: ['a'] }, 'a', false],
  ])('%j accepts %s: %s', (scope, key, accepted) => {
    expect(filterOf(scope).acceptsKey(key)).toBe(accepted);
  });

  it('takes sizes inclusively', () => {
    const filter = filterOf({ minSizeBytes: 2, maxSizeBytes: 4 });
    expect([1, 2, 4, 5].map((size) => filter.accepts({ key: 'k', size }))).toEqual([false, true, true, false]);
  });

  it('narrows the range to the listed keys', () => {
    const range = filterOf({ filesFrom: ['m', 'c', '～', '\u{1F600}'] }).range();
    expect(range.through).toBe('\u{1F600}');
    expect(range.after && range.after < 'c').toBe(true);
    expect(filterOf({}).range()).toEqual({});
  });

  it('knows a folder of which nothing can be accepted, and takes none for one that may hold something', () => {
    const below = (exclude: string[], folder: string, filesFrom: string[] = []) => filterOf({ exclude, filesFrom }).mayAcceptBelow(folder);
    expect([below(['a/**'], 'a/'), below(['a/**'], 'a/b/'), below(['**'], 'a/'), below(['**/tmp/**'], 'x/tmp/')]).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect([below(['a/**'], 'x/a/'), below(['a/*'], 'a/'), below(['*.txt'], 'a.txt/'), below([], 'a/')]).toEqual([true, true, true, true]);
    expect([below([], 'a/', ['a/b']), below([], 'a/', ['b'])]).toEqual([true, false]);
  });
});
