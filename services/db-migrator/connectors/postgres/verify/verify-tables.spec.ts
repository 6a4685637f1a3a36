import { freshDatabase } from '@smartant/test-servers';
import type { TableName } from '../catalog/catalog';
import { readCatalog } from '../catalog/read-catalog';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { EVERY_TYPE, EVERY_VALUE } from './fixtures/every-type';
import { verifyTables, type VerifyOptions } from './verify-tables';

const { signal } = new AbortController();
const sameName = (name: TableName) => name;

interface Pair {
  source: PgEndpoint;
  target: PgEndpoint;
  atSource: PgSession;
  atTarget: PgSession;
}

async function pairOf(schema: string, targetSchema = schema): Promise<Pair> {
  const [source, target] = [openTestEndpoint(await freshDatabase()), openTestEndpoint(await freshDatabase())];
  const [atSource, atTarget] = [await open(source), await open(target)];
  await atSource.query(schema);
  await atTarget.query(targetSchema);
  return { source, target, atSource, atTarget };
}

const open = (endpoint: PgEndpoint) => endpoint.open({ applicationName: 'test', signal });

async function verify({ source, target, atSource }: Pair, change: Partial<VerifyOptions> = {}) {
  const { tables, sequences } = await readCatalog(atSource, signal);
  return verifyTables({
    source,
    target,
    migrationId: 'mig_test',
    tables,
    sequences,
    targetName: sameName,
    rows: [],
    level: 'content',
    jobs: 2,
    frozenPosition: '0/1',
    signal,
    ...change,
  });
}

it('finds equal rows of every type equal, in another order of rows and of columns', async () => {
  const pair = await pairOf(
    `${EVERY_TYPE}; ${EVERY_VALUE}; CREATE TABLE public.keyless (a int, b text); INSERT INTO public.keyless VALUES (1, 'x'), (1, 'x'), (2, NULL)`,
    EVERY_TYPE,
  );
  await pair.atTarget
    .query(`${EVERY_VALUE}; UPDATE public.every_type SET flag = flag WHERE id = 1; CREATE TABLE public.keyless (b text, a int, more int GENERATED ALWAYS AS (a) STORED);
    INSERT INTO public.keyless VALUES (NULL, 2), ('x', 1), ('x', 1)`);
  const { verification } = await verify(pair);
  expect(verification).toMatchObject({ equal: true, tables: 2, sourceRows: 6, targetRows: 6, differenceCount: 0 });
  expect(verification.targetRoot).toBe(verification.sourceRoot);
});

it.each([
  ['num = 100.0', 2],
  [`c = 'abc'`, 1],
  ['real8 = 0', 2],
  [`js = '{"a": 1.1 , "a":2}'`, 1],
  [`t = NULL`, 2],
  [`arr = '{1,NULL,3}'`, 1],
  [`tz = tz + interval '1 microsecond'`, 1],
  [`p = NULL`, 2],
  [`vc = 'x '`, 1],
  ['iv = NULL', 3],
])('sees that a value was changed: %s', async (change, id) => {
  const pair = await pairOf(`${EVERY_TYPE}; ${EVERY_VALUE}`);
  await pair.atTarget.query(`UPDATE public.every_type SET ${change} WHERE id = ${id}`);
  const { verification } = await verify(pair);
  expect(verification.equal).toBe(false);
  expect(verification.differences).toEqual([
    { key: `public.every_type ["${id}"]`, kind: 'content', detail: 'The row has another content at the target.', waived: false },
  ]);
  expect(verification.targetRoot).not.toBe(verification.sourceRoot);
});

it('names missing, extra and changed rows, and counts all of them', async () => {
  const schema = `CREATE TABLE public.t (a int, b text, v int, PRIMARY KEY (b, a)); INSERT INTO public.t SELECT g, 'k' || g % 7, g FROM generate_series(1, 20000) g`;
  const pair = await pairOf(schema);
  await pair.atTarget.query(
    `DELETE FROM public.t WHERE a <= 150; UPDATE public.t SET v = -1 WHERE a BETWEEN 1001 AND 1003; INSERT INTO public.t VALUES (-1, 'new', 0)`,
  );
  const { verification, tables } = await verify(pair);
  expect(verification.differenceCount).toBe(154);
  const byKind = Map.groupBy(tables[0]!.differences!.rows, ({ kind }) => kind);
  expect(byKind.get('missing-at-target')).toHaveLength(150);
  expect(
    byKind
      .get('content')!
      .map(({ keyValues }) => keyValues)
      .sort(),
  ).toEqual([
    ['k0', '1001'],
    ['k1', '1002'],
    ['k2', '1003'],
  ]);
  expect(byKind.get('extra-at-target')!.map(({ key }) => key)).toEqual(['["new", "-1"]']);
  expect(verification.differences).toHaveLength(100);
});

