import { freshDatabase } from '@smartant/test-servers';
import type { DatabaseScope } from '../../../domain/database-scope';
import { WHOLE_SCOPE } from '../../../testkit/whole-scope';
import { withColumnChoices, type ColumnChoice } from '../catalog/column-choices';
import { selectTables } from '../catalog/select-tables';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import { precheckPair } from './precheck-pair';

const { signal } = new AbortController();
let urls: string[];

const SCHEMA = `CREATE TYPE public.person AS (name text); CREATE DOMAIN public.filled AS text NOT NULL;
  CREATE TABLE public.users (id int PRIMARY KEY, mail text NOT NULL UNIQUE, name text, password text NOT NULL, hint public.filled, salt text NOT NULL DEFAULT '' CHECK (salt <> '?'), age int, twice int GENERATED ALWAYS AS (age * 2) STORED);
  CREATE INDEX users_age ON public.users (age, name); CREATE INDEX users_salt ON public.users (salt);
  CREATE TABLE public.orders (id int PRIMARY KEY, mail text REFERENCES public.users (mail), boss int REFERENCES public.orders);
  CREATE VIEW public.ages AS SELECT age FROM public.users; CREATE VIEW public.both AS SELECT name FROM public.users JOIN public.orders USING (mail);
  CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER t AFTER UPDATE OF name ON public.users FOR EACH ROW EXECUTE FUNCTION public.f();
  CREATE POLICY p ON public.users USING (name <> '');
  CREATE TABLE public.log (at int, region text, note text) PARTITION BY RANGE (lower(region)); CREATE TABLE public.log_1 PARTITION OF public.log DEFAULT; ALTER TABLE public.log REPLICA IDENTITY FULL; ALTER TABLE public.log_1 REPLICA IDENTITY FULL;
  CREATE TABLE public.base (id int PRIMARY KEY, a text); CREATE TABLE public.heir (b text, PRIMARY KEY (id)) INHERITS (public.base);
  CREATE TABLE public.typed OF public.person (PRIMARY KEY (name)); CREATE TABLE public.inner (id int PRIMARY KEY, x text); CREATE TABLE public.outer (id int PRIMARY KEY, "in" public.inner[]);
  CREATE TABLE public.whole (a int, b text); ALTER TABLE public.whole REPLICA IDENTITY FULL;
  CREATE TABLE public.named (id int PRIMARY KEY, code text NOT NULL, other text); CREATE UNIQUE INDEX named_code ON public.named (code); ALTER TABLE public.named REPLICA IDENTITY USING INDEX named_code`;

beforeAll(async () => {
  urls = [await freshDatabase(), await freshDatabase()];
  const session = await openTestEndpoint(urls[0]!).open({ applicationName: 'test', signal });
  await session.query(SCHEMA).finally(() => session.close());
});

async function check(columns: ColumnChoice[], change: Partial<DatabaseScope> = {}) {
  const scope: DatabaseScope = { ...WHOLE_SCOPE, columns, ...change };
  const { findings } = await precheckPair({
    source: openTestEndpoint(urls[0]!),
    target: openTestEndpoint(urls[1]!),
    scope,
    select: (catalog) => ({ tables: withColumnChoices(selectTables(catalog, scope), columns), sequences: [] }),
    targetName: (name) => name,
    signal,
  });
  return findings.filter(({ code }) => /COLUMN|UNMATCHED/.test(code));
}

const exclude = (table: string, ...names: string[]): ColumnChoice => ({ table: `public.${table}`, exclude: names, renames: [] });
const rename = (table: string, from: string, to: string): ColumnChoice => ({
  table: `public.${table}`,
  exclude: [],
  renames: [{ from, to }],
});

it('says nothing of what can be done', async () => {
  expect(
    await check([
      rename('users', 'name', 'full'),
      exclude('orders', 'boss'),
      { table: 'public.named', exclude: ['other'], renames: [{ from: 'code', to: 'other' }] },
    ]),
  ).toMatchObject([
    {
      severity: 'warning',
      code: 'DATABASE_COLUMN_TAKES_ALONG',
      message: expect.stringContaining('foreign key public.orders.orders_boss_fkey'),
    },
  ]);
  expect(await check([exclude('log', 'note')], { reverse: false })).toEqual([]);
});

