import { freshDatabase, startRestartablePostgres, type RestartablePostgres } from '@smartant/test-servers';
import type { DatabaseScope } from '../../../domain/database-scope';
import { WHOLE_SCOPE } from '../../../testkit/whole-scope';
import { withColumnChoices } from '../catalog/column-choices';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { precheckPair, type PrecheckOptions } from './precheck-pair';

const { signal } = new AbortController();
const SCOPE: DatabaseScope = { ...WHOLE_SCOPE, largeObjects: true, quarantineCap: 0 };

const open = (endpoint: PgEndpoint, applicationName = 'test') => endpoint.open({ applicationName, signal });

interface Pair {
  source: PgEndpoint;
  target: PgEndpoint;
  atSource: PgSession;
  atTarget: PgSession;
}

async function pairOf(schema = 'CREATE TABLE public.t (a int PRIMARY KEY)'): Promise<Pair> {
  const [source, target] = [openTestEndpoint(await freshDatabase()), openTestEndpoint(await freshDatabase())];
  const pair = { source, target, atSource: await open(source), atTarget: await open(target) };
  await pair.atSource.query(schema);
  return pair;
}

function check(
  { source, target }: Pick<Pair, 'source' | 'target'>,
  scope: Partial<DatabaseScope> = {},
  change: Partial<PrecheckOptions> = {},
) {
  const select: PrecheckOptions['select'] = ({ tables, sequences }) => ({ tables, sequences });
  return precheckPair({ source, target, scope: { ...SCOPE, ...scope }, select, targetName: (name) => name, signal, ...change });
}

async function codes(
  pair: Pick<Pair, 'source' | 'target'>,
  scope: Partial<DatabaseScope> = {},
  change: Partial<PrecheckOptions> = {},
): Promise<string[]> {
  const { findings } = await check(pair, scope, change);
  return findings.map(({ severity, code, subject }) => `${severity} ${code} ${subject}`).sort();
}

/** As stages select tables. */
function chosen({ columns = [] }: Partial<DatabaseScope>): Partial<PrecheckOptions> {
  return { select: ({ tables, sequences }) => ({ tables: withColumnChoices(tables, columns), sequences }) };
}

async function asRole({ source, atSource }: Pair, endpointUrl: string, role: string): Promise<PgEndpoint> {
  await atSource.query(`DO $$ BEGIN IF to_regrole('${role}') IS NULL THEN CREATE ROLE ${role} LOGIN PASSWORD 'secret'; END IF; END $$`);
  const url = new URL(endpointUrl);
  [url.username, url.password] = [role, 'secret'];
  expect(source.database).toBeTruthy();
  return openTestEndpoint(url.toString());
}

it('finds nothing where all is well, and estimates', async () => {
  const pair = await pairOf(
    'CREATE TABLE public.t (a int PRIMARY KEY, b text); INSERT INTO public.t SELECT g, repeat(md5(g::text), 8) FROM generate_series(1, 5000) g; ANALYZE',
  );
  const { findings, estimate } = await check(pair);
  expect(findings).toEqual([]);
  expect(estimate).toMatchObject({ tables: 1, rows: 5_000 });
  expect(estimate.bytes).toBeGreaterThan(1_000_000);
});

it('sees by a lock that both ends are one database', async () => {
  const pair = await pairOf();
  expect(await codes({ source: pair.source, target: pair.source }, { targetPolicy: 'append' })).toEqual([
    'blocker DATABASE_SAME_ENDPOINTS both',
    'note DATABASE_TARGET_NOT_EMPTY target',
  ]);
});

it.each([
  ['refuse', 'blocker'],
  ['append', 'note'],
  ['replace', 'warning'],
] as const)('weighs tables at the target by the policy %s', async (targetPolicy, severity) => {
  const pair = await pairOf();
  await pair.atTarget.query('CREATE TABLE public.mine (a int)');
  expect(await codes(pair, { targetPolicy })).toEqual([`${severity} DATABASE_TARGET_NOT_EMPTY target`]);
});

