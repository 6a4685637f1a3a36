import { freshDatabase, startRestartablePostgres } from '@smartant/test-servers';
import { readCatalog } from '../catalog/read-catalog';
import { createSlot, dropSlot } from '../replication/slot';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import { expectEqual, pairsOfSpec } from '../fixtures/streaming-specs';

import type { ApplyStep } from './apply-step';
import type { FailedChange } from './put-aside';
import { SAME_NAMES } from './column-names';
import { refusingChangedColumns } from './refuse-changed-columns';
import { streamChanges } from './stream-changes';
import { readPosition } from './stream-position';

const never = new AbortController().signal;
const pairOf = pairsOfSpec();
/** Waits for a condition, and fails when the stream ends meanwhile. */
async function untilTrue(condition: () => Promise<boolean>, stream: Promise<unknown>): Promise<void> {
  let ended: unknown;
  void stream.then((result) => (ended = result ?? 'no reason'));
  while (!(await condition())) if (ended !== undefined) throw new Error('The stream has ended.', { cause: ended });
}

it('applies inserts, updates, deletes and changed keys', async () => {
  const pair = await pairOf({
    schema: 'CREATE TABLE t (id int PRIMARY KEY, v text)',
    data: "INSERT INTO t SELECT n, 'old ' || n FROM generate_series(1, 100) n",
  });
  const onConflict = jest.fn();
  await pair.sourceSession.query(`
    UPDATE t SET v = 'new' WHERE id < 20; DELETE FROM t WHERE id BETWEEN 10 AND 15; INSERT INTO t VALUES (10, 'again'), (200, NULL);
    UPDATE t SET id = id + 1000 WHERE id > 90; INSERT INTO t VALUES (300, 'gone'); UPDATE t SET v = 'x' WHERE id = 300; DELETE FROM t WHERE id = 300;
    UPDATE t SET id = 1 - id WHERE id < 5`);
  await pair.drain({ onConflict });
  await expectEqual(pair, 't');
  expect(onConflict).not.toHaveBeenCalled();
});

const TYPES: Record<string, [string, string]> = {
  bool: ['true', 'false'],
  int2: ['-32768', '32767'],
  int4: ['-2147483648', '2147483647'],
  int8: ['-9223372036854775808', '9223372036854775807'],
  'numeric(40, 20)': ['12345678901234567890.12345678901234567890', "'NaN'"],
  numeric: ['1.00', "'-Infinity'"],
  float4: ["'NaN'", '1e-40'],
  float8: ["'Infinity'", '0.1::float8 + 0.2::float8'],
  money: ["'12.34'", "'-99999.99'"],
  text: ["E'tab\\t new\\nline \\\\ \"quote\" ''single'' {a,b} NULL'", "''"],
  'varchar(5)': ["'äöü€x'", "'NULL'"],
  'char(5)': ["'ab'", "'     '"],
  '"char"': ["'x'", "''"],
  name: ["'a_name'", "'b'"],
  bytea: ["'\\x00ff5c'", "''"],
  date: ["'infinity'", "'4713-01-01 BC'"],
  time: ["'24:00:00'", "'00:00:00.000001'"],
  timetz: ["'12:00:00.123456+05:30'", "'00:00-12'"],
  timestamp: ["'-infinity'", "'2020-02-29 23:59:59.999999'"],
  timestamptz: ["'infinity'", "'0001-01-01 00:00:00+00 BC'"],
  interval: ["'1 year -2 mons 3 days 04:05:06.000001'", "'-178000000 years'"],
  uuid: ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'00000000-0000-0000-0000-000000000000'"],
  json: ['\'{"a": 1.000,  "a": [null]}\'', "'1e400'"],
  jsonb: ['\'{"a": 123456789012345678901234567890.10}\'', "'null'"],
  xml: ["'<a>b</a> text'", "'x'"],
  inet: ["'10.1.2.3/32'", "'::1/64'"],
  cidr: ["'10.0.0.0/8'", "'::/0'"],
  macaddr: ["'08:00:2b:01:02:03'", "'00:00:00:00:00:00'"],
  'bit(3)': ["B'101'", "B'000'"],
  'varbit(9)': ["B'10'", "B''"],
  point: ["'(1.5,-2)'", "'(NaN,0)'"],
  box: ["'(1,2),(0,0)'", "'(0,0),(0,0)'"],
  polygon: ["'((0,0),(1,1),(1,0))'", "'((0,0))'"],
  circle: ["'<(1,2),3>'", "'<(0,0),0>'"],
  tsvector: ["'a:1 b:2A'", "''"],
  tsquery: ["'a & !b'", "''"],
  int4range: ["'[1,5)'", "'empty'"],
  tstzrange: ["'[2020-01-01,)'", "'(,)'"],
  'int4[]': ["'{1,NULL,3}'", "'[2:3]={7,8}'"],
  'text[][]': ['\'{{a,"b,c"},{NULL,"NULL"}}\'', "'{}'"],
  'numrange[]': ['\'{"[1,2)",empty}\'', "'{}'"],
  pg_lsn: ["'16/B374D848'", "'0/0'"],
  oid: ['4294967295', '0'],
  regclass: ["'pg_catalog.pg_class'::regclass", "'999999999'"],
  regtype: ["'int4'::regtype", "'text'::regtype"],
  jsonpath: ["'$.a[*] ? (@ > 1)'", "'$'"],
  'public.mood': ["'sad'", "'happy ''x'''"],
  'public.mood[]': ["'{sad,\"happy ''x''\"}'", "'{}'"],
  'public.pair': ['\'(1,"a,""b")\'', "'(,)'"],
  'public.positive': ['1', '2'],
  'public.floats': ["'[1.5,2)'", "'empty'"],
};

