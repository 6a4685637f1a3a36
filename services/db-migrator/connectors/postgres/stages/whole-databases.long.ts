import { describeIf, freshDatabase, whyNoClientTools } from '@smartant/test-servers';
import type { DatabaseScope } from '../../../domain/database-scope';
import { loadChinook } from '../fixtures/load-chinook';
import { stageRig, type StageRig } from '../fixtures/stage-rig';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import { makeTypeZoo } from '../fixtures/type-zoo';
import type { PgSession } from '../session/pg-session';

const { signal } = new AbortController();
let rig: StageRig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

/** A migration of what `make` makes, up to where its changes are applied. */
async function copied(make: (session: PgSession) => Promise<void>, scope: Partial<DatabaseScope> = {}): Promise<StageRig> {
  const source = await freshDatabase();
  const endpoint = openTestEndpoint(source);
  const session = await endpoint.open({ applicationName: 'spec', signal });
  await make(session);
  await session.close();
  endpoint.close();
  const made = await stageRig({ schema: 'SELECT 1', urls: { source }, scope });
  rig = made;
  for (const stage of ['prepare', 'schema', 'copy', 'constraints', 'sync'] as const) {
    const { findings = [] } = await made.stage(stage);
    expect(findings.filter(({ severity }) => severity === 'blocker')).toEqual([]);
  }
  return made;
}

/** As the precheck offers it for tables that no key names rows of. */
const FULL = `DO $$ DECLARE t regclass; BEGIN
  FOR t IN SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
    AND n.nspname !~ '^pg_|^information_schema$' AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indimmediate)
  LOOP EXECUTE format('ALTER TABLE %s REPLICA IDENTITY FULL', t); END LOOP; END $$`;

/** Publications but ours, and what they send of which tables. */
const PUBLISHED = `SELECT p.pubname, p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, t.schemaname, t.tablename, t.rowfilter, t.attnames::text
  FROM pg_publication p LEFT JOIN pg_publication_tables t USING (pubname) WHERE p.pubname !~ '^smartant_' AND t.schemaname IS DISTINCT FROM 'smartant'
    ORDER BY p.pubname, t.schemaname, t.tablename`;

/** Each row of every type once more, and some of them changed. */
const CHANGED = `DO $$ DECLARE columns text; BEGIN
  SELECT string_agg(quote_ident(attname), ', ') INTO columns FROM pg_attribute
    WHERE attrelid = 'zoo.every_type'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attname <> 'id';
  EXECUTE format('INSERT INTO zoo.every_type (%s) SELECT %s FROM zoo.every_type', columns, columns);
  UPDATE zoo.every_type SET c_bool = NOT coalesce(c_bool, true) WHERE id % 2 = 0; END $$`;

describeIf(whyNoClientTools(18), 'whole databases', () => {
  it('the Chinook sample goes, is changed on the way, and comes back with what was written at its new place', async () => {
    const moved = await copied(loadChinook);
    await moved.rows(
      'source',
      `UPDATE track SET unit_price = unit_price + 1 WHERE track_id % 7 = 0; DELETE FROM playlist_track WHERE track_id % 5 = 0;
       INSERT INTO artist SELECT 1000 + n, 'New ' || n FROM generate_series(1, 50) n; UPDATE album SET artist_id = 1001 WHERE album_id <= 10`,
    );
    const { verification } = await moved.stage('cutover');
    expect(verification).toMatchObject({ equal: true, differences: [], tables: 11 });
    expect(verification?.sourceRows).toBeGreaterThan(13_000);
    expect(moved.quarantined).toEqual([]);
    await moved.rows(
      'target',
      `DELETE FROM playlist_track WHERE playlist_id = 1; UPDATE customer SET company = NULL; INSERT INTO genre VALUES (900, 'Späte Klassik')`,
    );
    expect(await moved.stage('roll-back')).toMatchObject({ verification: { equal: true, direction: 'back', tables: 11 } });
    expect(await moved.rows('source', 'SELECT name FROM genre WHERE genre_id = 900')).toEqual([{ name: 'Späte Klassik' }]);
  });

  it('a database with every type and object goes, and its values are changed on the way there and back', async () => {
    const moved = await copied((session) => makeTypeZoo(session).then(() => session.query(FULL).then(() => undefined)), {
      roles: true,
      publications: true,
      largeObjects: true,
      excludeTables: ['zoo.scratch', 'zoo.no_columns'],
    });
    await moved.rows('source', CHANGED);
    const { verification } = await moved.stage('cutover');
    expect(verification).toMatchObject({ equal: true, differences: [] });
    expect(verification?.digests).toContainEqual(expect.objectContaining({ name: 'zoo.every_type', sourceRows: 8 }));
    expect(await moved.rows('target', PUBLISHED)).toEqual(await moved.rows('source', PUBLISHED));
    await moved.rows('target', CHANGED);
    const back = await moved.stage('roll-back');
    expect(back.verification).toMatchObject({ equal: true, direction: 'back' });
    expect(back.verification?.digests).toContainEqual(expect.objectContaining({ name: 'zoo.every_type', sourceRows: 16 }));
    expect(moved.quarantined).toEqual([]);
  });
});