it('judges tables by what a stream needs of them, and a snapshot does not', async () => {
  const pair =
    await pairOf(`CREATE TABLE public.keyless (a int); CREATE UNLOGGED TABLE public.fast (a int PRIMARY KEY); CREATE TABLE public.whole (a int);
    ALTER TABLE public.whole REPLICA IDENTITY FULL; CREATE TABLE public.nothing (a int PRIMARY KEY); ALTER TABLE public.nothing REPLICA IDENTITY NOTHING; CREATE TABLE public.later (a int PRIMARY KEY DEFERRABLE); SELECT lo_create(0)`);
  const { findings } = await check(pair);
  expect(findings.map(({ severity, code }) => `${severity} ${code}`).sort()).toEqual([
    'blocker DATABASE_TABLE_UNLOGGED',
    'blocker DATABASE_TABLE_WITHOUT_KEY',
    'warning DATABASE_LARGE_OBJECTS_LIVE',
    'warning DATABASE_TABLE_IDENTITY_FULL',
  ]);
  const { fix } = findings.find(({ code }) => code === 'DATABASE_TABLE_WITHOUT_KEY')!;
  expect(fix).toMatchObject({
    isSafe: true,
    statements: [expect.stringContaining('"keyless"'), expect.stringContaining('"later"'), expect.stringContaining('"nothing"')],
  });
  for (const statement of fix!.statements) await pair.atSource.query(statement);
  expect(await codes(pair)).not.toContain('blocker DATABASE_TABLE_WITHOUT_KEY source');
  expect(await codes(pair, { mode: 'snapshot' })).toEqual([]);
});

it('names each right that a role lacks, with the statements that give it', async () => {
  const url = await freshDatabase();
  const source = openTestEndpoint(url);
  const pair: Pair = {
    source,
    target: openTestEndpoint(await freshDatabase()),
    atSource: await open(source),
    atTarget: await open(source),
  };
  await pair.atSource
    .query(`CREATE TABLE public.t (a int PRIMARY KEY); CREATE TABLE public.mine (a serial PRIMARY KEY); CREATE TABLE public.secret (a int PRIMARY KEY);
    ALTER TABLE public.secret ENABLE ROW LEVEL SECURITY`);
  const guest = await asRole(pair, url, 'precheck_guest');
  await pair.atSource.query('GRANT SELECT ON public.secret TO precheck_guest; GRANT SELECT ON public.mine TO precheck_guest');
  const { findings } = await check({ source: guest, target: pair.target });
  expect(findings.map(({ severity, code }) => `${severity} ${code}`).sort()).toEqual([
    'blocker DATABASE_PUBLICATION_DENIED',
    'blocker DATABASE_READ_DENIED',
    'blocker DATABASE_REPLICATION_DENIED',
    'blocker DATABASE_ROW_SECURITY',
    'blocker DATABASE_SEQUENCE_READ_DENIED',
    'warning DATABASE_FREEZE_NOT_OWNER',
    'warning DATABASE_LOCK_DENIED',
  ]);
  for (const { fix } of findings) for (const statement of fix?.statements ?? []) await pair.atSource.query(statement);
  expect(await codes({ source: guest, target: pair.target })).toEqual(['blocker DATABASE_PUBLICATION_DENIED source']);
});

it('names the rights that a role lacks at the target', async () => {
  const url = await freshDatabase();
  const pair = await pairOf();
  const guest = await asRole(pair, url, 'precheck_guest');
  const { findings } = await check({ source: pair.source, target: guest }, { reverse: false });
  expect(findings.map(({ severity, code }) => `${severity} ${code}`).sort()).toEqual([
    'blocker DATABASE_CREATE_DENIED',
    'warning DATABASE_TRIGGERS_FIRE',
  ]);
});