const MAKE_TYPES = `CREATE TYPE mood AS ENUM ('sad', 'happy ''x'''); CREATE TYPE pair AS (a int, b text); CREATE DOMAIN positive AS int CHECK (VALUE > 0);
  CREATE TYPE floats AS RANGE (subtype = float8)`;

it('carries every type as it is, inserted, updated and found by its value', async () => {
  const names = Object.keys(TYPES);
  const columns = names.map((type, index) => `c${index} ${type}`).join(', ');
  const pair = await pairOf({
    schema: `${MAKE_TYPES}; CREATE TABLE t (id int PRIMARY KEY, ${columns}); CREATE TABLE keyless (${columns}); ALTER TABLE keyless REPLICA IDENTITY FULL`,
  });
  const values = (which: 0 | 1) => names.map((type) => TYPES[type]![which]).join(', ');
  const set = names.map((type, index) => `c${index} = ${TYPES[type]![1]}`).join(', ');
  await pair.sourceSession.query(`INSERT INTO t VALUES (1, ${values(0)}), (2, ${values(1)}); INSERT INTO t (id) VALUES (3);
    INSERT INTO keyless VALUES (${values(0)}), (${values(1)}), (${values(0)})`);
  await pair.drain();
  await expectEqual(pair, 't', 'keyless');
  const onConflict = jest.fn();
  await pair.sourceSession.query(
    `UPDATE t SET ${set} WHERE id IN (1, 3); DELETE FROM keyless WHERE ctid = '(0,1)'; UPDATE keyless SET ${set} WHERE ctid = '(0,2)'`,
  );
  await pair.drain({ onConflict });
  await expectEqual(pair, 't', 'keyless');
  expect(onConflict).not.toHaveBeenCalled();
});

it('copies what is added in numbers as it is, and stops at the row that is refused', async () => {
  const pair = await pairOf({
    schema: 'CREATE TABLE t (id int PRIMARY KEY, a text, b bytea, c text[], g int GENERATED ALWAYS AS (id * 2) STORED)',
  });
  await pair.targetSession.query("INSERT INTO t VALUES (777, 'here already')");
  await pair.sourceSession
    .query(`INSERT INTO t SELECT n, E'\\t\\n\\r\\\\N \\\\. \\b ä' || n, '\\x0a5c09', ARRAY[E'a\\\\b"', NULL, ''] FROM generate_series(1, 200) n;
    INSERT INTO t VALUES (201, NULL, NULL, NULL), (202, '', '', '{}'), (203, '\\N', NULL, NULL), (204, '\\.', NULL, NULL)`);
  await pair.drain();
  await pair.targetSession.query('DELETE FROM t WHERE id = 777');
  await expectEqual(pair, 't');
  await pair.targetSession.query("INSERT INTO t VALUES (777, 'here already')");
  await pair.sourceSession.query('INSERT INTO t SELECT n FROM generate_series(700, 800) n');
  await expect(pair.drain()).rejects.toMatchObject({ code: 'DATABASE_CONSTRAINT_VIOLATED' });
});

