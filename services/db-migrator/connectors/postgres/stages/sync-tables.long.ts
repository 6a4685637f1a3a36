import { setTimeout as delay } from 'node:timers/promises';
import { freshDatabase } from '@smartant/test-servers';
import { DyingProcess } from '../copy/fixtures/dying-endpoint';
import { stageRig, type StageRig } from '../fixtures/stage-rig';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import type { PgEndpoint } from '../session/pg-session';

let rig: StageRig;
afterEach(() => rig.close());

const SHOP = `CREATE TABLE item (id int PRIMARY KEY, name text NOT NULL); CREATE TABLE note (id serial PRIMARY KEY, item int REFERENCES item, body text);
  INSERT INTO item SELECT n, 'item ' || n FROM generate_series(1, 40) n; INSERT INTO note (item, body) SELECT n, 'note' FROM generate_series(1, 20) n`;

/** Of a whole sync, about: statements at both ends. */
const STEPS = 220;

async function streamed(options: Parameters<typeof stageRig>[0] = { schema: SHOP }): Promise<void> {
  rig = await stageRig(options);
  for (const stage of ['prepare', 'schema', 'copy', 'constraints', 'sync'] as const) await rig.stage(stage);
}

const count = async (side: 'source' | 'target', table: string) =>
  Number((await rig.rows(side, `SELECT count(*) AS count FROM ${table}`))[0]?.['count']);
const digest = async (side: 'source' | 'target', table: string) =>
  (await rig.rows(side, `SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) AS digest FROM ${table} t`))[0]?.['digest'];
const waitUntil = async (condition: () => Promise<boolean>) => {
  while (!(await condition())) await delay(20);
};
const publications = async () => (await rig.rows('source', `SELECT pubname FROM pg_publication ORDER BY 1`)).map(({ pubname }) => pubname);

