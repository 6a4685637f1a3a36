import { randomBytes } from 'node:crypto';
import { freshDatabase } from '@smartant/test-servers';
import { WHOLE_SCOPE } from '../../../testkit/whole-scope';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import { selectTables } from '../catalog/select-tables';
import type { DatabaseScope } from '../../../domain/database-scope';
import { precheckPair } from './precheck-pair';

const { signal } = new AbortController();
const NAME = `fast_${randomBytes(4).toString('hex')}`;
let urls: string[];

const run = async (url: string, sql: string) => {
  const session = await openTestEndpoint(url).open({ applicationName: 'test', signal });
  await session.query(sql).finally(() => session.close());
};

beforeAll(async () => {
  urls = [await freshDatabase(), await freshDatabase()];
  const session = await openTestEndpoint(urls[0]!).open({ applicationName: 'test', signal });
  await session.query('SET allow_in_place_tablespaces = on');
  await session.query(`CREATE TABLESPACE ${NAME} LOCATION ''`);
  await session.query(`CREATE TABLE public.item (id int PRIMARY KEY, note text) TABLESPACE ${NAME}; CREATE INDEX item_note ON public.item (note) TABLESPACE ${NAME};
    CREATE TABLE public.other (id int PRIMARY KEY); CREATE MATERIALIZED VIEW public.seen TABLESPACE ${NAME} AS SELECT 1 AS one`);
  await session.close();
});

async function check(scope: Partial<DatabaseScope>, user?: string) {
  const target = new URL(urls[1]!);
  if (user) [target.username, target.password] = [user, 'secret'];
  const whole: DatabaseScope = { ...WHOLE_SCOPE, mode: 'snapshot', reverse: false, ...scope };
  const { findings } = await precheckPair({
    source: openTestEndpoint(urls[0]!),
    target: openTestEndpoint(target.toString()),
    scope: whole,
    select: (catalog) => ({ tables: selectTables(catalog, whole), sequences: [] }),
    targetName: (name) => name,
    signal,
  });
  return findings.filter(({ code }) => /TABLESPACE|UNMATCHED/.test(code));
}

it('tells what goes to the default tablespace, and how to say otherwise', async () => {
  const [finding, ...others] = await check({});
  expect(others).toEqual([]);
  expect(finding).toMatchObject({
    severity: 'warning',
    code: 'DATABASE_TABLESPACE_UNMAPPED',
    subject: 'source',
    message: `2 tables (public.item, public.seen) and 1 indexes (public.item_note) lie in the tablespace "${NAME}" of the source; at the target they are made in its default tablespace.`,
    hint: expect.stringContaining(`--tablespace ${NAME}=`),
  });
  expect(await check({ tablespaces: [{ from: NAME, to: 'pg_default' }] })).toEqual([]);
  expect(await check({ includeTables: ['public.other'], excludeTables: ['public.seen'] })).toEqual([]);
});

it('tells of a mapping that moves nothing of the scope', async () => {
  const scope = { includeTables: ['public.other'], excludeTables: ['public.seen'] };
  const tablespaces = [
    { from: NAME, to: 'pg_default' },
    { from: 'pg_default', to: NAME },
  ];
  expect(await check({ ...scope, tablespaces })).toMatchObject([
    { code: 'DATABASE_FILTER_UNMATCHED', message: `Nothing of the source is meant by: --tablespace ${NAME}=pg_default.` },
  ]);
});

it('stops where the target has no such tablespace, or does not let the role use it', async () => {
  const missing = await check({ tablespaces: [{ from: NAME, to: 'No "such"' }] });
  expect(missing).toMatchObject([
    { severity: 'blocker', code: 'DATABASE_TABLESPACE_MISSING', hint: expect.stringContaining('CREATE TABLESPACE "No ""such""" LOCATION') },
  ]);
  expect(await check({ tablespaces: [{ from: NAME, to: 'pg_global' }] })).toMatchObject([{ code: 'DATABASE_TABLESPACE_MISSING' }]);

  const role = `guest_${randomBytes(4).toString('hex')}`;
  await run(urls[1]!, `CREATE ROLE ${role} LOGIN PASSWORD 'secret'; GRANT CREATE ON SCHEMA public TO ${role}`);
  const tablespaces = [{ from: NAME, to: NAME }];
  const [denied, ...others] = await check({ tablespaces }, role);
  expect(others).toEqual([]);
  expect(denied).toMatchObject({ severity: 'blocker', code: 'DATABASE_TABLESPACE_DENIED', subject: 'target', fix: { isSafe: true } });
  for (const statement of denied!.fix!.statements) await run(urls[1]!, statement);
  expect(await check({ tablespaces }, role)).toEqual([]);
  expect(await check({ tablespaces: [{ from: NAME, to: 'pg_default' }] }, role)).toEqual([]);
});
