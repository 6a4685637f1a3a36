import { describeIf, freshDatabase, whyNoClientTools } from '@smartant/test-servers';
import { restoreConstraints } from '../constraints/restore-constraints';
import { prepareSchemaCopy } from '../fixtures/schema-copy';
import { makeTypeZoo, ZOO_ROLES } from '../fixtures/type-zoo';
import { compareSchemas } from './compare-schemas';
import { copySchema } from './copy-schema';

const never = new AbortController().signal;

/** One change each at the target, and the object that differs by it. */
const CHANGES: [string, string][] = [
  ['DROP INDEX zoo.account_hash', 'index zoo.account.account_hash'],
  ['CREATE UNIQUE INDEX extra ON zoo.orphan (account)', 'index zoo.orphan.extra'],
  ['ALTER TABLE zoo.account DROP CONSTRAINT twin_of', 'constraint zoo.account.twin_of'],
  ['ALTER TABLE zoo.account VALIDATE CONSTRAINT not_checked', 'constraint zoo.account.not_checked'],
  ['ALTER TABLE zoo.account ENABLE TRIGGER off', 'trigger zoo.account.off'],
  ['ALTER TABLE zoo.account ALTER note SET DEFAULT 7', 'column zoo.account.note'],
  ['ALTER TABLE zoo.orphan ALTER account TYPE bigint', 'column zoo.orphan.account'],
  ['ALTER TABLE zoo.account DISABLE ROW LEVEL SECURITY', 'table zoo.account'],
  ['ALTER POLICY rich ON zoo.account USING (balance > 51)', 'policy zoo.account.rich'],
  ['DROP RULE quiet ON zoo.scratch', 'rule zoo.scratch.quiet'],
  [
    `CREATE OR REPLACE VIEW zoo.checked WITH (check_option = local) AS SELECT id, note FROM zoo.account WHERE note <> 'allowed'`,
    'view zoo.checked',
  ],
  [`CREATE OR REPLACE FUNCTION zoo.pick(anyelement) RETURNS anyelement LANGUAGE sql AS 'SELECT  $1'`, 'function zoo.pick(anyelement)'],
  ['ALTER FUNCTION zoo.add SET search_path = public', 'function zoo.add(integer, integer, integer[])'],
  [`ALTER TYPE zoo.mood ADD VALUE 'new'`, 'type zoo.mood'],
  ['ALTER SEQUENCE zoo.small INCREMENT -2', 'sequence zoo.small'],
  [`COMMENT ON TABLE zoo.every_type IS 'other'`, 'comment zoo.every_type'],
  [`REVOKE SELECT ON zoo.account FROM ${ZOO_ROLES.reader} CASCADE`, 'owner and grants zoo.account'],
  ['ALTER EVENT TRIGGER zoo_ddl ENABLE', 'event trigger zoo_ddl'],
  ['DROP STATISTICS zoo.account_stat', 'statistics zoo.account_stat'],
];

describeIf(whyNoClientTools(18), 'compareSchemas', () => {
  it('tells what differs, and nothing else', async () => {
    const { options } = await prepareSchemaCopy({ source: await freshDatabase(), target: await freshDatabase() }, makeTypeZoo);
    await copySchema(options);
    await restoreConstraints(options);
    const [source, target] = [
      await options.source.open({ applicationName: 'test', signal: never }),
      await options.target.open({ applicationName: 'test', signal: never, settings: { event_triggers: 'off' } }),
    ];
    const compare = (limit = 100) => compareSchemas({ ...options, source, target, limit });
    expect((await compare()).differenceCount).toBe(0);
    for (const [sql, object] of CHANGES) {
      const before = new Set((await compare()).differences.map(({ key }) => key));
      await target.query(sql);
      const added = (await compare()).differences.map(({ key }) => key).filter((key) => !before.has(key));
      expect([sql, added]).toEqual([sql, [object]]);
    }
    expect(await compare(3)).toMatchObject({ differenceCount: CHANGES.length, differences: { length: 3 } });
    await Promise.all([source.close(), target.close()]);
  });

  it('takes names in constants for what they are renamed to', async () => {
    const OLD = `CREATE SCHEMA old; CREATE TABLE old.item (id serial PRIMARY KEY, "Odd" regclass DEFAULT 'old.item'::regclass, note text DEFAULT 'old.item')`;
    const { options } = await prepareSchemaCopy(
      { source: await freshDatabase(), target: await freshDatabase() },
      (session) => session.query(OLD),
      { targetName: ({ schema, table }) => ({ schema: schema === 'old' ? 'fresh' : schema, table: table === 'item' ? 'thing' : table }) },
    );
    const [source, target] = [
      await options.source.open({ applicationName: 'test', signal: never }),
      await options.target.open({ applicationName: 'test', signal: never }),
    ];
    await target.query(`${OLD}; ALTER SCHEMA old RENAME TO fresh; ALTER TABLE fresh.item RENAME TO thing`);
    const compare = async () => (await compareSchemas({ ...options, source, target, limit: 100 })).differences.map(({ key }) => key);
    expect(await compare()).toEqual([]);
    await target.query(
      `CREATE SEQUENCE fresh.other; ALTER TABLE fresh.thing ALTER id SET DEFAULT nextval('fresh.other'), ALTER note SET DEFAULT 'fresh.thing'`,
    );
    expect((await compare()).sort()).toEqual(['column old.item.id', 'column old.item.note']);
    await Promise.all([source.close(), target.close()]);
  });
});
