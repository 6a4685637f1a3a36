import { SmartantError } from '@smartant/kernel';
import { copyTables, readSyncPositions, recopyTables } from './copy-tables';
import { contentOf, copyDatabases, MIGRATION_ID, type CopyDatabases } from './fixtures/copy-databases';

const table = (name: string, schema = 'public') => ({ schema, table: name });

async function expectSame(databases: CopyDatabases, name: string, schema?: string): Promise<void> {
  const there = await contentOf(databases.source, table(name, schema));
  expect(await contentOf(databases.target, table(name, schema))).toEqual(there);
}

describe('copyTables', () => {
  it('copies tables of every shape as they are, and remembers them', async () => {
    const databases = await copyDatabases();
    await databases.both(`
      CREATE SCHEMA "Odd ""schema";
      CREATE TABLE public.plain (id bigint GENERATED ALWAYS AS IDENTITY, name text);
      CREATE TABLE "Odd ""schema"."Tab""le\\" ("Col""umn" int, twice int GENERATED ALWAYS AS ("Col""umn" * 2) STORED, "select" text);
      CREATE TABLE public.empty (id int);
      CREATE TABLE public.nothing ();
      CREATE UNLOGGED TABLE public.unlogged (id int);
      CREATE TABLE public.root (id int, at date) PARTITION BY RANGE (id);
      CREATE TABLE public.root_low PARTITION OF public.root FOR VALUES FROM (0) TO (50);
      CREATE TABLE public.root_high (at date, id int);
      ALTER TABLE public.root ATTACH PARTITION public.root_high FOR VALUES FROM (50) TO (100);
      CREATE TABLE public.parent (id int);
      CREATE TABLE public.child (extra text) INHERITS (public.parent);
      CREATE TABLE public.generated_only (one int GENERATED ALWAYS AS (1) STORED);`);
    await databases.at(
      databases.source,
      `INSERT INTO public.plain (name) SELECT E'row\\t' || n FROM generate_series(1, 5000) n;
      INSERT INTO "Odd ""schema"."Tab""le\\" ("Col""umn", "select") SELECT n, E'\\\\.\\n' || n FROM generate_series(1, 100) n;
      INSERT INTO public.nothing SELECT FROM generate_series(1, 7);
      INSERT INTO public.unlogged VALUES (1);
      INSERT INTO public.root SELECT n, '2026-01-01'::date + n FROM generate_series(0, 99) n;
      INSERT INTO public.parent VALUES (1); INSERT INTO public.child VALUES (2, 'x');
      INSERT INTO public.generated_only DEFAULT VALUES`,
    );
    const snapshot = await databases.snapshot();
    await databases.at(databases.source, `INSERT INTO public.plain (name) VALUES ('after the snapshot')`);
    const totals = await copyTables(await databases.options(snapshot));
    await snapshot.end();
    expect(databases.quarantined).toEqual([]);
    await databases.at(databases.source, `DELETE FROM public.plain WHERE name = 'after the snapshot'`);
    for (const name of ['plain', 'empty', 'unlogged', 'root_low', 'root_high', 'parent', 'child', 'generated_only'])
      await expectSame(databases, name);
    await expectSame(databases, 'Tab"le\\', 'Odd "schema');
    expect(await databases.at(databases.target, 'SELECT count(*) FROM public.nothing')).toEqual([{ count: '7' }]);
    expect(totals).toEqual({ tables: 10, rows: 5000 + 100 + 7 + 1 + 100 + 1 + 1 + 1, bytes: expect.any(Number) });
    expect(databases.parts.map(({ rows }) => rows).reduce((sum, rows) => sum + rows, 0)).toBe(totals.rows);
    expect(
      await databases.at(
        databases.target,
        `SELECT state, sync_lsn FROM smartant.table_sync WHERE migration_id = '${MIGRATION_ID}' AND "table" = 'plain'`,
      ),
    ).toEqual([{ state: 'copied', sync_lsn: snapshot.lsn }]);
  });

  it('does nothing again, and adds nothing twice', async () => {
    const databases = await copyDatabases();
    await databases.both('CREATE TABLE public.t (id int)');
    await databases.at(databases.source, 'INSERT INTO public.t SELECT generate_series(1, 100)');
    const snapshot = await databases.snapshot();
    const options = await databases.options(snapshot);
    const first = await copyTables(options);
    expect(await copyTables({ ...options, epoch: 2 })).toEqual(first);
    expect(databases.parts).toHaveLength(1);
    await expectSame(databases, 't');
    await expect(copyTables(options)).rejects.toMatchObject({ code: 'DATABASE_EPOCH_STALE', retryable: false });
    await snapshot.end();
  });

  it('copies a large table in parts at once, under names of the target', async () => {
    const databases = await copyDatabases();
    await databases.at(databases.source, 'CREATE TABLE public.large (id int, filler text)');
    await databases.at(databases.target, 'CREATE SCHEMA other; CREATE TABLE other.renamed (id int, filler text)');
    await databases.at(databases.source, `INSERT INTO public.large SELECT n, repeat('x', n % 300) FROM generate_series(1, 20000) n`);
    await databases.at(databases.source, `DELETE FROM public.large WHERE id % 7 = 0`);
    const snapshot = await databases.snapshot();
    await copyTables(
      await databases.options(snapshot, { splitBytes: 1024 * 1024, targetName: () => ({ schema: 'other', table: 'renamed' }) }),
    );
    await snapshot.end();
    expect(databases.parts.length).toBeGreaterThan(4);
    expect(databases.parts.filter(({ isTableDone }) => isTableDone)).toHaveLength(1);
    expect(await contentOf(databases.target, table('renamed', 'other'))).toEqual(await contentOf(databases.source, table('large')));
  });

  it('copies only the rows that a filter lets through, also of partitions, and refuses one that is more than a condition', async () => {
    const databases = await copyDatabases();
    await databases.both(`CREATE TABLE public.t (id int); CREATE TABLE public.p (id int) PARTITION BY LIST (id);
      CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES IN (1, 2); CREATE TABLE public.bad (id int)`);
    await databases.at(
      databases.source,
      'INSERT INTO public.t SELECT generate_series(1, 10); INSERT INTO public.p VALUES (1), (2); INSERT INTO public.bad VALUES (1)',
    );
    const snapshot = await databases.snapshot();
    await copyTables(
      await databases.options(snapshot, {
        rows: [
          { table: 'public.t', where: 'id > 3 OR id = 1 -- all others' },
          { table: 'public.p', where: 'id = 2' },
          { table: 'public.bad', where: 'true)) TO STDOUT; DROP TABLE public.t; --' },
        ],
      }),
    );
    await snapshot.end();
    expect(await databases.at(databases.target, 'SELECT count(*), min(id) FROM public.t')).toEqual([{ count: '8', min: '1' }]);
    expect(await databases.at(databases.target, 'SELECT id FROM public.p')).toEqual([{ id: '2' }]);
    expect(databases.quarantined).toMatchObject([{ unit: 'public.bad', code: 'DATABASE_ROW_FILTER_INVALID' }]);
    expect(await databases.at(databases.source, 'SELECT count(*) FROM public.t')).toEqual([{ count: '10' }]);
  });

  it('puts tables aside that cannot be copied, and goes on with the rest', async () => {
    const databases = await copyDatabases();
    await databases.both('CREATE TABLE public.good (id int); CREATE TABLE public.full (id int); CREATE TABLE public.narrow (id int)');
    await databases.at(
      databases.source,
      'CREATE TABLE public.missing (id int); ALTER TABLE public.narrow ADD extra text; INSERT INTO public.good VALUES (1)',
    );
    await databases.at(databases.target, 'INSERT INTO public.full VALUES (5)');
    const snapshot = await databases.snapshot();
    await copyTables(await databases.options(snapshot));
    expect(databases.quarantined.map(({ unit, code }) => [unit, code]).sort()).toEqual([
      ['public.full', 'DATABASE_TARGET_NOT_EMPTY'],
      ['public.missing', 'DATABASE_TABLE_DIFFERS'],
      ['public.narrow', 'DATABASE_TABLE_DIFFERS'],
    ]);
    await expectSame(databases, 'good');
    const cap = new SmartantError('QUARANTINE_CAP_REACHED', 'Too many.', { kind: 'precondition' });
    await expect(copyTables(await databases.options(snapshot, { quarantine: () => Promise.reject(cap) }))).rejects.toBe(cap);
    await snapshot.end();
  });

  it('adds to rows of the target or takes their place, as the policy says', async () => {
    const databases = await copyDatabases();
    await databases.both('CREATE TABLE public.t (id int PRIMARY KEY); CREATE TABLE public.u (id int REFERENCES public.t)');
    await databases.at(databases.source, 'INSERT INTO public.t VALUES (1); INSERT INTO public.u VALUES (1)');
    await databases.at(databases.target, 'INSERT INTO public.t VALUES (2); INSERT INTO public.u VALUES (2)');
    const snapshot = await databases.snapshot();
    await copyTables(await databases.options(snapshot, { targetPolicy: 'append' }));
    expect(await databases.at(databases.target, 'SELECT id FROM public.t ORDER BY 1')).toEqual([{ id: '1' }, { id: '2' }]);
    await copyTables(await databases.options(snapshot, { targetPolicy: 'replace', migrationId: 'mig_other' }));
    await snapshot.end();
    expect(databases.quarantined).toEqual([]);
    await expectSame(databases, 't');
    await expectSame(databases, 'u');
  });

  it('begins unfinished tables anew when the snapshot is lost, and all of them where they have to come from one', async () => {
    const databases = await copyDatabases();
    await databases.both('CREATE TABLE public.done (id int); CREATE TABLE public.large (id int, filler text)');
    await databases.at(
      databases.source,
      `INSERT INTO public.done VALUES (1); INSERT INTO public.large SELECT n, repeat('x', 300) FROM generate_series(1, 10000) n`,
    );
    const first = await databases.snapshot();
    const options = await databases.options(first, { splitBytes: 1024 * 1024, jobs: 1 });
    await copyTables({ ...options, tables: options.tables.filter((each) => each.table === 'done') });
    const stop = new AbortController();
    const cut = copyTables({ ...options, signal: stop.signal, onPart: () => stop.abort() });
    await expect(cut).rejects.toMatchObject({ code: 'CANCELLED' });
    await first.end();
    await expect(copyTables({ ...options, epoch: 2 })).rejects.toMatchObject({ code: 'DATABASE_SNAPSHOT_LOST', retryable: true });
    await databases.at(databases.source, 'DELETE FROM public.large WHERE id < 100; INSERT INTO public.done VALUES (2)');
    const second = await databases.snapshot();
    await copyTables(await databases.options(second, { epoch: 3, splitBytes: 1024 * 1024 }));
    await expectSame(databases, 'large');
    const states = await databases.at(databases.target, 'SELECT "table", sync_lsn FROM smartant.table_sync ORDER BY 1');
    expect(states).toEqual([
      { table: 'done', sync_lsn: first.lsn },
      { table: 'large', sync_lsn: second.lsn },
    ]);
    expect(await databases.at(databases.target, 'SELECT id FROM public.done')).toEqual([{ id: '1' }]);
    await copyTables(await databases.options(second, { epoch: 3, oneSnapshot: true }));
    await second.end();
    await expectSame(databases, 'done');
  });

  it('does not take a table for empty that was rewritten after the snapshot', async () => {
    const databases = await copyDatabases();
    await databases.both('CREATE TABLE public.a (id int); CREATE TABLE public.b (id int)');
    await databases.at(databases.source, 'INSERT INTO public.a VALUES (1); INSERT INTO public.b VALUES (2)');
    const first = await databases.snapshot();
    const options = await databases.options(first);
    await databases.at(databases.source, 'ALTER TABLE public.a ALTER id TYPE bigint');
    await expect(copyTables(options)).rejects.toMatchObject({ code: 'DATABASE_SNAPSHOT_LOST', details: { table: 'public.a' } });
    await first.end();
    await expectSame(databases, 'b');
    const second = await databases.snapshot();
    await copyTables(await databases.options(second, { epoch: 2 }));
    await second.end();
    await expectSame(databases, 'a');
  });

  it('copies a table again that is asked for, and leaves the others as they are', async () => {
    const databases = await copyDatabases();
    await databases.both('CREATE TABLE public.t (id int); CREATE TABLE public.other (id int)');
    await databases.at(databases.source, 'INSERT INTO public.t VALUES (1); INSERT INTO public.other VALUES (1)');
    const first = await databases.snapshot();
    const options = await databases.options(first);
    await copyTables(options);
    await first.end();
    await databases.at(databases.source, 'INSERT INTO public.t VALUES (2); INSERT INTO public.other VALUES (2)');
    await databases.at(databases.target, 'INSERT INTO public.t VALUES (99)');
    await recopyTables(options, [table('t')]);
    const second = await databases.snapshot();
    expect(await copyTables({ ...options, snapshot: second })).toMatchObject({ tables: 2, rows: 3 });
    await second.end();
    await expectSame(databases, 't');
    expect(await databases.at(databases.target, 'SELECT id FROM public.other')).toEqual([{ id: '1' }]);
    expect(await readSyncPositions(options)).toEqual(new Map(Object.entries({ 'public.t': second.lsn, 'public.other': first.lsn })));
  });

  it('notices a target that drops rows, and one that refuses them', async () => {
    const databases = await copyDatabases();
    await databases.both('CREATE TABLE public.t (id int); CREATE TABLE public.u (id int)');
    await databases.at(databases.source, 'INSERT INTO public.t VALUES (1), (2); INSERT INTO public.u VALUES (-1)');
    await databases.at(
      databases.target,
      `CREATE FUNCTION public.drop_odd() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id = 1 THEN RETURN NULL; END IF; RETURN NEW; END $$;
       CREATE TRIGGER drops BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.drop_odd();
       ALTER TABLE public.t ENABLE ALWAYS TRIGGER drops; ALTER TABLE public.u ADD CHECK (id > 0)`,
    );
    const snapshot = await databases.snapshot();
    await copyTables(await databases.options(snapshot));
    await snapshot.end();
    expect(databases.quarantined.map(({ unit, code }) => [unit, code]).sort()).toEqual([
      ['public.t', 'COPY_ROWS_DIFFER'],
      ['public.u', 'DATABASE_CONSTRAINT_VIOLATED'],
    ]);
    expect(await databases.at(databases.target, 'SELECT FROM public.t')).toEqual([]);
  });

  it('asks for a statement before each part that it reads', async () => {
    const databases = await copyDatabases();
    await databases.both('CREATE TABLE public.small (id int); CREATE TABLE public.large (id int PRIMARY KEY, filler text)');
    await databases.at(
      databases.source,
      `INSERT INTO public.small VALUES (1); INSERT INTO public.large SELECT n, repeat('x', 1000) FROM generate_series(1, 20000) n; ANALYZE`,
    );
    const snapshot = await databases.snapshot();
    let [statements, parts] = [0, 0];
    const options = await databases.options(snapshot, {
      splitBytes: 4 * 1024 * 1024,
      admit: async (_bytes, _signal, more = 0) => void (statements += more),
      onPart: () => void (parts += 1),
    });
    await copyTables(options);
    await snapshot.end();
    expect(parts).toBeGreaterThan(3);
    expect(statements).toBe(parts);
  });

  it('stops at once when it is told to, and leaves no session behind', async () => {
    const databases = await copyDatabases();
    await databases.both('CREATE TABLE public.t (id int, filler text)');
    await databases.at(databases.source, `INSERT INTO public.t SELECT n, repeat('x', 1000) FROM generate_series(1, 20000) n`);
    const snapshot = await databases.snapshot();
    const stop = new AbortController();
    let requests = 0;
    const admit = async () => void ((requests += 1) === 3 && stop.abort());
    const options = await databases.options(snapshot, { signal: stop.signal, admit });
    await expect(copyTables(options)).rejects.toMatchObject({ code: 'CANCELLED' });
    await snapshot.end();
    const sessions = `SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'smartant copy%' AND datname IN ('${databases.source.database}', '${databases.target.database}')`;
    for (let left = ''; left !== '0';) left = (await databases.at(databases.target, sessions))[0]?.['count'] ?? '';
    expect(await databases.at(databases.target, 'SELECT FROM public.t')).toEqual([]);
  });
});