it.each([
  ['DEFAULT', 'id int PRIMARY KEY, u int NOT NULL UNIQUE, v text', ''],
  ['USING INDEX t_u_key', 'id int PRIMARY KEY, u int NOT NULL UNIQUE, v text', ''],
  ['FULL', 'id int PRIMARY KEY, u int NOT NULL UNIQUE, v text', ''],
  ['FULL', 'id int, u int, v text', ''],
  ['FULL', 'id numeric, u int, v text', ', (1.00, 1, NULL), (1.0, 1, NULL), (1.0, 1, NULL)'],
])('follows REPLICA IDENTITY %s of (%s)', async (identity, columns, more) => {
  const pair = await pairOf({
    schema: `CREATE TABLE t (${columns}); ALTER TABLE t REPLICA IDENTITY ${identity}`,
    data: `INSERT INTO t VALUES (2, 20, 'b'), (3, 30, 'c'), (4, 40, NULL)${more}`,
  });
  const onConflict = jest.fn();
  await pair.sourceSession
    .query(`UPDATE t SET v = 'x' WHERE id = 2; UPDATE t SET u = 31 WHERE id = 3; UPDATE t SET id = 5, u = 50 WHERE id = 4;
    DELETE FROM t WHERE id = 3; INSERT INTO t VALUES (3, 31, 'again'); DELETE FROM t WHERE ctid IN (SELECT ctid FROM t WHERE id = 1 LIMIT 2)`);
  await pair.drain({ onConflict });
  await expectEqual(pair, 't');
  expect(onConflict).not.toHaveBeenCalled();
});

it('refuses tables that name no rows, or takes what is added to them', async () => {
  const schema = 'CREATE TABLE log (v text); CREATE TABLE kept (id int PRIMARY KEY); ALTER TABLE kept REPLICA IDENTITY NOTHING';
  await expect(pairOf({ schema })).rejects.toMatchObject({ code: 'DATABASE_TABLE_WITHOUT_IDENTITY' });
  const pair = await pairOf({ schema, identityless: 'inserts' });
  await pair.sourceSession.query(`INSERT INTO log VALUES ('a'), ('a'); INSERT INTO kept VALUES (1); UPDATE log SET v = 'unseen'`);
  await pair.drain();
  expect(await pair.rows(pair.targetSession, 'log')).toEqual([{ v: 'a' }, { v: 'a' }]);
  await expectEqual(pair, 'kept');
});

it('leaves values that are stored apart as they are when they were not touched', async () => {
  const big = "(SELECT string_agg(md5(n::text), '') FROM generate_series(1, 1000) n)";
  const pair = await pairOf({
    schema:
      'CREATE TABLE t (id int PRIMARY KEY, big text, other text, small int); ALTER TABLE t ALTER big SET STORAGE EXTERNAL, ALTER other SET STORAGE EXTERNAL',
    data: `INSERT INTO t SELECT n, ${big}, ${big}, 0 FROM generate_series(1, 6) n`,
  });
  await pair.sourceSession.query(`UPDATE t SET small = 1; UPDATE t SET big = 'short' WHERE id = 2; UPDATE t SET small = 2 WHERE id = 2;
    UPDATE t SET other = reverse(other) WHERE id = 3; UPDATE t SET id = 40, small = 4 WHERE id = 4; UPDATE t SET small = 5 WHERE id = 40;
    INSERT INTO t SELECT 7, ${big}, NULL, 7; UPDATE t SET small = 8 WHERE id = 7`);
  await pair.drain();
  await expectEqual(pair, 't');
});

it('keeps what comes before and after a truncation apart', async () => {
  const pair = await pairOf({
    schema: 'CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY REFERENCES a)',
    data: 'INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (1)',
  });
  await pair.sourceSession.query(
    'INSERT INTO a VALUES (3); TRUNCATE a, b RESTART IDENTITY; INSERT INTO a VALUES (9); INSERT INTO b VALUES (9)',
  );
  await pair.drain();
  await expectEqual(pair, 'a', 'b');
});