describe('tables that are brought in while changes are streamed', () => {
  it('are none where nothing is due, and nothing is touched', async () => {
    await streamed();
    expect(await rig.stage('sync')).toEqual({ findings: [] });
    expect([await rig.slots('source'), (await publications()).length]).toEqual([[expect.stringMatching(/^smartant_[0-9a-f]{32}$/)], 1]);
  });

  it('are copied again where somebody asked for it, once', async () => {
    await streamed();
    await rig.rows(
      'target',
      `SET session_replication_role = replica; DELETE FROM item WHERE id < 10; UPDATE item SET name = 'wrong' WHERE id > 30`,
    );
    await rig.rows('source', `UPDATE item SET name = 'new' WHERE id = 11; INSERT INTO note (item, body) VALUES (3, 'meanwhile')`);
    rig.scope.resyncs = [{ table: 'public.item', request: 4 }];
    await rig.stage('sync');
    expect(await digest('target', 'item')).toBe(await digest('source', 'item'));
    await rig.rows('source', `DELETE FROM note WHERE item = 5; DELETE FROM item WHERE id = 5; INSERT INTO item VALUES (41, 'x')`);
    await rig.streaming('stream', async () => (await digest('target', 'note')) === (await digest('source', 'note')));
    expect(await digest('target', 'item')).toBe(await digest('source', 'item'));
    const before = rig.counted.copiedTables;
    await rig.stage('sync');
    expect(rig.counted.copiedTables).toBe(before);
    expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true }, openedAt: expect.any(String) });
  });

  it('lose nothing where the stream’s last commit before they catch up is still on its way', async () => {
    const target = await freshDatabase();
    await streamed({ schema: SHOP, urls: { target } });
    await rig.rows(
      'target',
      `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(2); RETURN NULL; END $$;
       CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON note DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow(); ALTER TABLE note ENABLE ALWAYS TRIGGER slow`,
    );
    const isWaiting = async (waitsFor: string) =>
      (await rig.rows('target', `SELECT FROM pg_stat_activity WHERE datname = current_database() AND ${waitsFor}`)).length > 0;
    const endpoint = openTestEndpoint(target);
    const holder = await endpoint.open({ applicationName: 'holder', signal: new AbortController().signal });
    await holder.query('BEGIN; LOCK TABLE public.item IN SHARE MODE');
    rig.scope.resyncs = [{ table: 'public.item', request: 1 }];
    const syncing = rig.stage('sync');
    await waitUntil(() => isWaiting(`wait_event_type = 'Lock'`));
    // One transaction, of which the stream beside the copy applies one change, and leaves the other to what comes after the copy.
    await rig.rows('source', `INSERT INTO item VALUES (41, 'late'); INSERT INTO note (item, body) VALUES (41, 'late')`);
    await waitUntil(() => isWaiting(`wait_event = 'PgSleep'`));
    rig.hooks.open = async (side, name) => {
      if (side === 'target' && name.startsWith('smartant apply')) await waitUntil(async () => !(await isWaiting(`wait_event = 'PgSleep'`)));
    };
    await holder.query('COMMIT');
    holder.destroy();
    endpoint.close();
    await syncing;
    await rig.streaming('stream', async () => (await digest('target', 'note')) === (await digest('source', 'note')));
    expect(await digest('target', 'item')).toBe(await digest('source', 'item'));
  });

  it('are added with what belongs to them, and lose and double nothing that is written meanwhile', async () => {
    await streamed({
      schema: `${SHOP}; CREATE TYPE colour AS ENUM ('red', 'blue'); CREATE TABLE tag (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, item int REFERENCES item, colour colour, label text);
        CREATE INDEX tag_label ON tag (label); ALTER TABLE note ADD COLUMN tag bigint REFERENCES tag; CREATE VIEW tagged AS SELECT label FROM tag;
        INSERT INTO tag (item, colour, label) SELECT n, 'red', 'tag ' || n FROM generate_series(1, 30) n; UPDATE note SET tag = id`,
      scope: { excludeTables: ['public.tag'] },
    });
    expect(await rig.rows('target', `SELECT to_regclass('tag') AS tag`)).toEqual([{ tag: null }]);
    rig.scope.excludeTables = [];
    let isWriting = true;
    const write = async () => {
      for (let n = 100; isWriting; n += 1) {
        await rig.rows(
          'source',
          `INSERT INTO item VALUES (${n}, 'w'); INSERT INTO tag (item, colour, label) VALUES (${n}, 'blue', 'w${n}'); UPDATE tag SET label = label || '!' WHERE id = ${n % 30};
           INSERT INTO note (item, body, tag) VALUES (${n}, 'w', ${n % 30 || 1})`,
        );
      }
    };
    const writing = write();
    const result = await rig.stage('sync');
    isWriting = false;
    await writing;
    expect(result.findings).toEqual([]);
    expect(rig.quarantined).toEqual([]);
    const written = await count('source', 'tag');
    expect(written).toBeGreaterThan(30);
    await rig.streaming(
      'stream',
      async () => (await count('target', 'tag')) === written && (await digest('target', 'tag')) === (await digest('source', 'tag')),
    );
    expect([await rig.slots('source'), (await publications()).length]).toEqual([[expect.stringMatching(/^smartant_[0-9a-f]{32}$/)], 1]);
    expect((await rig.rows('target', `SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated`))[0]).toEqual({
      count: '3',
    });
    const cut = await rig.stage('cutover');
    expect(cut.verification).toMatchObject({ equal: true, differences: [] });
  });

  it('are made under their new names, as partitions and without a key', async () => {
    await streamed({
      schema: `CREATE SCHEMA shop; CREATE TABLE shop.item (id int PRIMARY KEY); CREATE TABLE shop.plain (a int); INSERT INTO shop.plain VALUES (1);
        CREATE TABLE shop.event (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at); CREATE TABLE shop.event_1 PARTITION OF shop.event FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
        CREATE TABLE shop.event_2 PARTITION OF shop.event FOR VALUES FROM ('2026-02-01') TO ('2026-03-01'); INSERT INTO shop.event SELECT n, '2026-01-20'::date + n FROM generate_series(1, 30) n`,
      scope: {
        includeTables: ['shop.item'],
        renames: [
          { from: 'shop', to: 'store' },
          { from: 'shop.event', to: 'happening' },
        ],
      },
    });
    rig.scope.includeTables = ['shop.item', 'shop.event'];
    await rig.stage('sync');
    expect(await count('target', 'store.happening')).toBe(30);
    await rig.rows('source', `UPDATE shop.event SET at = at + 20 WHERE id = 1; INSERT INTO shop.event VALUES (31, '2026-02-20')`);
    await rig.streaming('stream', async () => (await count('target', 'store.happening')) === 31);
    rig.scope.includeTables = ['shop.*'];
    await rig.stage('sync');
    expect(rig.quarantined).toMatchObject([{ unit: 'shop.plain', code: 'DATABASE_TABLE_WITHOUT_IDENTITY' }]);
    await rig.rows('source', `ALTER TABLE shop.plain REPLICA IDENTITY FULL`);
    rig.failures.set('shop.plain', 'retrying');
    await rig.stage('sync');
    await rig.rows('source', `INSERT INTO shop.plain VALUES (2)`);
    await rig.streaming('stream', async () => (await count('target', 'store.plain')) === 2);
    expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true, differences: [] } });
  });

  it('leave the stream where they leave the scope, and come back', async () => {
    await streamed();
    rig.scope.excludeTables = ['public.note'];
    await rig.stage('sync');
    expect(await rig.rows('source', `SELECT tablename FROM pg_publication_tables ORDER BY 1`)).toEqual([{ tablename: 'item' }]);
    await rig.rows('source', `INSERT INTO note (item, body) VALUES (1, 'unseen'); INSERT INTO item VALUES (41, 'seen')`);
    await rig.streaming('stream', async () => (await count('target', 'item')) === 41);
    expect(await count('target', 'note')).toBe(20);
    rig.scope.excludeTables = [];
    await rig.stage('sync');
    expect(await count('target', 'note')).toBe(21);
    expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true, differences: [] } });
  });

  it('that were put aside are brought in order when they are tried again', async () => {
    await streamed();
    await rig.rows(
      'source',
      `ALTER TABLE item RENAME COLUMN name TO title; INSERT INTO item VALUES (41, 'x'); INSERT INTO note (body) VALUES ('next')`,
    );
    await rig.streaming('stream', async () => (await count('target', 'note')) === 21);
    expect(rig.quarantined).toMatchObject([{ unit: 'public.item' }]);
    await rig.rows('target', `ALTER TABLE item RENAME COLUMN name TO title`);
    rig.failures.set('public.item', 'retrying');
    await rig.stage('sync');
    expect(await count('target', 'item')).toBe(41);
    rig.failures.clear();
    expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true, differences: [] } });
  });

  it('are not taken for ours where the target has such a table', async () => {
    await streamed({ schema: `${SHOP}; CREATE TABLE tag (id int PRIMARY KEY)`, scope: { excludeTables: ['public.tag'] } });
    await rig.rows('target', `CREATE TABLE tag (id int PRIMARY KEY); INSERT INTO tag VALUES (7)`);
    rig.scope.excludeTables = [];
    await rig.stage('sync');
    expect(rig.quarantined).toMatchObject([{ unit: 'public.tag', code: 'SCHEMA_TABLES_EXIST' }]);
    expect(await count('target', 'tag')).toBe(1);
  });

  it.each([
    ['the slot is made', (change: Record<string, unknown>) => (change['sync'] as { isCaughtUp?: boolean } | null)?.isCaughtUp === false],
    ['they have caught up', (change: Record<string, unknown>) => (change['sync'] as { isCaughtUp?: boolean } | null)?.isCaughtUp === true],
    ['all is done', (change: Record<string, unknown>) => 'sync' in change && change['sync'] === null],
  ])('survive a holder that dies when %s', async (_when, isThen) => {
    await streamed({
      schema: `${SHOP}; CREATE TABLE tag (id serial PRIMARY KEY, item int REFERENCES item); INSERT INTO tag (item) VALUES (1), (2)`,
      scope: { excludeTables: ['public.tag'] },
    });
    rig.scope.excludeTables = [];
    rig.scope.resyncs = [{ table: 'public.item', request: 1 }];
    let died = 0;
    rig.hooks.saved = (change) => {
      if (isThen(change) && died++ === 0) throw new Error('killed');
    };
    await expect(rig.stage('sync')).rejects.toThrow('killed');
    expect(died).toBe(1);
    await rig.rows(
      'source',
      `INSERT INTO item VALUES (50, 'late'); INSERT INTO tag (item) VALUES (50); UPDATE item SET name = 'after' WHERE id = 2`,
    );
    await rig.stage('sync');
    await rig.rows('source', `INSERT INTO tag (item) VALUES (3)`);
    await rig.streaming('stream', async () => (await count('target', 'tag')) === 4);
    expect(await digest('target', 'item')).toBe(await digest('source', 'item'));
    expect(await rig.slots('source')).toHaveLength(1);
    expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true, differences: [] } });
  });

  it('are copied again when their slot is lost before its changes are read', async () => {
    await streamed();
    rig.scope.resyncs = [{ table: 'public.item', request: 1 }];
    let lost = 0;
    rig.hooks.open = async (side, name) => {
      if (lost > 0 || side !== 'source' || !name.startsWith('smartant copy')) return;
      const sql = `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name LIKE '%_sync' AND database = current_database()`;
      lost += (await rig.rows('source', sql)).length;
    };
    await rig.stage('sync');
    expect(lost).toBe(1);
    await rig.rows('source', `INSERT INTO item VALUES (50, 'late')`);
    await rig.streaming('stream', async () => (await digest('target', 'item')) === (await digest('source', 'item')));
    expect(await rig.slots('source')).toHaveLength(1);
    expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true, differences: [] } });
  });

  it('survive holders that die at any of their steps', async () => {
    await streamed({
      schema: `${SHOP}; CREATE TABLE tag (id serial PRIMARY KEY, item int REFERENCES item); INSERT INTO tag (item) VALUES (1), (2)`,
    });
    let deaths = 0;
    for (let round = 1; round <= 12; round += 1) {
      const isIn = round % 2 === 0;
      rig.scope.excludeTables = isIn ? [] : ['public.tag'];
      rig.scope.resyncs = [{ table: 'public.item', request: round }];
      const dying = new DyingProcess(1 + Math.floor(Math.random() * STEPS));
      rig.hooks.wrap = (endpoint) => Object.assign(Object.create(endpoint) as PgEndpoint, { open: dying.endpoint(endpoint).open });
      await rig.stage('sync').catch((error: unknown) => {
        if (!dying.isDead) throw error;
      });
      rig.hooks.wrap = undefined;
      if (dying.isDead) deaths += 1;
      await rig.rows(
        'source',
        `INSERT INTO item VALUES (${round + 100}, 'late'); INSERT INTO tag (item) VALUES (${round + 100}); UPDATE item SET name = name || '!' WHERE id < 20`,
      );
      await rig.stage('sync');
      await rig.rows('source', `DELETE FROM note WHERE id = ${round}; UPDATE tag SET item = 3 WHERE id = ${round}`);
      const tables = ['item', 'note', ...(isIn ? ['tag'] : [])];
      for (const table of tables)
        await rig.streaming('stream', async () => (await digest('target', table)) === (await digest('source', table)));
      expect(await rig.slots('source')).toHaveLength(1);
      // What comes back has to be made anew.
      if (!isIn) await rig.rows('target', 'DROP TABLE tag');
    }
    expect(deaths).toBeGreaterThan(4);
    expect(rig.quarantined).toEqual([]);
    expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true, differences: [] } });
  }, 300_000);

  it('leave nothing behind when the migration is given up in the middle', async () => {
    await streamed({ schema: `${SHOP}; CREATE TABLE tag (id int PRIMARY KEY)`, scope: { excludeTables: ['public.tag'] } });
    rig.scope.excludeTables = [];
    rig.hooks.saved = (change) => {
      if ((change['sync'] as { isCaughtUp?: boolean } | null)?.isCaughtUp === true) throw new Error('killed');
    };
    await expect(rig.stage('sync')).rejects.toThrow('killed');
    rig.hooks.saved = undefined;
    expect((await rig.stage('release')).findings).toEqual([]);
    expect([await rig.slots('source'), await publications()]).toEqual([[], []]);
    expect(await rig.rows('target', `SELECT to_regnamespace('smartant') AS ours`)).toEqual([{ ours: null }]);
  });
});
