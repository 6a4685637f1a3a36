import { freshDatabase } from '@smartant/test-servers';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import { readCatalog } from './read-catalog';

const never = new AbortController().signal;

it('reads tables, keys, identities and sequences as they are', async () => {
  const endpoint = openTestEndpoint(await freshDatabase());
  const session = await endpoint.open({ applicationName: 'test', signal: never });
  await session.query(`
    CREATE SCHEMA "Odd ""schema";
    CREATE TABLE "Odd ""schema".t (b int, a bigint GENERATED ALWAYS AS IDENTITY, c text COLLATE "C", d int GENERATED ALWAYS AS (b * 2) STORED, PRIMARY KEY (a, b));
    CREATE TABLE public.p (id int, at timestamptz) PARTITION BY RANGE (id);
    CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES FROM (0) TO (10);
    CREATE TABLE public.full_identity (x numeric(10, 2)[]);
    ALTER TABLE public.full_identity REPLICA IDENTITY FULL;
    CREATE TABLE public.nothing (x int NOT NULL UNIQUE);
    ALTER TABLE public.nothing REPLICA IDENTITY NOTHING;
    CREATE SEQUENCE public.free;
    SELECT nextval('public.free')`);
  const catalog = await readCatalog(session, never);
  const table = (name: string) => catalog.tables.find((each) => each.table === name);
  expect(catalog).toMatchObject({ encoding: 'UTF8', systemIdentifier: expect.stringMatching(/^\d+$/), timeline: 1 });
  expect(table('t')).toMatchObject({
    schema: 'Odd "schema',
    kind: 'r',
    primaryKey: ['a', 'b'],
    identityColumns: ['a', 'b'],
    replicaIdentity: 'd',
  });
  expect(table('t')?.columns.map(({ name, type, identity, generated }) => [name, type, identity, generated])).toEqual([
    ['b', 'integer', '', ''],
    ['a', 'bigint', 'a', ''],
    ['c', 'text', '', ''],
    ['d', 'integer', '', 's'],
  ]);
  expect(table('p')).toMatchObject({ kind: 'p', root: null });
  expect(table('p1')).toMatchObject({ kind: 'r', root: { schema: 'public', table: 'p' } });
  expect(table('full_identity')).toMatchObject({ replicaIdentity: 'f', identityColumns: ['x'] });
  expect(table('nothing')).toMatchObject({ replicaIdentity: 'n', identityColumns: [], primaryKey: [] });
  expect(catalog.sequences).toEqual([
    {
      schema: 'Odd "schema',
      name: 't_a_seq',
      lastValue: null,
      isCalled: false,
      ownedBy: { schema: 'Odd "schema', table: 't', column: 'a' },
    },
    { schema: 'public', name: 'free', lastValue: '1', isCalled: true, ownedBy: null },
  ]);
  await session.close();
});
