import { describeIf, freshDatabase, POSTGRES_MAJORS, startPostgres, whyNoPostgres } from '@smartant/test-servers';
import { copyLargeObjects } from './copy-large-objects';
import { copyTables } from './copy-tables';
import { contentOf, copyDatabases } from './fixtures/copy-databases';

const table = (name: string) => ({ schema: 'public', table: name });

for (const major of POSTGRES_MAJORS) {
  describeIf(whyNoPostgres(major), `PostgreSQL ${major} as the source`, () => {
    it('is copied to the newest, and says when its snapshot is lost', async () => {
      const server = await startPostgres({ major });
      try {
        const databases = await copyDatabases(await server.createDatabase('source'), await freshDatabase('target'));
        await databases.both(`CREATE TYPE public.mood AS ENUM ('sad', 'happy');
          CREATE TABLE public.exact (id bigint, a numeric, b double precision, c interval, d jsonb, e text[], f tsvector, g int4range, h money, i inet, j bit varying);
          CREATE TABLE public.as_text (id int, m public.mood, r regclass);
          CREATE TABLE public.padded (id int, filler char(400));
          CREATE TABLE public.large (id int, filler text, twice int GENERATED ALWAYS AS (id * 2) STORED)`);
        await databases.at(
          databases.source,
          `INSERT INTO public.exact SELECT n, n * 1.10, n / 3.0, n * interval '1 hour 0.000001 s', '{"n": 1.0}', ARRAY['a', NULL, 'n' || n], 'a:1A b',
             int4range(n, n + 5), n::numeric::money, '::1', B'101' FROM generate_series(1, 500) n;
           INSERT INTO public.exact (id, a, b) VALUES (0, 'NaN', '-Infinity');
           INSERT INTO public.as_text VALUES (1, 'happy', 'public.large');
           INSERT INTO public.large SELECT n, repeat('x', 500) FROM generate_series(1, 5000) n;
           INSERT INTO public.padded SELECT n, 'ä' || n FROM generate_series(1, 25000) n;
           SELECT lo_from_bytea(77777, '\\x0102')`,
        );
        const snapshot = await databases.snapshot();
        const options = await databases.options(snapshot, { splitBytes: 1024 * 1024 });
        await copyTables(options);
        await copyLargeObjects(options);
        await snapshot.end();
        expect(databases.quarantined).toEqual([]);
        for (const name of ['exact', 'as_text', 'large', 'padded'])
          expect(await contentOf(databases.target, table(name))).toEqual(await contentOf(databases.source, table(name)));
        expect(databases.parts.filter((part) => part.table.table === 'large').length > 1).toBe(major >= 14);
        expect(await databases.at(databases.target, 'SELECT lo_get(77777) AS content')).toEqual([{ content: '\\x0102' }]);
        await expect(copyTables({ ...options, migrationId: 'mig_other', targetPolicy: 'replace' })).rejects.toMatchObject({
          code: 'DATABASE_SNAPSHOT_LOST',
        });
      } finally {
        await server.stop();
      }
    });
  });
}