it('asks the server whether the conditions for rows can be used', async () => {
  const pair = await pairOf('CREATE TABLE public.t (a int PRIMARY KEY)');
  const rows = [
    { table: 'public.t', where: 'a > 3 -- few' },
    { table: 'public.t', where: 'b = 1' },
    { table: 'public.t', where: 'true); DROP TABLE public.t; SELECT (true' },
    { table: 'public.other', where: 'true' },
  ];
  expect(await codes(pair, { rows })).toEqual(Array(3).fill('blocker DATABASE_ROW_FILTER source'));
  expect(await pair.atSource.query(`SELECT to_regclass('public.t') AS t`)).toEqual([{ t: 'public.t' }]);
});

it('refuses conditions for rows that would keep the source from being updated once they are published', async () => {
  const pair = await pairOf(
    `CREATE TABLE public.t (a int PRIMARY KEY, b int); CREATE TABLE public.f (a int PRIMARY KEY, b int); ALTER TABLE public.f REPLICA IDENTITY FULL`,
  );
  const rows = [
    { table: 'public.t', where: 't.b = 1' },
    { table: 'public.f', where: 'b = 1' },
  ];
  expect(await codes(pair, { rows })).toEqual([
    'blocker DATABASE_ROW_FILTER_IDENTITY source',
    'warning DATABASE_TABLE_IDENTITY_FULL source',
  ]);
  for (const where of ['public.t.b = 1', 'b(t) = 1'])
    expect(await codes(pair, { rows: [{ table: 'public.t', where }] })).toEqual([
      'blocker DATABASE_ROW_FILTER_IDENTITY source',
      'warning DATABASE_TABLE_IDENTITY_FULL source',
    ]);
  // What it is about: the server refuses the application's own statement.
  await pair.atSource.query(`INSERT INTO public.t VALUES (1, 1); CREATE PUBLICATION spec FOR TABLE public.t WHERE (b = 1)`);
  await expect(pair.atSource.query('UPDATE public.t SET b = 2')).rejects.toMatchObject({ details: { sqlState: '42P10' } });
  await pair.atSource.query('DROP PUBLICATION spec');
  expect(await codes(pair, { rows, mode: 'snapshot', reverse: false })).toEqual([]);
});

it('lets a condition look at a column that is left out, where the whole row is the identity', async () => {
  const pair = await pairOf('CREATE TABLE public.t (a int PRIMARY KEY, b int, c text); ALTER TABLE public.t REPLICA IDENTITY FULL');
  const scope = { rows: [{ table: 'public.t', where: 'b > 1' }], columns: [{ table: 'public.t', exclude: ['b'], renames: [] }] };
  expect(await codes(pair, scope, chosen(scope))).toEqual(['warning DATABASE_TABLE_IDENTITY_FULL source']);
});

