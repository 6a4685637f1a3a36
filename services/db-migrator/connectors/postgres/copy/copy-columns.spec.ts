import { withColumnChoices } from '../catalog/column-choices';
import { copyTables } from './copy-tables';
import { at, copyDatabases, tablesOf } from './fixtures/copy-databases';

it('copies parts of a table without columns that are left out, into others of another name', async () => {
  const databases = await copyDatabases();
  await at(
    databases.source,
    `CREATE TABLE public.large (id int, name text, secret text, twice int GENERATED ALWAYS AS (id * 2) STORED);
     INSERT INTO public.large SELECT n, repeat('n', 400), 'secret' FROM generate_series(1, 8000) n; ANALYZE public.large`,
  );
  await at(databases.target, 'CREATE TABLE public.large (id text, name int, secret text, twice int)');
  const choices = [
    {
      table: 'public.large',
      exclude: ['secret'],
      renames: [
        { from: 'id', to: 'name' },
        { from: 'name', to: 'id' },
      ],
    },
  ];
  const tables = withColumnChoices(await tablesOf(databases.source), choices);
  const snapshot = await databases.snapshot();
  await copyTables(await databases.options(snapshot, { splitBytes: 1024 * 1024, tables }));
  await snapshot.end();
  expect(databases.quarantined).toEqual([]);
  expect(databases.parts.length).toBeGreaterThan(1);
  expect(
    await at(
      databases.target,
      `SELECT count(*) AS rows, sum(name) AS sum, min(length(id)) AS length, count(secret) AS secrets, count(twice) AS twice FROM public.large`,
    ),
  ).toEqual([{ rows: '8000', sum: '32004000', length: '400', secrets: '0', twice: '0' }]);
});

it('puts a table aside whose target has no column of the new name', async () => {
  const databases = await copyDatabases();
  await databases.both('CREATE TABLE public.a (id int, b text)');
  await at(databases.source, `INSERT INTO public.a VALUES (1, 'b')`);
  const tables = withColumnChoices(await tablesOf(databases.source), [
    { table: 'public.a', exclude: [], renames: [{ from: 'b', to: 'c' }] },
  ]);
  const snapshot = await databases.snapshot();
  await copyTables(await databases.options(snapshot, { tables }));
  await snapshot.end();
  expect(databases.quarantined).toMatchObject([
    { unit: 'public.a', code: 'DATABASE_TABLE_DIFFERS', message: expect.stringContaining('no column "c"') },
  ]);
});
