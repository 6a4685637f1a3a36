import { qualified } from '../catalog/catalog';
import { copyTables } from './copy-tables';
import { contentOf, copyDatabases, type CopyDatabases } from './fixtures/copy-databases';

const MIB = 1024 * 1024;
const t = { schema: 'public', table: 't' };
/** Rows of more than 16 MiB with their padding. */
const ROWS = 40_000;
/** Every byte of every value, which a text of a char(n) does not show. */
const everyByte = (columns: readonly string[]) =>
  `SELECT md5(string_agg(${columns.map((name) => `coalesce(encode(bpcharsend(${name}), 'hex'), 'null')`).join(` || '|' || `)}, ',' ORDER BY id)) AS digest FROM ${qualified(t)}`;

/** Copies the table; resolves with the bytes that were read and those that were told. */
async function copy(databases: CopyDatabases, change: { targetPolicy?: 'append' } = {}): Promise<{ read: number; told: number }> {
  const snapshot = await databases.snapshot();
  let read = 0;
  const { bytes } = await copyTables(await databases.options(snapshot, { ...change, admit: async (asked) => void (read += asked) }));
  await snapshot.end();
  expect(databases.quarantined).toEqual([]);
  return { read, told: bytes };
}

describe('the padding of char(n)', () => {
  it('is not carried, and is there again, whatever the values end in', async () => {
    const databases = await copyDatabases();
    await databases.both(`CREATE COLLATION public.loose (provider = icu, locale = 'und-u-ka-shifted-ks-level1', deterministic = false);
      CREATE TABLE public.t (id int PRIMARY KEY, mostly_blank char(200), "with ""text" char(150), loose char(60) COLLATE public.loose, short char(3))`);
    await databases.at(
      databases.source,
      `INSERT INTO public.t SELECT n, CASE WHEN n % 10 = 0 THEN 'value ' || n END, repeat('ä', n % 5) || n, '-', 'ab' FROM generate_series(1, ${ROWS}) n;
       UPDATE public.t SET mostly_blank = '' WHERE mostly_blank IS NULL AND id % 3 > 0;
       UPDATE public.t SET "with ""text" = E'tab\\t', mostly_blank = E'\\n' WHERE id = 1;
       UPDATE public.t SET "with ""text" = repeat('€', 150), mostly_blank = repeat('x', 200) WHERE id = 2;
       UPDATE public.t SET "with ""text" = U&'\\00a0  \\3000', mostly_blank = '  in front' WHERE id = 3;
       UPDATE public.t SET "with ""text" = NULL, mostly_blank = NULL, loose = NULL, short = NULL WHERE id = 4`,
    );
    const { read, told } = await copy(databases);
    expect(read).toBeLessThan(8 * MIB);
    const [whole] = await databases.at(
      databases.source,
      `SELECT sum(31 + coalesce(octet_length(mostly_blank), 0) + coalesce(octet_length("with ""text"), 0) + coalesce(octet_length(loose), 0) + coalesce(octet_length(short), 0)) AS bytes FROM public.t`,
    );
    expect(Math.abs(told / Number(whole?.['bytes']) - 1)).toBeLessThan(0.2);
    expect(await contentOf(databases.target, t)).toEqual(await contentOf(databases.source, t));
    const bytes = everyByte(['mostly_blank', '"with ""text"', 'loose', 'short']);
    expect(await databases.at(databases.target, bytes)).toEqual(await databases.at(databases.source, bytes));
  });

  it('is carried where the target would not fill it up in the same way', async () => {
    const databases = await copyDatabases();
    await databases.at(databases.source, 'CREATE TABLE public.t (id int PRIMARY KEY, a char(300), b char(100))');
    await databases.at(databases.target, 'CREATE TABLE public.t (id int PRIMARY KEY, a char(310), b text)');
    await databases.at(databases.source, `INSERT INTO public.t SELECT n, 'x', 'y' FROM generate_series(1, ${ROWS}) n`);
    const { read } = await copy(databases, { targetPolicy: 'append' });
    expect(read).toBeGreaterThan(12 * MIB);
    const [row] = await databases.at(
      databases.target,
      `SELECT min(octet_length(a)) AS a, min(length(b)) AS b, count(*) AS n FROM public.t`,
    );
    expect(row).toEqual({ a: '310', b: '100', n: String(ROWS) });
  });

  it('lets nothing be read from an index alone, which may lack rows', async () => {
    const databases = await copyDatabases();
    await databases.both(`CREATE TABLE public.t (id int, c char(100), wide text GENERATED ALWAYS AS (repeat(md5(id::text), 30)) STORED)`);
    await databases.at(databases.source, 'CREATE INDEX of_all ON public.t (id) INCLUDE (c)');
    await databases.at(databases.source, `INSERT INTO public.t (id, c) SELECT n, 'x' FROM generate_series(1, ${ROWS}) n`);
    await databases.at(databases.source, `UPDATE pg_index SET indisready = false WHERE indexrelid = 'public.of_all'::regclass`);
    await databases.at(databases.source, `INSERT INTO public.t (id, c) VALUES (-1, 'lost')`);
    await databases.at(databases.source, `UPDATE pg_index SET indisready = true WHERE indexrelid = 'public.of_all'::regclass`);
    await databases.at(databases.source, 'VACUUM ANALYZE public.t');
    await copy(databases);
    expect(await databases.at(databases.target, `SELECT count(*) AS n FROM public.t`)).toEqual([{ n: String(ROWS + 1) }]);
  });

  it('is carried where there is little of it', async () => {
    const databases = await copyDatabases();
    await databases.both('CREATE TABLE public.t (id int PRIMARY KEY, a char(300))');
    await databases.at(databases.source, `INSERT INTO public.t SELECT n, repeat('x', 295) FROM generate_series(1, ${ROWS}) n`);
    const { read } = await copy(databases);
    expect(read).toBeGreaterThan(11 * MIB);
    expect(await contentOf(databases.target, t)).toEqual(await contentOf(databases.source, t));
  });
});