describe('a condition for rows that updates bring rows into', () => {
  const rows = [{ table: 'public.t', where: 'a > 10' }];
  const found = async (pair: Pair, scope: Partial<DatabaseScope> = {}) =>
    (await check(pair, { rows, ...scope }, chosen(scope))).findings.filter(({ code }) => code === 'DATABASE_ROW_FILTER_UNTOLD');

  it('warns where large values would not be told, and the fix is enough', async () => {
    const pair = await pairOf(
      `CREATE TABLE public.t (a int PRIMARY KEY, "big one" text, c jsonb, d text GENERATED ALWAYS AS ('x') STORED)`,
    );
    const [finding, ...more] = await found(pair);
    expect(more).toEqual([]);
    expect(finding).toMatchObject({
      severity: 'warning',
      subject: 'source',
      message: expect.stringContaining('(of public.t.big one, public.t.c)'),
      fix: { statements: ['ALTER TABLE "public"."t" REPLICA IDENTITY FULL'], isSafe: true, needsRestart: false },
    });
    await pair.atSource.query(finding!.fix!.statements[0]!);
    expect(await found(pair)).toEqual([]);
  });

  it('says nothing where all of them are told, or no row comes in', async () => {
    const pair = await pairOf(`CREATE TABLE public.short (a int PRIMARY KEY, b varchar(20), c int);
      CREATE TABLE public.inside (a int PRIMARY KEY, b text); ALTER TABLE public.inside ALTER b SET STORAGE PLAIN;
      CREATE TABLE public.same (a int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b text); CREATE TABLE public.all_of (a int PRIMARY KEY, b text);
      CREATE TABLE public.without (a int PRIMARY KEY, b text); CREATE UNLOGGED TABLE public.fast (a int PRIMARY KEY, b text)`);
    const conditions = ['short', 'inside', 'same', 'without', 'fast'].map((name) => ({ table: `public.${name}`, where: 'a > 10' }));
    const columns = [{ table: 'public.without', exclude: ['b'], renames: [] }];
    expect(await found(pair, { rows: [...conditions, { table: 'public.all_of', where: '1 < 2' }], columns })).toEqual([]);
    await pair.atSource.query('ALTER TABLE public.inside ALTER b SET STORAGE EXTENDED');
    expect(await found(pair, { rows: conditions, columns })).toHaveLength(1);
    expect(await found(pair, { rows: conditions, columns, mode: 'snapshot', reverse: false })).toEqual([]);
  });
});

it('refuses names that are cut off after a rename', async () => {
  const pair = await pairOf();
  expect(await codes(pair, {}, { targetName: ({ schema }) => ({ schema, table: 'ä'.repeat(32) }) })).toEqual([
    'blocker DATABASE_NAME_TOO_LONG target',
  ]);
});

it('tells of publications that are left, and of rows in tables of extensions', async () => {
  const pair =
    await pairOf(`CREATE TABLE public.t (a int PRIMARY KEY); CREATE EXTENSION hstore WITH SCHEMA public; CREATE TABLE public.settings (id int PRIMARY KEY); ALTER EXTENSION hstore ADD TABLE public.settings;
    UPDATE pg_extension SET extconfig = ARRAY['public.settings'::regclass::oid], extcondition = ARRAY['WHERE id > 10'] WHERE extname = 'hstore'; INSERT INTO public.settings VALUES (1)`);
  expect(await codes(pair)).toEqual([]);
  await pair.atSource.query('CREATE PUBLICATION p FOR TABLE public.t; INSERT INTO public.settings VALUES (11)');
  expect(await codes(pair)).toEqual(['note DATABASE_PUBLICATIONS_LEFT source', 'warning DATABASE_EXTENSION_ROWS source']);
  expect(await codes(pair, { publications: true })).toEqual(['warning DATABASE_EXTENSION_ROWS source']);
  const { findings } = await check(pair);
  expect(findings.find(({ code }) => code === 'DATABASE_EXTENSION_ROWS')?.message).toContain('public.settings');
});

it('warns of a subscription, an event trigger and another encoding', async () => {
  const url = new URL(await freshDatabase());
  const pair = await pairOf(
    `CREATE TABLE public.t (a int PRIMARY KEY); CREATE FUNCTION public.f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION public.f()`,
  );
  await pair.atTarget.query(`CREATE DATABASE latin_${url.pathname.slice(1)} ENCODING LATIN1 LOCALE 'C' TEMPLATE template0; `);
  await pair.atTarget.query(`CREATE DATABASE ascii_${url.pathname.slice(1)} ENCODING SQL_ASCII LOCALE 'C' TEMPLATE template0`);
  const named = (prefix: string) => {
    url.pathname = `/${prefix}_${url.pathname.slice(1).replace(/^(latin|ascii)_/, '')}`;
    return openTestEndpoint(url.toString());
  };
  await pair.atSource.query(
    `CREATE SUBSCRIPTION precheck_sub CONNECTION 'host=127.0.0.1 port=1 dbname=nowhere' PUBLICATION p WITH (connect = false)`,
  );
  await pair.atSource.query('ALTER SUBSCRIPTION precheck_sub ENABLE');
  const found = await codes({ source: pair.source, target: named('latin') });
  await pair.atSource.query('ALTER SUBSCRIPTION precheck_sub DISABLE');
  await pair.atSource.query('ALTER SUBSCRIPTION precheck_sub SET (slot_name = NONE)');
  await pair.atSource.query('DROP SUBSCRIPTION precheck_sub');
  expect(found).toEqual(['note DATABASE_EVENT_TRIGGERS source', 'warning DATABASE_ENCODING target', 'warning DATABASE_SUBSCRIBES source']);
  const ascii = named('ascii');
  expect(await codes({ source: ascii, target: pair.target })).toContain('blocker DATABASE_ENCODING source');
});

