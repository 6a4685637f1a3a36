import { randomBytes } from 'node:crypto';
import { describeIf, freshDatabase, whyNoClientTools } from '@smartant/test-servers';
import { restoreConstraints } from '../constraints/restore-constraints';
import { prepareSchemaCopy } from '../fixtures/schema-copy';
import type { PgSession } from '../session/pg-session';
import { compareSchemas } from './compare-schemas';
import { copySchema } from './copy-schema';
import { tablespaceOf, tablespaceStatement } from './entry-tablespace';

const never = new AbortController().signal;

it('names a tablespace for what takes room alone', () => {
  const mapping = new Map([['fast', "o'ne"]]);
  expect(tablespaceStatement({ kind: 'VIEW', tablespace: 'fast' }, mapping)).toBe('');
  expect(tablespaceStatement({ kind: 'TABLE', tablespace: 'other' }, mapping)).toBe('');
  expect(tablespaceStatement({ kind: 'INDEX', tablespace: 'fast' }, mapping)).toContain(`ELSE 'o''ne' END`);
  expect(tablespaceOf({ kind: 'TABLE', tablespace: '' }, 'pg_default')).toBe('pg_default');
  expect(tablespaceOf({ kind: 'FUNCTION', tablespace: '' }, 'pg_default')).toBe('');
});

/** In the data folder of the server, which both ends share here. */
async function makeTablespaces(session: PgSession, names: string[]): Promise<void> {
  await session.query('SET allow_in_place_tablespaces = on');
  for (const name of names) await session.query(`CREATE TABLESPACE "${name}" LOCATION ''`);
}

const shop = (fast: string, cold: string) => `
  CREATE TABLE public.item (id int, sku text, note text, CONSTRAINT item_key PRIMARY KEY (id) USING INDEX TABLESPACE "${cold}",
    UNIQUE (sku), EXCLUDE USING btree (note WITH =) USING INDEX TABLESPACE "${cold}") TABLESPACE "${fast}";
  CREATE INDEX item_note ON public.item (note) TABLESPACE "${fast}";
  CREATE TABLE public.plain (id int PRIMARY KEY);
  CREATE TABLE public.log (at int, note text, PRIMARY KEY (at)) PARTITION BY RANGE (at) TABLESPACE "${fast}";
  CREATE TABLE public.log_1 PARTITION OF public.log FOR VALUES FROM (0) TO (9);
  CREATE TABLE public.log_2 PARTITION OF public.log FOR VALUES FROM (9) TO (19) TABLESPACE "${cold}";
  CREATE INDEX log_note ON public.log (note) TABLESPACE "${cold}";
  CREATE MATERIALIZED VIEW public.seen TABLESPACE "${fast}" AS SELECT 1 AS one;
  CREATE INDEX seen_one ON public.seen (one) TABLESPACE "${cold}"`;

const PLACES = `SELECT c.relname || ' ' || coalesce(t.spcname, '-') AS place FROM pg_class c LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'm', 'i', 'I') ORDER BY 1`;

/** Where everything is at both ends after a copy, with the names at the source in place of those at the target. */
async function placesAfter(mapping: (names: string[]) => { from: string; to: string }[]) {
  const names = ['fast', 'cold', 'new fast', 'new cold'].map((name) => `${name} ${randomBytes(4).toString('hex')}`);
  const urls = { source: await freshDatabase(), target: await freshDatabase() };
  const tablespaces = mapping(names);
  const make = async (session: PgSession) => {
    await makeTablespaces(session, names);
    await session.query(shop(names[0]!, names[1]!));
  };
  const { options, findings } = await prepareSchemaCopy(urls, make, { tablespaces });
  await copySchema(options);
  await restoreConstraints(options);
  const [source, target] = await Promise.all(
    [options.source, options.target].map((end) => end.open({ applicationName: 'test', signal: never })),
  );
  const places = async (session: PgSession) =>
    (await session.query(PLACES)).map(({ place }) => names.reduce((text, name) => text.replace(name, name.slice(0, -9)), place ?? ''));
  const result = {
    findings,
    source: await places(source!),
    target: await places(target!),
    comparison: await compareSchemas({ ...options, source: source!, target: target!, limit: 10 }),
  };
  await Promise.all([source!.close(), target!.close()]);
  return result;
}

describeIf(whyNoClientTools(18), 'tablespaces', () => {
  it('are those of the mapping, for tables, partitions, views, indexes and keys', async () => {
    const { source, target, comparison, findings } = await placesAfter(([fast, cold, newFast, newCold]) => [
      { from: fast!, to: newFast! },
      { from: cold!, to: newCold! },
    ]);
    expect(findings).toEqual([]);
    expect(source.filter((place) => place.endsWith(' -'))).toEqual([
      'item_sku_key -',
      'log_1_pkey -',
      'log_2_pkey -',
      'log_pkey -',
      'plain -',
      'plain_pkey -',
    ]);
    expect(target).toEqual(source.map((place) => place.replace(/ (fast|cold)$/, ' new $1')));
    expect(comparison).toMatchObject({ differenceCount: 0 });
  });

  it('are the target’s default one where nothing is said, and that is no difference', async () => {
    const { target, comparison } = await placesAfter(([fast, , newFast]) => [{ from: fast!, to: newFast! }]);
    expect(target.filter((place) => place.endsWith(' new fast'))).toEqual(
      ['item', 'item_note', 'log', 'log_1', 'seen'].map((name) => `${name} new fast`),
    );
    expect(target.filter((place) => place.endsWith(' -'))).toHaveLength(target.length - 5);
    expect(comparison).toMatchObject({ differenceCount: 0 });
  });

  it('are not asked of a record that an older version began', async () => {
    const urls = { source: await freshDatabase(), target: await freshDatabase() };
    const { options } = await prepareSchemaCopy(urls, (session) => session.query('CREATE TABLE public.item (id int PRIMARY KEY)'));
    await copySchema(options);
    const session = await options.target.open({ applicationName: 'test', signal: never });
    await session.query('ALTER TABLE smartant.schema_entry DROP COLUMN tablespace').finally(() => session.close());
    expect(await restoreConstraints(options)).toMatchObject({ indexes: 1, refused: 0 });
  });

  it('may be the default one of either end, by its name', async () => {
    const { target, findings } = await placesAfter(([fast, , , newCold]) => [
      { from: fast!, to: 'pg_default' },
      { from: 'pg_default', to: newCold! },
    ]);
    expect(findings).toEqual([]);
    expect(target).toContain('item -');
    expect(target).toContain('log -');
    expect(target).toContain('plain new cold');
    expect(target).toContain('plain_pkey new cold');
  });
});
