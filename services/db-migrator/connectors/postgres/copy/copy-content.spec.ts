import { copyTables } from './copy-tables';
import { contentOf, copyDatabases, exportSnapshot, tablesOf } from './fixtures/copy-databases';
import { watchLiveBytes } from '../fixtures/live-bytes';
import { openTestEndpoint } from '../fixtures/test-endpoint';

const t = { schema: 'public', table: 't' };
const MIB = 1024 * 1024;

describe('the content that copyTables brings', () => {
  it('is equal for every type, as text and in binary form', async () => {
    const databases = await copyDatabases();
    await databases.both(`
      CREATE TYPE public.mood AS ENUM ('sad', 'ha''ppy'); CREATE DOMAIN public.positive AS int CHECK (VALUE > 0);
      CREATE TYPE public.pair AS (a int, b text); CREATE TYPE public.span AS RANGE (subtype = float8);
      CREATE TABLE public.t (a smallint, b bigint, c numeric, d real, e double precision, f money, g boolean, h text, i varchar(5), j char(7), k bytea,
        l date, m time, n timetz, o timestamp, p timestamptz, q interval, r uuid, s json, t jsonb, u inet, v cidr, w macaddr, x bit(3), y varbit,
        z point, aa path, ab polygon, ac circle, ad box, ae line, af lseg, ag tsvector, ah tsquery, ai int4range, aj tstzmultirange, ak pg_lsn,
        al int[], am text[][], an numeric[], ao "char", ap name, aq oid, ar jsonpath, as_ xid8);
      CREATE TABLE public.as_text (a public.mood, b public.positive, c public.pair, d public.span, e public.mood[], f regclass, g xml, h text, i regtype[]);`);
    await databases.at(
      databases.source,
      `INSERT INTO public.t VALUES (-32768, 9223372036854775807, 'NaN', '-Infinity', 0.1, '-12.34', true, E'\\t\\n\\\\N€😀', '', 'x', '\\x00ff5c',
        'infinity', '24:00', '12:34:56.789012+05:30', '-infinity', '2026-01-02 03:04:05.678901+00', '-1 year 2 days 03:04:05.000001',
        'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": 1.00, "a":2}', '{"b": 1e400}', '::1/64', '10.0.0.0/8', '08:00:2b:01:02:03', '101', '',
        '(1e-300,2)', '[(0,0),(1,1)]', '((0,0),(1,1),(2,0))', '<(0,0),1>', '(1,1),(0,0)', '{1,2,3}', '[(0,0),(1,1)]', '''a'':1A b:2', 'a & !b:*',
        '[1,)', '{[2026-01-01,2026-02-01)}', '16/B374D848', '[0:1]={NULL,2}', '{{"a","NULL"},{NULL,"c,d"}}', '{Infinity,1.000}', 'x', 'n', 4294967295, '$.a[*]', '18446744073709551615');
      INSERT INTO public.t (a, b, c, d, e) VALUES (NULL, 1, -1234567890.12345678901234567890, 'NaN', '1e-320');
      INSERT INTO public.as_text VALUES ('ha''ppy', 5, '(1,"a,""b")', '[0.1,0.2)', '{sad}', 'public.t', '<?xml version="1.0" encoding="UTF-8"?><a/>', NULL, '{int4,text}')`,
    );
    const snapshot = await databases.snapshot();
    await copyTables(await databases.options(snapshot));
    await snapshot.end();
    expect(databases.quarantined).toEqual([]);
    for (const table of [t, { schema: 'public', table: 'as_text' }])
      expect(await contentOf(databases.target, table)).toEqual(await contentOf(databases.source, table));
  });

  it('may be 1,600 columns wide and hold large values', async () => {
    const databases = await copyDatabases();
    const columns = Array.from({ length: 1600 }, (_, number) => `c${number} smallint`).join(', ');
    await databases.both(`CREATE TABLE public.t (${columns}); CREATE TABLE public.values (v bytea, w text)`);
    await databases.at(
      databases.source,
      `INSERT INTO public.t (c0, c1599) VALUES (1, 2); INSERT INTO public.values SELECT decode(repeat('ff00', ${20 * MIB}), 'hex'), repeat('é', ${10 * MIB})`,
    );
    const snapshot = await databases.snapshot();
    await copyTables(await databases.options(snapshot));
    await snapshot.end();
    expect(await contentOf(databases.target, t)).toEqual(await contentOf(databases.source, t));
    const digest = 'SELECT md5(v) AS v, md5(w) AS w FROM public.values';
    expect(await databases.at(databases.target, digest)).toEqual(await databases.at(databases.source, digest));
  });

  it('passes through bounded memory', async () => {
    const databases = await copyDatabases();
    await databases.both('CREATE TABLE public.t (id int, filler text)');
    await databases.at(databases.source, `INSERT INTO public.t SELECT n, repeat(md5(n::text), 256) FROM generate_series(1, 25600) n`);
    const snapshot = await databases.snapshot();
    const options = await databases.options(snapshot);
    const memory = watchLiveBytes(50);
    const looking = setInterval(() => memory.look(), 5);
    const { bytes } = await copyTables(options);
    clearInterval(looking);
    await snapshot.end();
    expect(bytes).toBeGreaterThan(200 * MIB);
    expect(memory.most()).toBeLessThan(60 * MIB);
    const digest = 'SELECT count(*), sum(length(filler)), md5(string_agg(md5(filler), NULL ORDER BY id)) FROM public.t';
    expect(await databases.at(databases.target, digest)).toEqual(await databases.at(databases.source, digest));
  });

  it('is refused by table where its text is not valid, or the role may not see all of it', async () => {
    const databases = await copyDatabases();
    const role = `weak_${process.pid}`;
    await databases.at(databases.source, `CREATE DATABASE ${role} ENCODING 'SQL_ASCII' TEMPLATE template0`);
    await databases.at(databases.source, `CREATE ROLE ${role} LOGIN PASSWORD 'pw'`);
    const owner = openTestEndpoint(databases.sourceUrl, { database: role });
    await databases.at(
      owner,
      `CREATE TABLE public.bad (v text); INSERT INTO public.bad VALUES (E'\\xe9');
       CREATE TABLE public.good (v text); INSERT INTO public.good VALUES ('x');
       CREATE TABLE public.hidden (v int); INSERT INTO public.hidden VALUES (1), (2); CREATE TABLE public.private (v int);
       ALTER TABLE public.hidden ENABLE ROW LEVEL SECURITY; CREATE POLICY one ON public.hidden USING (v = 1);
       GRANT SELECT ON public.bad, public.good, public.hidden TO ${role}`,
    );
    await databases.at(
      databases.target,
      'CREATE TABLE public.bad (v text); CREATE TABLE public.good (v text); CREATE TABLE public.hidden (v int); CREATE TABLE public.private (v int)',
    );
    const url = new URL(databases.sourceUrl);
    [url.username, url.password] = [role, 'pw'];
    const snapshot = await exportSnapshot(owner);
    const source = openTestEndpoint(url.href, { database: role });
    await copyTables(await databases.options(snapshot, { source, tables: await tablesOf(owner) }));
    await snapshot.end();
    expect(databases.quarantined.map(({ unit, code }) => [unit, code]).sort()).toEqual([
      ['public.bad', 'DATABASE_ENCODING_INVALID'],
      ['public.hidden', 'DATABASE_ACCESS_DENIED'],
      ['public.private', 'DATABASE_ACCESS_DENIED'],
    ]);
    expect(await databases.at(databases.target, 'SELECT v FROM public.good')).toEqual([{ v: 'x' }]);
  });
});
