import { freshDatabase } from '@smartant/test-servers';
import type { TableName } from '../catalog/catalog';
import { readCatalog } from '../catalog/read-catalog';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import type { PgEndpoint } from '../session/pg-session';
import { repairRows } from './repair-rows';
import { verifyTables } from './verify-tables';

const { signal } = new AbortController();
const sameName = (name: TableName) => name;
const open = (endpoint: PgEndpoint) => endpoint.open({ applicationName: 'test', signal });

const SCHEMA = `CREATE TABLE public.t (flag boolean, c char(4), id bigint GENERATED ALWAYS AS IDENTITY, v text, at timestamptz, n numeric, bytes bytea, twice bigint GENERATED ALWAYS AS (id * 2) STORED,
    PRIMARY KEY (flag, c, id));
  CREATE TABLE public.child (flag boolean, c char(4), id bigint, FOREIGN KEY (flag, c, id) REFERENCES public.t ON DELETE CASCADE)`;
const ROWS = `INSERT INTO public.t (flag, c, v, at, n, bytes) SELECT g % 2 = 0, 'k' || g % 3, E'line\\n ä' || g, '2020-01-01 00:00:00.123456+00'::timestamptz + g * interval '1 day', 'NaN', decode('00ff', 'hex') FROM generate_series(1, 1000) g`;

it.each([true, false])(
  'writes rows that are missing or changed, and removes what the source does not have (superuser: %s)',
  async (isSuperuser) => {
    const url = new URL(await freshDatabase());
    const source = openTestEndpoint(await freshDatabase());
    const [atSource, admin] = [await open(source), await open(openTestEndpoint(url.toString()))];
    await atSource.query(`${SCHEMA}; ${ROWS}`);
    await admin.query(`${SCHEMA}; ${ROWS}; INSERT INTO public.child SELECT flag, c, id FROM public.t WHERE id = 20`);
    await admin.query(
      `DELETE FROM public.t WHERE id BETWEEN 100 AND 399; UPDATE public.t SET v = 'other' WHERE id IN (20, 21); INSERT INTO public.t (flag, c, v) VALUES (true, 'x', 'extra')`,
    );
    if (!isSuperuser) {
      await admin.query(
        `DO $$ BEGIN IF to_regrole('repairer') IS NULL THEN CREATE ROLE repairer LOGIN PASSWORD 'secret'; END IF; END $$; GRANT ALL ON ALL TABLES IN SCHEMA public TO repairer`,
      );
      [url.username, url.password] = ['repairer', 'secret'];
    }
    const target = openTestEndpoint(url.toString());
    const { tables } = await readCatalog(atSource, signal);
    const verify = () =>
      verifyTables({
        source,
        target,
        migrationId: 'mig_test',
        tables: tables.filter(({ table }) => table === 't'),
        sequences: [],
        targetName: sameName,
        rows: [],
        level: 'content',
        jobs: 1,
        frozenPosition: '',
        signal,
      });
    const before = await verify();
    expect(before.verification.differenceCount).toBe(303);
    const { table, differences } = before.tables[0]!;
    const atTarget = await open(target);
    const keys = differences!.rows.map(({ keyValues }) => keyValues!);
    expect(await repairRows({ source: atSource, target: atTarget, table, targetName: sameName, keys, signal })).toEqual({
      written: 302,
      removed: 1,
    });
    expect((await verify()).verification.equal).toBe(true);
    expect(await admin.query('SELECT count(*) AS count FROM public.child')).toEqual([{ count: '1' }]);
    expect(await repairRows({ source: atSource, target: atTarget, table, targetName: sameName, keys, signal })).toEqual({
      written: 302,
      removed: 0,
    });
  },
);

it('takes away rows that do not meet the condition of the scope', async () => {
  const [source, target] = [await open(openTestEndpoint(await freshDatabase())), await open(openTestEndpoint(await freshDatabase()))];
  for (const session of [source, target])
    await session.query('CREATE TABLE public.t (a int PRIMARY KEY); INSERT INTO public.t VALUES (1), (2)');
  const [table] = (await readCatalog(source, signal)).tables;
  expect(await repairRows({ source, target, table: table!, targetName: sameName, keys: [['1'], ['2']], where: 'a < 2', signal })).toEqual({
    written: 1,
    removed: 1,
  });
});

it('refuses a table without a primary key', async () => {
  const source = await open(openTestEndpoint(await freshDatabase()));
  await source.query('CREATE TABLE public.t (a int)');
  const [table] = (await readCatalog(source, signal)).tables;
  await expect(repairRows({ source, target: source, table: table!, targetName: sameName, keys: [['1']], signal })).rejects.toMatchObject({
    code: 'DATABASE_TABLE_WITHOUT_KEY',
  });
});