it('compares a table without a key as a multiset', async () => {
  const schema = `CREATE TABLE public.t (a int)`;
  const pair = await pairOf(`${schema}; INSERT INTO public.t VALUES (1), (1), (2)`, `${schema}; INSERT INTO public.t VALUES (1), (2), (2)`);
  const { tables, verification } = await verify(pair);
  expect(verification).toMatchObject({ equal: false, sourceRows: 3, targetRows: 3 });
  // Rows in one place of either side are two rows.
  expect(verification.differenceCount).toBe(2);
  expect(tables[0]!.differences!.rows.map(({ kind, key, keyValues }) => [kind, key.split(' ')[0], keyValues]).sort()).toEqual([
    ['extra-at-target', 'target', null],
    ['missing-at-target', 'source', null],
  ]);
});

it('tells a table that is missing, or that lacks a column', async () => {
  const pair = await pairOf(
    'CREATE TABLE public.a (x int); CREATE TABLE public.b (x int, y int); INSERT INTO public.b VALUES (1, 2)',
    'CREATE TABLE public.b (x int)',
  );
  const { verification } = await verify(pair);
  expect(verification.differences.map(({ key, kind }) => [key, kind])).toEqual([
    ['public.a', 'missing-at-target'],
    ['public.b', 'missing-at-target'],
  ]);
});

it('takes a column that differs in its type for equal where the text is', async () => {
  const pair = await pairOf(
    'CREATE TABLE public.t (x int); INSERT INTO public.t VALUES (7)',
    'CREATE TABLE public.t (x bigint); INSERT INTO public.t VALUES (7)',
  );
  expect((await verify(pair)).verification.equal).toBe(true);
});

it('finds a row of the condition that an index of the source lacks, and the target, too', async () => {
  const schema = 'CREATE TABLE public.t (id int PRIMARY KEY, state text); CREATE INDEX by_state ON public.t (state)';
  const pair = await pairOf(schema);
  const ready = (is: boolean) => `UPDATE pg_index SET indisready = ${is} WHERE indexrelid = 'public.by_state'::regclass`;
  await pair.atSource.query(
    `INSERT INTO public.t SELECT n, CASE WHEN n % 100 = 0 THEN 'open' ELSE 'closed' END FROM generate_series(1, 50000) n`,
  );
  await pair.atTarget.query(`INSERT INTO public.t SELECT n * 100, 'open' FROM generate_series(1, 500) n`);
  for (const sql of [ready(false), `INSERT INTO public.t VALUES (-1, 'open')`, ready(true), 'ANALYZE public.t'])
    await pair.atSource.query(sql);
  const where = `state = 'open'`;
  expect(await pair.atSource.query(`SELECT count(*) AS n FROM public.t WHERE ${where}`)).toEqual([{ n: '500' }]);
  const { verification } = await verify(pair, { rows: [{ table: 'public.t', where }] });
  expect(verification).toMatchObject({ equal: false, sourceRows: 501, targetRows: 500, differenceCount: 1 });
  expect(verification.differences).toMatchObject([{ key: 'public.t ["-1"]', kind: 'missing-at-target' }]);
});

it('holds the target to the condition of the scope, and follows renames', async () => {
  const schema = 'CREATE TABLE public.t (x int PRIMARY KEY)';
  const pair = await pairOf(
    `${schema}; INSERT INTO public.t SELECT generate_series(1, 10)`,
    `CREATE SCHEMA other; CREATE TABLE other.t2 (x int PRIMARY KEY); INSERT INTO other.t2 VALUES (1), (2), (3)`,
  );
  const targetName = () => ({ schema: 'other', table: 't2' });
  const rows = [{ table: 'public.t', where: 'x < 4 -- small' }];
  expect((await verify(pair, { targetName, rows })).verification).toMatchObject({ equal: true, sourceRows: 3 });
  await pair.atTarget.query('INSERT INTO other.t2 VALUES (5)');
  expect((await verify(pair, { targetName, rows })).verification).toMatchObject({ equal: false, differenceCount: 1 });
});

