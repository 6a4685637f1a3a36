import { applyExactChanges, EXACT_SCHEMA, formAtServer } from '../fixtures/exact-changes';
import { expectEqual, joined, pairsOfSpec } from '../fixtures/streaming-specs';
import { EXACT_TYPES } from '../replication/exact-types';
import type { ApplyStep } from './apply-step';

const pairOf = pairsOfSpec();

it('knows types by the numbers that servers know them by', async () => {
  const pair = await pairOf({ schema: 'CREATE TABLE t (id int PRIMARY KEY)' });
  const named = await pair.sourceSession.query(
    `SELECT oid, typname FROM pg_type WHERE oid IN (${[...EXACT_TYPES.keys()].join()}) AND typnamespace = 'pg_catalog'::regnamespace ORDER BY oid`,
  );
  expect(named.map(({ oid, typname }) => [Number(oid), typname])).toEqual([...EXACT_TYPES].sort(([one], [other]) => one - other));
});

it.each(['binary', 'text'] as const)('carries every exact type as it is, inserted, updated and found by its value, as %s', async (form) => {
  const pair = await pairOf({ schema: EXACT_SCHEMA });
  const onConflict = jest.fn();
  expect(await applyExactChanges(pair, { onConflict, ...(form === 'text' ? { form } : {}) })).toEqual([form]);
  await expectEqual(pair, 't', 'keyless');
  expect(onConflict).not.toHaveBeenCalled();
});

it.each(['binary', 'text'] as const)(
  'leaves values that are stored apart as they are, and takes the newest of a row that was added, as %s',
  async (form) => {
    const big = "(SELECT string_agg(md5(n::text), '') FROM generate_series(1, 1000) n)";
    const pair = await pairOf({
      schema: 'CREATE TABLE t (id bigint PRIMARY KEY, big text, n numeric); ALTER TABLE t ALTER big SET STORAGE EXTERNAL',
      data: `INSERT INTO t SELECT n, ${big}, 1.0 FROM generate_series(1, 5) n`,
    });
    await pair.sourceSession.query(`UPDATE t SET n = 1.00; UPDATE t SET big = 'short' WHERE id = 2; UPDATE t SET id = 40 WHERE id = 4;
    INSERT INTO t SELECT n, ${big}, n FROM generate_series(101, 180) n; UPDATE t SET n = NULL WHERE id > 150; DELETE FROM t WHERE id = 170`);
    await pair.drain(form === 'text' ? { form } : {});
    await expectEqual(pair, 't');
  },
);

it('reads text where a table has a type that is another one at the target, or names others by number', async () => {
  const pair = await pairOf({
    schema: 'CREATE DOMAIN plus AS int CHECK (VALUE > 0); CREATE TABLE t (id int PRIMARY KEY, m plus, l int[])',
  });
  const forms: string[] = [];
  const reached = async (step: ApplyStep) => void (step === 'begun' && forms.push(await formAtServer(pair)));
  await pair.sourceSession.query("INSERT INTO t VALUES (1, 7, '{1,NULL}')");
  await pair.drain({ reached });
  await expectEqual(pair, 't');
  expect([...new Set(forms)]).toEqual(['text']);
});

it('goes on as text from where a table comes whose values it cannot take otherwise', async () => {
  const pair = await pairOf({
    schema: 'CREATE TABLE t (id int PRIMARY KEY, v varchar(3)); CREATE TABLE other (id int PRIMARY KEY, v int)',
  });
  await pair.targetSession.query('ALTER TABLE other ALTER v TYPE bigint');
  const forms: string[] = [];
  const reached = async (step: ApplyStep) => void (step === 'begun' && forms.push(await formAtServer(pair)));
  const onRetry = jest.fn();
  await pair.sourceSession.query("INSERT INTO t VALUES (1, 'a'); INSERT INTO other VALUES (1, 7); INSERT INTO t VALUES (2, 'b')");
  await pair.drain({ reached, onRetry });
  await expectEqual(pair, 't', 'other');
  expect([...new Set(forms)]).toEqual(['binary', 'text']);
  expect(onRetry).not.toHaveBeenCalled();
});

it('stops at the row that is refused', async () => {
  const pair = await pairOf({ schema: 'CREATE TABLE t (id int PRIMARY KEY, v varchar(5)); CREATE TABLE other (id int PRIMARY KEY)' });
  await pair.targetSession.query('ALTER TABLE t ALTER v TYPE varchar(3)');
  await pair.sourceSession.query(
    "INSERT INTO t SELECT n, CASE WHEN n = 77 THEN 'long' END FROM generate_series(1, 100) n; INSERT INTO other VALUES (1)",
  );
  const onFailure = jest.fn(async () => undefined);
  await pair.drain({ onFailure });
  expect(onFailure).toHaveBeenCalledTimes(1);
  expect(onFailure).toHaveBeenCalledWith({ unit: 'public.t', error: expect.objectContaining({ code: 'DATABASE_VALUE_REFUSED' }) });
  await expectEqual(pair, 'other');
});

it('sees that a type was changed at the target, and reads text from there', async () => {
  const pair = await pairOf({ schema: 'CREATE TABLE t (id int PRIMARY KEY, n bigint, f bigint, j jsonb)' });
  await pair.sourceSession.query(`INSERT INTO t SELECT n, 42, 42, '{"a": 1}' FROM generate_series(1, 100) n`);
  const forms: string[] = [];
  const change = 'ALTER TABLE t ALTER n TYPE numeric(20, 2), ALTER f TYPE float8, ALTER j TYPE text';
  // The table is known by then.
  const reached = async (step: ApplyStep) => {
    if (step !== 'begun') return;
    forms.push(await formAtServer(pair));
    if (forms.length === 1) await pair.targetSession.query(change);
  };
  await pair.drain({ reached });
  expect([...new Set(forms)]).toEqual(['binary', 'text']);
  expect(await pair.targetSession.query('SELECT n, f, j, count(*) AS rows FROM t GROUP BY 1, 2, 3')).toEqual([
    { n: '42.00', f: '42', j: '{"a": 1}', rows: '100' },
  ]);
});

