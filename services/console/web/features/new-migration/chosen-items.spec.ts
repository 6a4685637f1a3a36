import { includeOf, isPattern, leftOutOf, namesOf, tickedNames, tickedObjects, tickedPaths } from './chosen-items';

const item = (path: string, kind: string) => ({ path, kind });

it('makes patterns of ticks, and keeps the ones that were typed', () => {
  const first = includeOf(['**/*.jpg'], item('2026/', 'prefix'), true);
  const both = includeOf(first, item('a.txt', 'object'), true);
  expect(both).toEqual(['**/*.jpg', '2026/**', 'a.txt']);
  expect(tickedObjects(both)).toEqual(['2026', '2026/', 'a.txt']);
  expect(includeOf(both, item('2026/', 'prefix'), false)).toEqual(['**/*.jpg', 'a.txt']);
  expect(includeOf(['tmp/**'], item('tmp', 'directory'), false)).toBeUndefined();
});

it('tells schemas from tables', () => {
  const scope = { includeTables: ['*.log'], ...namesOf({}, item('billing', 'schema'), true) };
  const names = { ...scope, ...namesOf(scope, item('app.users', 'table'), true) };
  expect(names).toEqual({ includeSchemas: ['billing'], includeTables: ['*.log', 'app.users'] });
  expect(tickedNames(names)).toEqual(['billing', 'app.users']);
});

it('leaves out what is ticked of a host', () => {
  const mounts = { exclude: ['/var/**/*.log'], ...leftOutOf({}, item('/data', 'filesystem'), true) };
  const scope = { ...mounts, ...leftOutOf(mounts, item('/var/tmp', 'directory'), true) };
  expect(scope).toEqual({ exclude: ['/var/**/*.log', '/var/tmp/**'], excludeMounts: ['/data'] });
  expect(tickedPaths(scope)).toEqual(['/data', '/var/tmp']);
});

it('does not take a name for a pattern', () => {
  expect(isPattern(item('a[1].txt', 'object'))).toBe(true);
  expect(isPattern(item('a-1.txt', 'object'))).toBe(false);
});