it.each<[string, ColumnChoice[], string, string]>([
  ['a table that is not there', [exclude('user', 'x')], 'DATABASE_COLUMN_UNKNOWN', 'the table public.user'],
  ['a column that is not there', [exclude('users', 'Name')], 'DATABASE_COLUMN_UNKNOWN', '"Name" of public.users'],
  ['the primary key', [exclude('users', 'id')], 'DATABASE_COLUMN_NEEDED', 'primary key public.users.users_pkey'],
  ['the replica identity', [exclude('named', 'code')], 'DATABASE_COLUMN_NEEDED', 'replica identity public.named.named_code'],
  ['the key of partitions', [exclude('log', 'region')], 'DATABASE_COLUMN_NEEDED', 'partition key public.log'],
  ['what a foreign key refers to', [exclude('users', 'mail')], 'DATABASE_COLUMN_NEEDED', 'foreign key public.orders.orders_mail_fkey'],
  [
    'what others are made of',
    [exclude('users', 'age')],
    'DATABASE_COLUMN_NEEDED',
    'generated column public.users.twice, index public.users.users_age, view public.ages',
  ],
  [
    'what triggers and policies look at',
    [exclude('users', 'name')],
    'DATABASE_COLUMN_NEEDED',
    'policy public.users.p, trigger public.users.t, view public.both',
  ],
  ['a name that is there', [rename('users', 'name', 'mail')], 'DATABASE_COLUMN_NAME_TAKEN', '"name" cannot be "mail", which the table has'],
  ['a name that every table has', [rename('users', 'name', 'ctid')], 'DATABASE_COLUMN_NAME_TAKEN', 'which every table has'],
  ['a name that is too long', [rename('users', 'name', 'é'.repeat(32))], 'DATABASE_COLUMN_NAME_TAKEN', 'more than 63 bytes'],
  ['a join by names', [rename('users', 'mail', 'email')], 'DATABASE_COLUMN_JOINED', 'public.both ("mail")'],
  ['a partition', [exclude('log_1', 'note')], 'DATABASE_COLUMN_TABLE_UNFIT', 'partition of public.log'],
  ['a table that inherits', [rename('heir', 'b', 'c')], 'DATABASE_COLUMN_TABLE_UNFIT', 'inherits'],
  ['a table that is inherited from', [rename('base', 'a', 'c')], 'DATABASE_COLUMN_TABLE_UNFIT', 'inherits'],
  ['a table of a type', [rename('typed', 'name', 'c')], 'DATABASE_COLUMN_TABLE_UNFIT', 'table of a type'],
  ['a table whose rows are values', [exclude('inner', 'x')], 'DATABASE_COLUMN_TABLE_UNFIT', 'values of public."outer"."in"'],
  [
    'what has to be there on the way back',
    [exclude('users', 'password', 'hint')],
    'DATABASE_COLUMN_WAY_BACK',
    '"password", "hint" of public.users must have a value',
  ],
  ['what names rows on the way back', [exclude('whole', 'b')], 'DATABASE_COLUMN_WAY_BACK', 'named by all of their columns'],
])('stops at %s', async (_name, columns, code, message) => {
  const findings = await check(columns, { reverse: code === 'DATABASE_COLUMN_WAY_BACK' });
  expect(findings.filter(({ severity }) => severity === 'blocker')).toMatchObject([
    { code, subject: 'source', message: expect.stringContaining(message), hint: expect.any(String) },
  ]);
});

it('lets columns go that nothing which is migrated needs', async () => {
  expect(await check([exclude('users', 'age', 'twice')], { excludeTables: ['public.ages'] })).toMatchObject([
    { severity: 'blocker', message: expect.stringMatching(/: index public\.users\.users_age\.$/) },
  ]);
  expect(await check([exclude('users', 'salt')])).toMatchObject([
    {
      severity: 'warning',
      code: 'DATABASE_COLUMN_TAKES_ALONG',
      message: expect.stringContaining('constraint public.users.users_salt_check, index public.users.users_salt'),
    },
  ]);
  expect(await check([exclude('users', 'password')], { reverse: false })).toEqual([]);
});

it('tells of columns of tables that are not migrated', async () => {
  expect(await check([exclude('whole', 'b')], { reverse: false, excludeTables: ['public.whole'] })).toMatchObject([
    {
      severity: 'warning',
      code: 'DATABASE_FILTER_UNMATCHED',
      message: 'Nothing of the source is meant by: --exclude-column public.whole.b.',
    },
  ]);
});