it('compares the rows of partitions and of children each in its own table', async () => {
  const schema = `CREATE TABLE public.p (id int, v text) PARTITION BY RANGE (id); CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES FROM (0) TO (10);
    CREATE TABLE public.p2 PARTITION OF public.p FOR VALUES FROM (10) TO (20); CREATE TABLE public.parent (a int); CREATE TABLE public.child () INHERITS (public.parent);
    INSERT INTO public.p SELECT g, 'v' FROM generate_series(0, 19) g; INSERT INTO public.parent VALUES (1); INSERT INTO public.child VALUES (1), (2)`;
  const { verification } = await verify(await pairOf(schema));
  expect(verification).toMatchObject({ equal: true, tables: 4, sourceRows: 23 });
});

it('compares only numbers of rows where that is asked for, and says so in the root', async () => {
  const schema = 'CREATE TABLE public.t (x int); INSERT INTO public.t VALUES (1)';
  const pair = await pairOf(schema, schema.replace('(1)', '(2)'));
  const counts = await verify(pair, { level: 'counts' });
  expect(counts.verification).toMatchObject({ level: 'counts', equal: true });
  await pair.atTarget.query('DELETE FROM public.t');
  expect((await verify(pair, { level: 'counts' })).verification).toMatchObject({ equal: false, differenceCount: 1 });
});

it('compares sequences with their bounds and whether they were called', async () => {
  const schema = 'CREATE SEQUENCE public.a; CREATE SEQUENCE public.b INCREMENT 2; CREATE SEQUENCE public.c';
  const pair = await pairOf(`${schema}; SELECT nextval('public.a')`, schema.replace('INCREMENT 2', 'INCREMENT 3'));
  const { verification } = await verify(pair);
  expect(verification.differences.map(({ key, kind }) => [key, kind])).toEqual([
    ['public.a', 'sequence'],
    ['public.b', 'sequence'],
  ]);
  expect(verification.equal).toBe(false);
});

it('divides a large table between its sessions and reads each row once', async () => {
  const schema = `CREATE TABLE public.big (id int, filler char(900))`;
  const pair = await pairOf(
    `${schema}; INSERT INTO public.big SELECT g, 'x' FROM generate_series(1, 150000) g`,
    `${schema}; INSERT INTO public.big SELECT g, 'x' FROM generate_series(150000, 1, -1) g`,
  );
  let [admitted, statements] = [0, 0];
  const { verification } = await verify(pair, {
    admit: async (bytes, _signal, more = 0) => {
      admitted += bytes;
      statements += more;
    },
  });
  expect(verification).toMatchObject({ equal: true, sourceRows: 150_000, targetRows: 150_000 });
  expect(admitted).toBeGreaterThan(130_000_000);
  expect(statements).toBe(2);
});

it('compares hundreds of small tables, empty ones and ones without columns', async () => {
  const schema = `DO $$ BEGIN FOR i IN 1..150 LOOP EXECUTE format('CREATE TABLE public.t%s (a int); INSERT INTO public.t%s SELECT generate_series(1, %s)', i, i, i % 7); END LOOP; END $$;
    CREATE TABLE public.bare (); INSERT INTO public.bare DEFAULT VALUES`;
  const pair = await pairOf(schema);
  expect((await verify(pair)).verification).toMatchObject({ equal: true, tables: 151, differenceCount: 0 });
  await pair.atTarget.query('INSERT INTO public.bare DEFAULT VALUES; UPDATE public.t6 SET a = 0 WHERE a = 6');
  const { verification } = await verify(pair);
  expect(new Set(verification.differences.map(({ key }) => key.split(' ')[0]))).toEqual(new Set(['public.bare', 'public.t6']));
});

