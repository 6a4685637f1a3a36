import { isLeaf, nameWithin, withPage } from './item-nodes';

it.each([
  ['app', '', 'app'],
  ['app.users', 'app', 'users'],
  ['2026/05/', '2026/', '05/'],
  ['/var/log', '/var', 'log'],
  ['/var', '/', 'var'],
  ['other', 'app', 'other'],
])('calls %s below "%s" %s', (path, parent, name) => expect(nameWithin(path, parent)).toBe(name));

it('puts the next page behind the one before', () => {
  const item = (path: string) => ({ path, kind: 'prefix', sizeBytes: 0 });
  const first = withPage({}, '', { items: [item('a/')], nextPageToken: 'more' });
  expect(withPage(first, '', { items: [item('b/')], nextPageToken: null })).toEqual({
    '': { items: [item('a/'), item('b/')], next: null },
  });
});

it('opens what holds something, and nothing else', () => {
  const kinds = ['bucket', 'prefix', 'directory', 'schema', 'filesystem', 'object', 'file', 'table', 'view'];
  expect(kinds.filter((kind) => !isLeaf({ path: '', kind, sizeBytes: 0 }))).toEqual(kinds.slice(0, 5));
});