it('names an end that cannot be signed in to, and asks the other all the same', async () => {
  const pair = await pairOf('CREATE TABLE public.keyless (a int)');
  const url = new URL(await freshDatabase());
  url.password = 'wrong';
  expect(await codes({ source: pair.source, target: openTestEndpoint(url.toString()) })).toEqual([
    'blocker DATABASE_CREDENTIALS_INVALID target',
    'blocker DATABASE_TABLE_WITHOUT_KEY source',
  ]);
});

describe('a server that is not made for it', () => {
  let server: RestartablePostgres;
  beforeAll(async () => {
    server = await startRestartablePostgres({
      settings: {
        wal_level: 'replica',
        max_replication_slots: '0',
        max_wal_senders: '1',
        max_slot_wal_keep_size: '100',
        max_prepared_transactions: '2',
        max_connections: '10',
      },
    });
  });
  afterAll(() => server.stop());

  it('lacks what a stream needs; a snapshot needs none of it', async () => {
    const [source, target] = [openTestEndpoint(await server.createDatabase('a')), openTestEndpoint(await server.createDatabase('b'))];
    const session = await open(source);
    await session.query('CREATE TABLE public.t (a int PRIMARY KEY)');
    await session.query(`BEGIN; INSERT INTO public.t VALUES (1); PREPARE TRANSACTION 'left'`);
    expect(await codes({ source, target }, { reverse: false })).toEqual([
      'blocker DATABASE_SLOTS_USED_UP source',
      'blocker DATABASE_WAL_LEVEL source',
      'warning DATABASE_CONNECTIONS_FEW source',
      'warning DATABASE_CONNECTIONS_FEW target',
      'warning DATABASE_PREPARED_TRANSACTIONS source',
      'warning DATABASE_SENDERS_USED_UP source',
      'warning DATABASE_SLOT_KEEP_SMALL source',
    ]);
    expect(
      await codes({ source, target }, { mode: 'snapshot', tableJobs: 1 }).then((all) =>
        all.filter((code) => !code.includes('CONNECTIONS')),
      ),
    ).toEqual(['warning DATABASE_PREPARED_TRANSACTIONS source']);
    expect(await codes({ source: target, target: source }, { tableJobs: 1, targetPolicy: 'append' })).toContain(
      'blocker DATABASE_WAL_LEVEL target',
    );
    await session.query(`ROLLBACK PREPARED 'left'`);
    await session.close();
  });
});

it('counts the connections that the role’s own limit leaves', async () => {
  const url = await freshDatabase();
  const source = openTestEndpoint(url);
  const pair: Pair = {
    source,
    target: openTestEndpoint(await freshDatabase()),
    atSource: await open(source),
    atTarget: await open(source),
  };
  const limited = await asRole(pair, url, 'precheck_limited');
  await pair.atSource.query('ALTER ROLE precheck_limited CONNECTION LIMIT 5');
  expect((await check({ source: limited, target: pair.target }, { mode: 'snapshot' })).findings).toEqual([
    expect.objectContaining({ code: 'DATABASE_CONNECTIONS_FEW', message: expect.stringContaining('4 connections are free') }),
    expect.objectContaining({ code: 'DATABASE_SCOPE_EMPTY' }),
  ]);
});

