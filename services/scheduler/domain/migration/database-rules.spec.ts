import { databaseScopeErrors } from './database-rules';
import { DEFAULT_DATABASE_SCOPE, databaseScope } from './database-scope';

it('accepts the defaults, and what fits together', () => {
  expect(databaseScopeErrors(DEFAULT_DATABASE_SCOPE)).toEqual([]);
  const scope = databaseScope({
    includeSchemas: ['app_*'],
    excludeTables: ['*.log_*'],
    rows: [{ table: 'app.orders', where: "status <> ';' AND id > 7" }],
    renames: [
      { from: 'app', to: 'shop' },
      { from: 'app.orders', to: 'purchases' },
    ],
    mode: 'snapshot',
  });
  expect(scope.reverse).toBe(false);
  expect(databaseScopeErrors(scope)).toEqual([]);
});

it.each<[string, Parameters<typeof databaseScope>[0], string[]]>([
  ['a malformed glob', { includeSchemas: ['a', '['] }, ['includeSchemas.1']],
  [
    'a table without a schema',
    { includeTables: ['orders'], excludeTables: ['.x', 'x.'] },
    ['includeTables.0', 'excludeTables.0', 'excludeTables.1'],
  ],
  ['a condition for no table', { rows: [{ table: 'orders', where: 'true' }] }, ['rows.0.table']],
  ['no condition', { rows: [{ table: 'a.b', where: ' ' }] }, ['rows.0.where']],
  [
    'two conditions for one table',
    {
      rows: [
        { table: 'a.b', where: 'x' },
        { table: 'a.b', where: 'y' },
      ],
    },
    ['rows.1.table'],
  ],
  ['a name that would be cut', { renames: [{ from: 'a', to: 'é'.repeat(32) }] }, ['renames.0.to']],
  [
    'two names for one table',
    {
      renames: [
        { from: 'a.b', to: 'c' },
        { from: 'a.b', to: 'd' },
      ],
    },
    ['renames.1.from'],
  ],
  [
    'tablespaces without a name, and one that goes to two',
    {
      tablespaces: [
        { from: 'a', to: ' ' },
        { from: 'a', to: 'é'.repeat(32) },
      ],
    },
    ['tablespaces.0.to', 'tablespaces.1.to', 'tablespaces.1.from'],
  ],
  [
    'columns that are said twice, or nothing of',
    {
      columns: [
        { table: 'orders', exclude: [], renames: [] },
        {
          table: 'a.b',
          exclude: ['x', 'x'],
          renames: [
            { from: 'x', to: 'é'.repeat(32) },
            { from: 'y', to: 'z' },
            { from: 'y', to: 'z' },
          ],
        },
        { table: 'a.b', exclude: ['q'], renames: [] },
      ],
    },
    [
      'columns.0.table',
      'columns.0',
      'columns.1.exclude.1',
      'columns.1.renames.0.to',
      'columns.1.renames.0.from',
      'columns.1.renames.2.from',
      'columns.1.renames.2.to',
      'columns.2.table',
    ],
  ],
  ['too many jobs', { tableJobs: 65, indexJobs: -1 }, ['tableJobs', 'indexJobs']],
  ['a stream back of a snapshot', { mode: 'snapshot', reverse: true }, ['reverse']],
  ['half a byte of log', { maxRetainedWalBytes: 0.5 }, ['maxRetainedWalBytes']],
])('refuses %s, naming the field', (_name, scope, fields) => {
  expect(databaseScopeErrors(databaseScope(scope)).map(({ field }) => field)).toEqual(fields.map((field) => `spec.database.${field}`));
});