it('puts a table aside that a server cannot read, and compares the others', async () => {
  const schema =
    'CREATE TABLE public.a (x int); INSERT INTO public.a VALUES (1); CREATE TABLE public.b (x int); INSERT INTO public.b VALUES (0); CREATE TABLE public.c (x int)';
  const pair = await pairOf(schema);
  const { verification, tables } = await verify(pair, { rows: [{ table: 'public.b', where: '1 / x = 1' }] });
  expect(verification).toMatchObject({ equal: false, differenceCount: 1, tables: 3 });
  expect(verification.differences).toEqual([
    expect.objectContaining({ key: 'public.b', detail: expect.stringContaining('division by zero') }),
  ]);
  expect(tables.map(({ source, target }) => [source?.rows, target?.rows])).toEqual([
    [1n, 1n],
    [undefined, 1n],
    [0n, 0n],
  ]);
});

it('takes a partitioned table of the target for the rows of an ordinary one', async () => {
  const rows = 'INSERT INTO public.t SELECT g, g FROM generate_series(1, 50) g';
  const pair = await pairOf(
    `CREATE TABLE public.t (id int PRIMARY KEY, v int); ${rows}`,
    `CREATE TABLE public.t (id int PRIMARY KEY, v int) PARTITION BY HASH (id); CREATE TABLE public.t0 PARTITION OF public.t FOR VALUES WITH (MODULUS 2, REMAINDER 0);
      CREATE TABLE public.t1 PARTITION OF public.t FOR VALUES WITH (MODULUS 2, REMAINDER 1); ${rows}`,
  );
  expect((await verify(pair)).verification.equal).toBe(true);
  await pair.atTarget.query('UPDATE public.t SET v = 0 WHERE id = 9');
  expect((await verify(pair)).verification.differences.map(({ key }) => key)).toEqual(['public.t ["9"]']);
});

it('stops at once when it is aborted, and leaves no session behind', async () => {
  const pair = await pairOf('CREATE TABLE public.t (x int); INSERT INTO public.t VALUES (1)');
  const abort = new AbortController();
  const verifying = verify(pair, { rows: [{ table: 'public.t', where: 'pg_sleep(120) IS NOT NULL' }], signal: abort.signal }).catch(
    (error: unknown) => error,
  );
  const sessions = async (filter: string) =>
    (
      await pair.atSource.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'smartant verify%' AND ${filter}`,
      )
    ).length;
  while ((await sessions(`query LIKE '%pg_sleep%'`)) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  abort.abort();
  expect(await verifying).toMatchObject({ code: 'CANCELLED' });
  while ((await sessions('true')) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
});

it('passes over what a target had before, where rows were added to it, and nothing else', async () => {
  const schema =
    'CREATE TABLE public.t (id int PRIMARY KEY, v int); CREATE TABLE public.k (v int); CREATE SEQUENCE public.up; CREATE SEQUENCE public.down INCREMENT -1';
  const rows = 'INSERT INTO public.t SELECT g, g FROM generate_series(1, 500) g; INSERT INTO public.k VALUES (1), (1)';
  const pair = await pairOf(
    `${schema}; ${rows}; SELECT setval('public.up', 5), setval('public.down', -5)`,
    `${schema}; ${rows}; SELECT setval('public.up', 9), setval('public.down', -9)`,
  );
  await pair.atTarget.query('INSERT INTO public.t VALUES (-1, 0); INSERT INTO public.k VALUES (1), (7)');
  const { verification } = await verify(pair, { appended: true });
  expect(verification).toMatchObject({
    equal: true,
    differenceCount: 0,
    sourceRows: 502,
    targetRows: 502,
    sourceRoot: verification.targetRoot,
  });
  expect((await verify(pair)).verification).toMatchObject({ equal: false, differenceCount: 5 });
  await pair.atTarget.query(
    `UPDATE public.t SET v = 0 WHERE id = 3; DELETE FROM public.t WHERE id = 4; DELETE FROM public.k WHERE v = 1; SELECT setval('public.up', 4)`,
  );
  const worse = (await verify(pair, { appended: true })).verification;
  expect(worse.differences.map(({ key, kind }) => `${kind} ${key.replace(/\(.*/, '')}`).sort()).toEqual([
    'content public.t ["3"]',
    'missing-at-target public.k source ',
    'missing-at-target public.k source ',
    'missing-at-target public.t ["4"]',
    'sequence public.up',
  ]);
});