it('brings rows to their partitions, also where the target has others', async () => {
  const schema = `CREATE TABLE p (id int, at int, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
    CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (PRIMARY KEY (id)) INHERITS (parent)`;
  const pair = await pairOf({
    schema,
    data: "INSERT INTO p VALUES (1, 1, 'a'), (2, 12, 'b'); INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1)",
  });
  await pair.targetSession.query('DROP TABLE p2; CREATE TABLE elsewhere PARTITION OF p FOR VALUES FROM (10) TO (40)');
  await pair.targetSession.query("INSERT INTO p VALUES (2, 12, 'b')");
  await pair.sourceSession.query(`UPDATE p SET at = 13 WHERE id = 1; UPDATE p SET v = 'c' WHERE id = 2; INSERT INTO p VALUES (3, 3, NULL);
    CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (20) TO (30); INSERT INTO p VALUES (4, 25, 'late'); UPDATE child SET id = 5; DELETE FROM ONLY parent`);
  await pair.drain({ rootOf: ({ table }) => (/^p\d$/.test(table) ? { schema: 'public', table: 'p' } : null) });
  await expectEqual(pair, 'p', 'p1', 'ONLY parent', 'child');
});

it('handles generated, identity and renamed columns and tables', async () => {
  const pair = await pairOf({
    schema: `CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "Odd ""name" text, twice text GENERATED ALWAYS AS ("Odd ""name" || '!') STORED);
      CREATE SCHEMA other; CREATE TABLE other.renamed (LIKE t INCLUDING ALL); CREATE TABLE none ()`,
    identityless: 'inserts',
  });
  await pair.sourceSession.query(
    `INSERT INTO t ("Odd ""name") VALUES ('a'), ('b'); INSERT INTO none DEFAULT VALUES; UPDATE t SET "Odd ""name" = 'c' WHERE id = 1`,
  );
  await pair.drain({ targetName: (name) => (name.table === 't' ? { schema: 'other', table: 'renamed' } : name) });
  expect(await pair.rows(pair.targetSession, 'other.renamed')).toEqual(await pair.rows(pair.sourceSession, 't'));
});

it('follows constraints that are checked late, values that are exchanged, and triggers that must not act twice', async () => {
  const pair = await pairOf({
    schema: `CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE, d int UNIQUE DEFERRABLE INITIALLY DEFERRED);
      CREATE TABLE log (id int PRIMARY KEY, v text); CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO public.log VALUES (NEW.id, 'seen'); RETURN NEW; END $$; CREATE TRIGGER note AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION note()`,
    data: 'INSERT INTO t SELECT n, n, n FROM generate_series(1, 50) n',
  });
  await pair.sourceSession.query(`INSERT INTO t VALUES (100, 100, 100); BEGIN; UPDATE t SET d = 51 - d WHERE id <= 50; COMMIT;
    UPDATE t SET u = -1 WHERE id = 1; UPDATE t SET u = 1 WHERE id = 2; UPDATE t SET u = 2 WHERE id = 1`);
  const onConflict = jest.fn();
  await pair.drain({ onConflict });
  await expectEqual(pair, 't', 'log');
  expect(onConflict).not.toHaveBeenCalled();
});

it('keeps the order between tables where foreign keys look', async () => {
  const url = new URL(await freshDatabase());
  const pair = await pairOf({
    schema: `CREATE TABLE a (id int PRIMARY KEY, up int REFERENCES a); CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a)`,
    targetUrl: url.toString(),
  });
  const role = `plain_${url.pathname.slice(1)}`;
  await pair.targetSession.query(`CREATE ROLE ${role} LOGIN PASSWORD 'pw'; GRANT CREATE ON DATABASE ${url.pathname.slice(1)} TO ${role};
    ALTER TABLE a OWNER TO ${role}; ALTER TABLE b OWNER TO ${role}; GRANT USAGE ON SCHEMA public TO ${role}`);
  url.username = role;
  url.password = 'pw';
  await pair.sourceSession
    .query(`INSERT INTO a SELECT n, NULLIF(n / 2, 0) FROM generate_series(1, 100) n; INSERT INTO b SELECT n, n FROM generate_series(1, 100) n;
    INSERT INTO a VALUES (500); UPDATE b SET a = 500 WHERE a > 50; DELETE FROM a WHERE id > 50 AND id < 500; INSERT INTO a VALUES (51); INSERT INTO b VALUES (101, 51)`);
  await pair.drain({ target: openTestEndpoint(url.toString()) });
  await expectEqual(pair, 'a', 'b');
});