it('tells of filters and new names that mean nothing, one by one', async () => {
  const pair = await pairOf('CREATE SCHEMA shop; CREATE TABLE shop.item (a int PRIMARY KEY); CREATE VIEW shop.seen AS SELECT 1 AS one');
  const { findings } = await check(pair, {
    includeSchemas: ['shop', 'shpo'],
    includeTables: ['shop.Item'],
    excludeTables: ['shop.seen', 'shop.old_*'],
    renames: [
      { from: 'shop.item', to: 'goods' },
      { from: 'shop.itme', to: 'goods2' },
    ],
  });
  expect(findings).toMatchObject([{ code: 'DATABASE_FILTER_UNMATCHED', severity: 'warning' }]);
  expect(findings[0]?.message).toMatch(/--schema shpo, --table shop\.Item, --exclude-table shop\.old_\*, --rename shop\.itme=goods2\.$/);
});

it('names rows by a unique index where there is one', async () => {
  const pair = await pairOf(
    'CREATE TABLE public.t (a int NOT NULL, b int, c int NOT NULL); CREATE UNIQUE INDEX t_b ON public.t (b); CREATE UNIQUE INDEX t_part ON public.t (a) WHERE a > 1; CREATE UNIQUE INDEX t_ca ON public.t (c, a)',
  );
  const { findings } = await check(pair);
  const { fix } = findings.find(({ code }) => code === 'DATABASE_TABLE_WITHOUT_KEY')!;
  expect(fix?.statements).toEqual(['ALTER TABLE "public"."t" REPLICA IDENTITY USING INDEX "t_ca"']);
  await pair.atSource.query(fix!.statements[0]!);
  expect(await codes(pair)).toEqual([]);
});

it('lets nothing of the source’s settings stand outside of quotes', async () => {
  const pair = await pairOf();
  const name = `"${pair.source.database}"`;
  await pair.atSource.query(
    `SELECT set_config('search_path', 'a;CREATE/**/TABLE/**/public.injected(),"odd "" one"', false); ALTER DATABASE ${name} SET search_path FROM CURRENT`,
  );
  const { findings } = await check(pair);
  for (const statement of findings[0]!.fix!.statements) await pair.atTarget.query(statement);
  expect(await pair.atTarget.query(`SELECT to_regclass('public.injected') AS injected`)).toEqual([{ injected: null }]);
  const again = await open(pair.target);
  const [row] = await again.query('SHOW search_path');
  expect(row?.['search_path']).toBeDefined();
  const [of] = await again.query(
    `SELECT setconfig[1] AS config FROM pg_db_role_setting WHERE setrole = 0 AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  expect(of?.['config']).toBe('search_path="a;create/**/table/**/public.injected()", "odd "" one"');
});

it('offers the settings of the source’s database for the target', async () => {
  const pair = await pairOf();
  const name = `"${pair.source.database}"`;
  await pair.atSource.query(
    `ALTER DATABASE ${name} SET search_path TO "Odd one", public; ALTER DATABASE ${name} SET timezone TO 'Asia/Shanghai'; ALTER ROLE postgres IN DATABASE ${name} SET work_mem TO '5MB'`,
  );
  const { findings } = await check(pair);
  expect(findings).toMatchObject([{ severity: 'note', code: 'DATABASE_SETTINGS', subject: 'target', fix: { isSafe: false } }]);
  for (const statement of findings[0]!.fix!.statements) await pair.atTarget.query(statement);
  expect(await codes(pair)).toEqual([]);
  const again = await open(pair.target);
  expect(await again.query(`SELECT setting FROM pg_settings WHERE name = 'work_mem'`)).toEqual([{ setting: '5120' }]);
  const [of] = await again.query(
    `SELECT array_to_string(setconfig, ';') AS config FROM pg_db_role_setting WHERE setrole = 0 AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  expect(of?.['config']).toMatch(/search_path="Odd one", public/);
});
