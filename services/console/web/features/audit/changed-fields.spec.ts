import { changedFields } from './changed-fields';

it('shows what was changed, and leaves out what was not', () => {
  expect(changedFields({ name: 'a', limits: { concurrency: 4, rate: 1 } }, { name: 'a', limits: { concurrency: 8, rate: 1 } })).toEqual([
    { field: 'limits.concurrency', before: '4', after: '8' },
  ]);
});

it('shows all of what came or went', () => {
  expect(changedFields(null, { role: 'viewer' })).toEqual([{ field: 'role', before: null, after: 'viewer' }]);
  expect(changedFields({ tags: ['a', 'b'], end: null }, null)).toEqual([
    { field: 'end', before: 'null', after: null },
    { field: 'tags', before: '["a","b"]', after: null },
  ]);
});