it('applies a transaction that was sent before it ended, without what was rolled back in it', async () => {
  const pair = await pairOf({ schema: 'CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE later (id int PRIMARY KEY)' });
  await pair.sourceSession.query("ALTER SYSTEM SET logical_decoding_work_mem = '64kB'");
  await pair.sourceSession.query('SELECT pg_reload_conf()');
  const other = await pair.source.open({ applicationName: 'other', settings: { search_path: 'public' }, signal: never });
  await pair.sourceSession.query("BEGIN; INSERT INTO t SELECT n, repeat('a', 200) FROM generate_series(1, 20000) n");
  await other.query("BEGIN; INSERT INTO t SELECT n, repeat('b', 200) FROM generate_series(100001, 110000) n; ROLLBACK");
  await other.query('INSERT INTO t VALUES (-1, NULL)');
  await pair.sourceSession
    .query(`SAVEPOINT s; UPDATE t SET v = repeat('c', 200) WHERE id <= 5000; INSERT INTO later VALUES (1); ROLLBACK TO s;
    SAVEPOINT s2; UPDATE t SET v = repeat('d', 200) WHERE id > 15000; DELETE FROM t WHERE id < 10; RELEASE s2; INSERT INTO later VALUES (2); COMMIT`);
  await other.close();
  const applied: number[] = [];
  await pair.drain({ onApplied: ({ changes }) => applied.push(changes) });
  await expectEqual(pair, 't', 'later');
  await pair.sourceSession.query('ALTER SYSTEM RESET logical_decoding_work_mem');
  await pair.sourceSession.query('SELECT pg_reload_conf()');
});

it('is close to a source whose log grows by what is not migrated', async () => {
  const pair = await pairOf({ schema: 'CREATE TABLE t (id int PRIMARY KEY)' });
  const [stop, lags] = [new AbortController(), [] as number[]];
  const running = streamChanges({ ...pair.options, onState: ({ lagMs }) => lags.push(lagMs), signal: stop.signal });
  while (lags.length < 6) await pair.sourceSession.query('SELECT pg_current_xact_id()');
  stop.abort();
  await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
  // The position at the target follows in steps of five seconds.
  expect(Math.max(...lags.slice(1))).toBeLessThan(4_500);
});

