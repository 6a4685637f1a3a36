import { freshDatabase } from '@smartant/test-servers';
import { readCatalog } from '../catalog/read-catalog';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import type { PgSession } from '../session/pg-session';
import { PACKED } from './fixtures/every-type';
import { digestSql, hashSql, rowBytesSql } from './row-digest';

const { signal } = new AbortController();
const SEED = '-3812345678901234567';

async function withTables<T>(sql: string, use: (session: PgSession, hashOf: (table: string) => string) => Promise<T>): Promise<T> {
  const session = await openTestEndpoint(await freshDatabase()).open({ applicationName: 'test', signal });
  try {
    await session.query(sql);
    const { tables } = await readCatalog(session, signal);
    const columnsOf = (name: string) => tables.find(({ table }) => table === name)!.columns;
    return await use(session, (name) => hashSql(rowBytesSql(columnsOf(name), columnsOf(name), 'binary'), SEED));
  } finally {
    await session.close();
  }
}

const isPacked = (sql: string) => sql.startsWith('hash_array_extended(CASE');

it('has a packed row for every type of a fixed length, and another hash for each other value in any of them', async () => {
  const changes = [
    ...[
      'flag = false, id = 1',
      'small = -4',
      'plain = 8',
      'o = 1',
      `d = '-infinity'`,
      `ts = 'infinity'`,
      `tz = tz + interval '1 microsecond'`,
      `tm = '00:00'`,
    ],
    ...[
      `ttz = '10:00:00.5-04'`,
      `iv = '1 mon -2 days 00:00:01.500001'`,
      `u = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12'`,
      `one = 'y'`,
      `t = t || ' '`,
      't = NULL',
    ],
  ];
  await withTables(PACKED, async (session, hashOf) => {
    const hash = hashOf('packed');
    expect(isPacked(hash)).toBe(true);
    const of = async () => (await session.query(`SELECT ${hash} AS h FROM public.packed WHERE id = 1`))[0]?.['h'];
    const seen = new Set([await of()]);
    for (const change of changes) {
      await session.query(`BEGIN; UPDATE public.packed SET ${change} WHERE id = 1`);
      seen.add(await of());
      await session.query('ROLLBACK');
    }
    expect(seen.size).toBe(changes.length + 1);
  });
});

it.each(['bytea', 'name', 'text', 'json', 'varchar(9)', 'char(9)', 'numeric', 'jsonb'])(
  'takes one column that has no fixed length: %s',
  async (type) => {
    await withTables(
      `CREATE TABLE public.t (v ${type}, id int); INSERT INTO public.t VALUES ('1', 1), ('2', 1), (NULL, 1), ('1', 1), ('1', 2)`,
      async (session, hashOf) => {
        expect(isPacked(hashOf('t'))).toBe(true);
        const [row] = await session.query(
          `SELECT count(DISTINCT h) AS n, count(h) AS all FROM (SELECT ${hashOf('t')} AS h FROM public.t) a`,
        );
        expect(row).toEqual({ n: '4', all: '5' });
      },
    );
  },
);

it('tells rows apart whose bytes are the same in another division, and nulls in one place from nulls in another', async () => {
  await withTables(
    `CREATE TABLE public.two (a int, b int, v bytea); CREATE TABLE public.only (v bytea);
     INSERT INTO public.two VALUES (0, 1, ''), (1, 0, ''), (0, NULL, ''), (NULL, 0, ''), (NULL, NULL, ''), (0, 0, NULL), (0, 0, ''), (0, 0, '\\x00000000'), (0, NULL, '\\x00000000'),
       (NULL, 0, '\\x00000000');
     INSERT INTO public.only VALUES (NULL), (''), (record_send(ROW(NULL::bytea))), (record_send(ROW(''::bytea)))`,
    async (session, hashOf) => {
      for (const [table, rows] of [
        ['two', '10'],
        ['only', '4'],
      ] as const) {
        const [row] = await session.query(`SELECT count(DISTINCT h) AS n FROM (SELECT ${hashOf(table)} AS h FROM public.${table}) a`);
        expect(row).toEqual({ n: rows });
      }
    },
  );
});

it('does not add up to the same where rows have given each other one of their values', async () => {
  await withTables(
    `CREATE TABLE public.t (a int, b int, v text); INSERT INTO public.t VALUES (1, 10, 'x'), (2, 20, 'y');
     CREATE TABLE public.swapped AS SELECT a, 30 - b AS b, v FROM public.t; CREATE TABLE public.given AS SELECT a, b, CASE v WHEN 'x' THEN 'y' ELSE 'x' END AS v FROM public.t`,
    async (session, hashOf) => {
      const sums = new Set<unknown>();
      for (const table of ['t', 'swapped', 'given'])
        sums.add((await session.query(`SELECT sum(${hashOf(table)}) AS sum FROM public.${table}`))[0]?.['sum']);
      expect(sums.size).toBe(3);
    },
  );
});

it('keeps records for types that are sent as text, types that differ, and many columns', async () => {
  const many = Array.from({ length: 65 }, (_, number) => `c${number} int`).join(', ');
  await withTables(
    `CREATE TABLE public.floats (a int, b real); CREATE TABLE public.chars (a "char", b int); CREATE TABLE public.ints (a int, b int); CREATE TABLE public.many (${many})`,
    async (session, hashOf) => {
      expect(['floats', 'many'].map((table) => isPacked(hashOf(table)))).toEqual([false, false]);
      const { tables } = await readCatalog(session, signal);
      const [chars, ints] = ['chars', 'ints'].map((name) => tables.find(({ table }) => table === name)!.columns);
      expect(isPacked(hashSql(rowBytesSql(chars!, ints!, 'binary'), SEED))).toBe(false);
      expect(isPacked(hashSql(rowBytesSql(ints!, chars!, 'binary'), SEED))).toBe(false);
    },
  );
});

it('keeps records for rows of several columns without a fixed length, and counts the bytes of either', async () => {
  await withTables(
    `CREATE TABLE public.t (a int, b text, c text); INSERT INTO public.t VALUES (1, 'x', 'y'); CREATE TABLE public.p (a int, b text); INSERT INTO public.p VALUES (1, 'xyz')`,
    async (session, hashOf) => {
      expect(isPacked(hashOf('t'))).toBe(false);
      const { tables } = await readCatalog(session, signal);
      const bytes = await Promise.all(
        tables.map(async (table) => {
          const rowBytes = rowBytesSql(table.columns, table.columns, 'binary');
          return (await session.query(digestSql({ table, rowBytes }, SEED)))[0]?.['bytes'];
        }),
      );
      expect(bytes).toEqual(['7', '34']);
    },
  );
});
