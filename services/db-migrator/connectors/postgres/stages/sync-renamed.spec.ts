import { describeIf, whyNoClientTools } from '@smartant/test-servers';
import { stageRig, type StageRig } from '../fixtures/stage-rig';

const SCHEMA = `CREATE SCHEMA shop; CREATE TABLE shop.item (id int PRIMARY KEY, mail text NOT NULL); CREATE TABLE shop.note (id int PRIMARY KEY, body text); INSERT INTO shop.note VALUES (1, 'one');
  CREATE VIEW shop.items AS SELECT id, item.mail FROM shop.item;
  INSERT INTO shop.item SELECT n, 'item ' || n FROM generate_series(1, 40) n`;
const RENAMES = [
  { from: 'shop', to: 'store' },
  { from: 'shop.item', to: 'thing' },
  { from: 'shop.note', to: 'memo' },
];

describeIf(whyNoClientTools(), 'what is made upon renamed tables that are there already', () => {
  let rig: StageRig;
  afterEach(() => rig?.close());

  it('comes with tables that are brought in: views, keys, heirs and functions', async () => {
    rig = await stageRig({
      schema: SCHEMA,
      scope: { renames: RENAMES, columns: [{ table: 'shop.item', exclude: [], renames: [{ from: 'mail', to: 'email' }] }] },
    });
    for (const stage of ['prepare', 'schema', 'copy', 'constraints', 'sync'] as const) await rig.stage(stage);
    await rig.rows(
      'source',
      `CREATE TABLE shop.tag (id int PRIMARY KEY, item int REFERENCES shop.item, label text); INSERT INTO shop.tag SELECT n, n, 'tag ' || n FROM generate_series(1, 30) n;
       CREATE VIEW shop.tagged AS SELECT tag.label, item.mail FROM shop.tag JOIN shop.item ON item.id = tag.item;
       CREATE TABLE shop.heir (more int, PRIMARY KEY (id)) INHERITS (shop.note); INSERT INTO shop.heir VALUES (99, 'heir', 1);
       CREATE FUNCTION shop.first_item() RETURNS SETOF shop.item LANGUAGE sql AS 'SELECT 1, ''x''::text'`,
    );
    expect((await rig.stage('sync')).findings).toEqual([]);
    expect(rig.quarantined).toEqual([]);
    await rig.rows('source', `UPDATE shop.item SET mail = 'late' WHERE id = 3; INSERT INTO shop.tag VALUES (31, 3, 'last')`);
    const tagged = 'SELECT count(*), max(mail) FILTER (WHERE label = $$last$$) AS last FROM';
    await rig.streaming('stream', async () => (await rig.rows('target', `${tagged} store.tagged`))[0]?.['last'] === 'late');
    expect(await rig.rows('target', `${tagged} store.tagged`)).toEqual(await rig.rows('source', `${tagged} shop.tagged`));
    expect(await rig.rows('target', 'SELECT body FROM store.memo ORDER BY id')).toEqual([{ body: 'one' }, { body: 'heir' }]);
    expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true, differences: [] } });
  });
});