describe('exactly once', () => {
  const STEPS: ApplyStep[] = ['begun', 'written', 'position-moved', 'committed', 'acknowledged'];

  it.each(STEPS)('when it ends at "%s"', async (step) => {
    const pair = await pairOf({
      schema: 'CREATE TABLE t (n int); ALTER TABLE t REPLICA IDENTITY FULL; CREATE TABLE total (id int PRIMARY KEY, n int)',
      data: 'INSERT INTO total VALUES (1, 0)',
    });
    for (let round = 0; round < 3; round += 1) {
      await pair.sourceSession.query(
        'INSERT INTO t VALUES (1), (1); UPDATE total SET n = n + 1; UPDATE t SET n = n + 1 WHERE ctid = (SELECT min(ctid) FROM t)',
      );
      let left = 1;
      const reached = (at: ApplyStep) => {
        if (at === step && (left -= 1) >= 0) throw new Error('ended here');
      };
      await expect(pair.drain({ reached, epoch: 1 + round })).rejects.toMatchObject({ cause: { message: 'ended here' } });
      await pair.drain({ epoch: 2 + round });
      await expectEqual(pair, 't', 'total');
    }
  });

  it('when connections are cut again and again', async () => {
    const pair = await pairOf({ schema: 'CREATE TABLE t (n int); ALTER TABLE t REPLICA IDENTITY FULL' });
    const cutter = await pair.source.open({ applicationName: 'cutter', signal: never });
    const targetCutter = await pair.target.open({ applicationName: 'cutter', signal: never });
    let cuts = 0;
    const cut = async (step: ApplyStep) => {
      if (step !== STEPS[cuts % STEPS.length] || cuts >= 12) return;
      cuts += 1;
      const session = cuts % 2 === 0 ? cutter : targetCutter;
      await session.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'smartant%' AND application_name LIKE '%${pair.migrationId}'`,
      );
    };
    const told = new AbortController();
    const stream = streamChanges({ ...pair.options, reached: cut, signal: told.signal }).catch((error: unknown) => error);
    for (let n = 0; cuts < 12; n += 1) {
      await pair.sourceSession.query(`INSERT INTO t VALUES (${n}), (${n}); DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t)`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    told.abort();
    expect(await stream).toMatchObject({ code: 'CANCELLED' });
    await pair.drain();
    await expectEqual(pair, 't');
    await cutter.close();
    await targetCutter.close();
  });

  it('goes on after the source has crashed', async () => {
    const server = await startRestartablePostgres();
    const pair = await pairOf({ schema: 'CREATE TABLE t (n int PRIMARY KEY)', sourceUrl: await server.createDatabase('src') });
    const told = new AbortController();
    const counted = { changes: 0 };
    const stream = streamChanges({
      ...pair.options,
      signal: told.signal,
      onApplied: ({ changes }) => (counted.changes += changes),
    }).catch((error: unknown) => error);
    await pair.sourceSession.query('INSERT INTO t SELECT generate_series(1, 1000)');
    await server.crash();
    await server.start();
    const again = await pair.source.open({ applicationName: 'spec', settings: { search_path: 'public' }, signal: never });
    await again.query('INSERT INTO t SELECT generate_series(1001, 2000)');
    const all = async () => (await pair.targetSession.query('SELECT count(*) AS n FROM t'))[0]?.['n'] === '2000';
    await untilTrue(all, stream);
    told.abort();
    await stream;
    expect(await pair.rows(pair.targetSession, 't')).toEqual(await pair.rows(again, 't'));
    await again.close();
    await server.stop();
  });
});

describe('a source that is not the same any more', () => {
  it('is refused when its slot was made again', async () => {
    const pair = await pairOf({ schema: 'CREATE TABLE t (id int PRIMARY KEY)' });
    await pair.sourceSession.query('INSERT INTO t VALUES (1)');
    await pair.drain();
    await dropSlot(pair.sourceSession, pair.slot.name);
    await expect(pair.drain()).rejects.toMatchObject({ code: 'DATABASE_SOURCE_CHANGED', retryable: false });
    await pair.sourceSession.query('INSERT INTO t VALUES (2)');
    const again = await createSlot(pair.source, { name: pair.slot.name, signal: never });
    await again.close();
    await expect(pair.drain()).rejects.toMatchObject({ code: 'DATABASE_SOURCE_CHANGED', retryable: false });
    await expect(pair.drain({ slot: again.slot })).rejects.toMatchObject({ code: 'DATABASE_SOURCE_CHANGED' });
  });

  it('is refused by its system identifier and its timeline', async () => {
    const pair = await pairOf({ schema: 'CREATE TABLE t (id int PRIMARY KEY)' });
    for (const other of [{ systemIdentifier: '1' }, { timeline: pair.slot.timeline + 1 }])
      await expect(pair.drain({ slot: { ...pair.slot, ...other } })).rejects.toMatchObject({ code: 'DATABASE_SOURCE_CHANGED' });
  });

  it.each([
    ['a snapshot of its disk was put back', {}, 'an older state of it was put back'],
    ['it was recovered on another timeline', { newTimeline: true }, 'Its timeline is 2 instead of 1'],
  ])('is refused when %s', async (_name, how, message) => {
    const server = await startRestartablePostgres();
    const pair = await pairOf({ schema: 'CREATE TABLE t (n int PRIMARY KEY)', sourceUrl: await server.createDatabase('src') });
    try {
      const disk = await server.keepDisk();
      /** Writes, and applies everything up to there. */
      const carry = async (sql: string) => {
        const session = await pair.source.open({ applicationName: 'spec', settings: { search_path: 'public' }, signal: never });
        await session.query(sql);
        const [row] = await session.query('SELECT pg_current_wal_flush_lsn() AS lsn');
        await session.close();
        await streamChanges({ ...pair.options, untilLsn: row?.['lsn'] ?? '' });
      };
      await carry('INSERT INTO t SELECT generate_series(1, 1000)');
      await server.putBack(disk, how);
      const refused = { code: 'DATABASE_SOURCE_CHANGED', retryable: false, message: expect.stringContaining(message) };
      await expect(carry('INSERT INTO t VALUES (1001)')).rejects.toMatchObject(refused);
    } finally {
      await server.stop();
    }
  });
});

it('lets no older holder write', async () => {
  const pair = await pairOf({ schema: 'CREATE TABLE t (id int PRIMARY KEY)' });
  await pair.sourceSession.query('INSERT INTO t VALUES (1)');
  let taken = false;
  const old = pair.drain({
    epoch: 7,
    reached: async (step) => {
      if (step !== 'begun' || taken) return;
      taken = true;
      await pair.targetSession.query('UPDATE smartant.stream_position SET epoch = 8');
    },
  });
  await expect(old).rejects.toMatchObject({ code: 'DATABASE_EPOCH_STALE', retryable: false });
  expect(await pair.rows(pair.targetSession, 't')).toEqual([]);
  await expect(pair.drain({ epoch: 7 })).rejects.toMatchObject({ code: 'DATABASE_EPOCH_STALE' });
  await pair.drain({ epoch: 8 });
  await expectEqual(pair, 't');
});

describe('tables', () => {
  it('are put aside when a change is refused, and the rest goes on', async () => {
    const pair = await pairOf({
      schema: 'CREATE TABLE bad (id int PRIMARY KEY); CREATE TABLE good (id int PRIMARY KEY); CREATE TABLE absent (id int PRIMARY KEY)',
    });
    await pair.targetSession.query('INSERT INTO bad VALUES (5); DROP TABLE absent');
    await pair.sourceSession.query(
      'INSERT INTO bad SELECT generate_series(1, 10); INSERT INTO good SELECT generate_series(1, 10); INSERT INTO absent VALUES (1)',
    );
    const onFailure = jest.fn(async (_failed: FailedChange) => undefined);
    await pair.drain({ onFailure });
    await expectEqual(pair, 'good');
    expect(onFailure.mock.calls.map(([failed]) => [failed.unit, failed.error.code]).sort()).toEqual([
      ['public.absent', 'DATABASE_TABLE_MISSING'],
      ['public.bad', 'DATABASE_CONSTRAINT_VIOLATED'],
    ]);
    await pair.sourceSession.query('INSERT INTO good VALUES (11); INSERT INTO bad VALUES (11)');
    await pair.drain({ excluded: new Set(['public.bad', 'public.absent']) });
    await expectEqual(pair, 'good');
  });

  it('say when a change met no row', async () => {
    const pair = await pairOf({
      schema: 'CREATE TABLE t (id int PRIMARY KEY, v int)',
      data: 'INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)',
    });
    await pair.targetSession.query('DELETE FROM t WHERE id <> 3');
    await pair.sourceSession.query('UPDATE t SET v = 0; DELETE FROM t WHERE id = 2');
    const onConflict = jest.fn();
    await pair.drain({ onConflict });
    expect(onConflict.mock.calls.map(([conflict]) => conflict)).toEqual([
      { unit: 'public.t', kind: 'delete', expected: 1, found: 0 },
      { unit: 'public.t', kind: 'update', expected: 2, found: 1 },
    ]);
  });

  it('begin at their own position', async () => {
    const pair = await pairOf({ schema: 'CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE other (id int PRIMARY KEY)' });
    await pair.sourceSession.query('INSERT INTO t VALUES (1); INSERT INTO other VALUES (1)');
    const again = await createSlot(pair.source, { name: `${pair.slot.name}_t`, temporary: true, signal: never });
    await again.close();
    await pair.targetSession.query('INSERT INTO t VALUES (1)');
    await pair.sourceSession.query('INSERT INTO t VALUES (2); INSERT INTO other VALUES (2)');
    await pair.drain({ syncPositions: new Map([['public.t', again.slot.consistentPoint]]) });
    await expectEqual(pair, 't', 'other');
  });

  it('take new columns where somebody adds them, between the changes where they came', async () => {
    const pair = await pairOf({ schema: 'CREATE TABLE t (id int PRIMARY KEY)' });
    await pair.sourceSession.query("INSERT INTO t VALUES (1); ALTER TABLE t ADD v text DEFAULT 'd'; INSERT INTO t VALUES (2, 'x')");
    await expect(pair.drain()).rejects.toMatchObject({ code: 'DATABASE_TABLE_CHANGED' });
    await pair.drain({
      onNewColumns: async ({ schema, table }, missing, session) => {
        for (const { name } of missing) await session.query(`ALTER TABLE "${schema}"."${table}" ADD "${name}" text DEFAULT 'd'`);
        return true;
      },
    });
    await expectEqual(pair, 't');
  });

  it.each([
    ['a column is dropped', 'ALTER TABLE t DROP v'],
    ['a type is another', 'ALTER TABLE t ALTER v TYPE bigint'],
  ])('are put aside as soon as %s, unless the target was changed alike', async (_, change) => {
    const pair = await pairOf({ schema: 'CREATE TABLE t (id int PRIMARY KEY, v int); CREATE TABLE other (id int PRIMARY KEY)' });
    const { tables } = await readCatalog(pair.sourceSession);
    const failed: FailedChange[] = [];
    const options = {
      onRelation: refusingChangedColumns(pair.source, tables, SAME_NAMES),
      onFailure: async (one: FailedChange) => void failed.push(one),
    };
    await pair.sourceSession.query('INSERT INTO t VALUES (1, 1)');
    await pair.drain(options);
    await pair.sourceSession.query(change);
    await pair.targetSession.query(change);
    await pair.sourceSession.query('INSERT INTO t VALUES (2)');
    await pair.drain(options);
    await expectEqual(pair, 't');
    expect(failed).toEqual([]);
    const again = {
      ...options,
      onRelation: refusingChangedColumns(pair.source, (await readCatalog(pair.sourceSession)).tables, SAME_NAMES),
    };
    await pair.sourceSession.query('ALTER TABLE t ALTER id TYPE bigint; INSERT INTO t VALUES (3); INSERT INTO other VALUES (1)');
    await pair.drain(again);
    await expectEqual(pair, 'other');
    expect(failed).toMatchObject([{ unit: 'public.t', error: { code: 'DATABASE_TABLE_CHANGED' } }]);
  });

  it('hear messages of ours where they were written', async () => {
    const pair = await pairOf({ schema: 'CREATE TABLE t (id int PRIMARY KEY)' });
    await pair.sourceSession.query(
      "INSERT INTO t VALUES (1); SELECT pg_logical_emit_message(true, 'smartant', 'now'); INSERT INTO t VALUES (2)",
    );
    const heard: unknown[] = [];
    await pair.drain({
      onMessage: async ({ prefix, content, session }) => {
        heard.push(prefix, content, await session.query('SELECT id FROM public.t'));
      },
    });
    expect(heard).toEqual(['smartant', 'now', [{ id: '1' }]]);
  });
});

it('tells how far it is, and lets the source go of its log', async () => {
  const pair = await pairOf({ schema: 'CREATE TABLE t (id int PRIMARY KEY)' });
  const told = new AbortController();
  const states: unknown[] = [];
  const stream = streamChanges({ ...pair.options, signal: told.signal, onState: (state) => states.push(state) }).catch(() => undefined);
  await pair.sourceSession.query('INSERT INTO t VALUES (1)');
  const confirmed = async () =>
    (
      await pair.sourceSession.query(
        `SELECT confirmed_flush_lsn > '${pair.slot.consistentPoint}' AS moved FROM pg_replication_slots WHERE slot_name = '${pair.slot.name}'`,
      )
    )[0]?.['moved'];
  await untilTrue(async () => (await confirmed()) === 't' && states.length >= 2, stream);
  told.abort();
  await stream;
  expect(states.at(-1)).toMatchObject({
    lagBytes: expect.any(Number),
    lagMs: expect.any(Number),
    appliedPosition: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
  });
  const position = await readPosition(pair.targetSession, pair.migrationId, pair.slot.name);
  expect(position).toMatchObject({ epoch: 1 });
});

it('waits while it is held back, and still answers the source', async () => {
  const pair = await pairOf({ schema: 'CREATE TABLE t (id int PRIMARY KEY, v text)' });
  await pair.sourceSession.query("INSERT INTO t SELECT n, repeat('x', 1000) FROM generate_series(1, 20000) n");
  let waiting: (() => void) | undefined;
  let admitted = 0;
  const stream = pair.drain({
    admit: (bytes) => {
      admitted += bytes;
      return admitted > 1_000_000 && !waiting ? new Promise<void>((resolve) => (waiting = resolve)) : Promise.resolve();
    },
  });
  const answered = async () =>
    (await pair.sourceSession.query(`SELECT reply_time FROM pg_stat_replication WHERE application_name LIKE '%${pair.migrationId}'`))[0]?.[
      'reply_time'
    ];
  await untilTrue(async () => (await answered()) !== null && waiting !== undefined, stream);
  const before = await answered();
  await untilTrue(async () => (await answered()) !== before, stream);
  waiting?.();
  await stream;
  await expectEqual(pair, 't');
});

it('streams back after it was exchanged', async () => {
  const pair = await pairOf({ schema: 'CREATE TABLE t (id int PRIMARY KEY)' });
  await pair.sourceSession.query('INSERT INTO t VALUES (1)');
  await pair.drain();
  await pair.targetSession.query(`CREATE PUBLICATION back FOR TABLE t`);
  const back = await createSlot(pair.target, { name: `${pair.slot.name}_back`, signal: never });
  await back.close();
  await pair.targetSession.query('INSERT INTO t VALUES (2)');
  const [row] = await pair.targetSession.query('SELECT pg_current_wal_flush_lsn() AS lsn');
  await streamChanges({
    ...pair.options,
    source: pair.target,
    target: pair.source,
    slot: back.slot,
    publications: ['back'],
    untilLsn: row?.['lsn'] ?? '',
  });
  await expectEqual(pair, 't');
});