it.each([
  [1, 'binary'],
  [100, 'binary'],
  [1, 'text'],
  [100, 'text'],
] as const)('puts a table aside whose rows come into its filter without their large values (%d, %s)', async (count, form) => {
  const pair = await pairOf({
    schema: `CREATE TABLE t (id int, flag int, big text, PRIMARY KEY (id, flag)); ALTER TABLE t ALTER big SET STORAGE EXTERNAL;
      CREATE TABLE other (id int PRIMARY KEY)`,
  });
  const publication = pair.options.publications[0] ?? '';
  await pair.sourceSession.query(
    `ALTER PUBLICATION "${publication}" SET TABLE t WHERE (flag > 10), other; INSERT INTO t SELECT n, 5, repeat('x', 5000) FROM generate_series(1, ${count}) n`,
  );
  await pair.sourceSession.query('UPDATE t SET flag = 20; INSERT INTO other VALUES (1)');
  const onFailure = jest.fn(async () => undefined);
  await pair.drain({ onFailure, ...(form === 'text' ? { form } : {}) });
  expect(onFailure).toHaveBeenCalledTimes(1);
  expect(onFailure).toHaveBeenCalledWith({ unit: 'public.t', error: expect.objectContaining({ code: 'DATABASE_VALUES_UNTOLD' }) });
  await expectEqual(pair, 'other');
});

it('takes rows that come into a filter whole where the whole row is their identity', async () => {
  const pair = await pairOf({
    schema: `CREATE TABLE t (id int, flag int, big text, PRIMARY KEY (id, flag)); ALTER TABLE t ALTER big SET STORAGE EXTERNAL;
      ALTER TABLE t REPLICA IDENTITY FULL`,
  });
  const publication = pair.options.publications[0] ?? '';
  await pair.sourceSession.query(
    `ALTER PUBLICATION "${publication}" SET TABLE t WHERE (flag > 10); INSERT INTO t SELECT n, 5, repeat('x', 5000) FROM generate_series(1, 10) n`,
  );
  await pair.sourceSession.query('UPDATE t SET flag = 20');
  await pair.drain();
  await expectEqual(pair, 't');
});

it.each([
  ['binary', 'text'],
  ['text', 'binary'],
] as const)('knows what is done of a batch that was shared out as %s and is read again', async (before, after) => {
  const pair = await pairOf({
    schema: `CREATE TYPE mood AS ENUM ('sad', 'ä'); CREATE TABLE whole (a int, b bigint, c smallint, d text, e uuid, f bytea, g bool, h oid, i varchar, j mood, v int, PRIMARY KEY (a, b, c, d, e, f, g, h, i, j));
      CREATE TABLE day (at timestamptz, d date, t time, s timestamp, v int, PRIMARY KEY (at, d, t, s)); CREATE TABLE filler (n int); ALTER TABLE filler REPLICA IDENTITY FULL`,
  });
  const forms = { binary: {}, text: { form: 'text' as const } };
  const add = (from: number, to: number) => [
    `INSERT INTO whole SELECT -n, n * 5000000000, n, 'ä' || n, md5(n::text)::uuid, decode(md5(n::text), 'hex'), n % 2 = 0, n, 'v' || n, 'ä', 0
       FROM generate_series(${from}, ${to}) n`,
    `INSERT INTO day SELECT '2020-01-01'::timestamptz + n * interval '1.1 day', '0001-01-01'::date - n, '00:00'::time + n * interval '1.5 ms',
       CASE n % 10 WHEN 0 THEN 'infinity' ELSE '1999-12-31'::timestamp + n * interval '1 hour' END, n FROM generate_series(${from}, ${to}) n`,
  ];
  // What tells a table belongs to the transaction that it comes in, and is one applier's: what is shared out comes in a batch after it.
  const filler = 'INSERT INTO filler SELECT generate_series(1, 2500)';
  const change = async (from: number) => {
    for (const sql of [filler, ...add(from, from + 99), filler]) await pair.sourceSession.query(sql);
    await pair.sourceSession.query([...add(from + 100, from + 300), 'UPDATE whole SET v = v + 1', 'UPDATE day SET v = v + 1'].join(';'));
  };
  await change(1);
  await pair.drain({ appliers: 3, shareFrom: 20, ...forms[before], reached: joined(() => undefined) });
  await change(1001);
  let parts = 0;
  const endsBetween = (step: ApplyStep) => {
    if (step === 'part-committed') parts += 1;
    if (step === 'part-committed' && parts === 1) throw new Error('ended here');
  };
  await expect(pair.drain({ appliers: 3, shareFrom: 20, ...forms[before], epoch: 2, reached: joined(endsBetween) })).rejects.toThrow();
  expect(parts).toBe(1);
  const splits = await pair.targetSession.query(`SELECT unit, split FROM smartant.stream_split WHERE split = 'row' ORDER BY unit`);
  expect(splits.map(({ unit }) => unit)).toEqual(['public.day', 'public.whole']);
  await pair.drain({ appliers: 3, shareFrom: 20, ...forms[after], epoch: 3 });
  await expectEqual(pair, 'whole', 'day', 'filler');
});
