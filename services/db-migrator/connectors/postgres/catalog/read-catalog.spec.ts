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

it('reads tables of more than one page, with what they inherit from, and columns of those that are wanted', async () => {
  const endpoint = openTestEndpoint(await freshDatabase());
  const session = await endpoint.open({ applicationName: 'test', signal: never });
  await session.query(
    `DO $$ BEGIN FOR n IN 1..1100 LOOP EXECUTE format('CREATE TABLE public.t%s (id int, PRIMARY KEY (id) INCLUDE (id))', n); END LOOP; END $$`,
  );
  await session.query(
    `CREATE TABLE public.a (x int); CREATE TABLE public.b (y int); CREATE TABLE public.c (z int) INHERITS (public.a, public.b)`,
  );
  const all = await readCatalog(session, never);
  expect(all.tables).toHaveLength(1103);
  expect(all.tables.every(({ columns }) => columns.length > 0)).toBe(true);
  expect(all.tables.find(({ table }) => table === 't7')).toMatchObject({ primaryKey: ['id'], parents: [] });
  const some = await readCatalog(session, never, { wanted: (tables) => tables.filter(({ table }) => table.length === 1) });
  expect(some.tables.map(({ table, parents, columns }) => [table, parents.map((each) => each.table), columns.length])).toEqual([
    ['a', [], 1],
    ['b', [], 1],
    ['c', ['a', 'b'], 3],
  ]);
  await session.close();
});

it('asks a role without rights for no more than it may know, and the walsender for who the server is', async () => {
  const url = new URL(await freshDatabase());
  const superuser = await openTestEndpoint(url.href).open({ applicationName: 'test', signal: never });
  const role = `weak_${superuser.backendPid}`;
  await superuser.query(`CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'pw'; CREATE TABLE public.secret (id serial);
    REVOKE EXECUTE ON FUNCTION pg_control_system(), pg_control_checkpoint() FROM PUBLIC`);
  const whole = await readCatalog(superuser, never);
  [url.username, url.password] = [role, 'pw'];
  const endpoint = openTestEndpoint(url.href);
  const session = await endpoint.open({ applicationName: 'test', signal: never });
  await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const openReplication = () => endpoint.open({ applicationName: 'test', replication: true, signal: never });
  const seen = await readCatalog(session, never, { openReplication });
  expect(seen).toMatchObject({ systemIdentifier: whole.systemIdentifier, timeline: whole.timeline });
  expect(seen.tables).toEqual(whole.tables);
  expect(seen.sequences).toMatchObject([{ name: 'secret_id_seq', lastValue: null }]);
  await expect(readCatalog(session, never)).rejects.toMatchObject({ code: 'DATABASE_ACCESS_DENIED' });
  await session.close();
  await superuser.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await superuser.close();
});
