import { once } from 'node:events';
import { SmartantError } from '@smartant/kernel';
import { describeIf, whyNoClientTools } from '@smartant/test-servers';
import { stageRig, type StageRig, type StageRigOptions } from '../fixtures/stage-rig';

const SHOP = `CREATE TABLE public.item (id int PRIMARY KEY, name text); INSERT INTO public.item SELECT n, 'item ' || n FROM generate_series(1, 50) n;
  CREATE TABLE public.note (id bigserial PRIMARY KEY, body text); INSERT INTO public.note (body) SELECT 'note ' || n FROM generate_series(1, 20) n`;

describeIf(whyNoClientTools(), 'the stages of a PostgreSQL migration', () => {
  let rig: StageRig;

  afterEach(async () => {
    await rig?.close();
  });

  async function copied(options: Partial<StageRigOptions> = {}): Promise<void> {
    rig = await stageRig({ schema: SHOP, ...options });
    for (const stage of ['schema', 'copy', 'constraints'] as const) await rig.stage(stage);
  }

  const count = async (side: 'source' | 'target', table: string) =>
    Number((await rig.rows(side, `SELECT count(*) AS n FROM ${table}`))[0]?.['n']);
  const hasColumn = async (side: 'source' | 'target', table: string, column: string) =>
    (await rig.rows(side, `SELECT FROM pg_attribute WHERE attrelid = '${table}'::regclass AND attname = '${column}' AND NOT attisdropped`))
      .length > 0;
  const unreachable = () => new SmartantError('DATABASE_UNREACHABLE', 'It is gone.', { kind: 'unavailable' });

  it('bring a database over, and back again', async () => {
    await copied();
    await rig.rows('source', `INSERT INTO item VALUES (51, 'late')`);
    const cut = await rig.stage('cutover');
    expect(cut).toMatchObject({ verification: { equal: true, differenceCount: 0 }, openedAt: expect.any(String) });
    expect(await rig.isFrozen('source')).toBe(true);
    // The slot of the stream forth would keep the source's log for as long as the target is tried out.
    expect(await rig.slots('source')).toEqual([]);
    expect(await rig.slots('target')).toEqual([expect.stringMatching(/_back$/)]);
    await rig.rows('target', `INSERT INTO item VALUES (52, 'new'); SELECT setval('note_id_seq', 500)`);
    await rig.stage('roll-back');
    expect(await count('source', 'item')).toBe(52);
    expect(await rig.isFrozen('source')).toBe(false);
    await rig.stage('release');
    expect([await rig.slots('source'), await rig.slots('target')]).toEqual([[], []]);
  });

  it.each([
    ['included', { includeTables: ['public.item'] }],
    ['not excluded', { excludeTables: ['public.note'] }],
  ])('compare nothing of a table that is left out where others are %s', async (_, scope) => {
    await copied({ schema: `${SHOP}; CREATE VIEW public.newest AS SELECT max(body) AS body FROM public.note`, scope });
    expect(await rig.stage('cutover')).toMatchObject({
      verification: { equal: true, differences: [], tables: 1 },
      openedAt: expect.any(String),
    });
  });

  it('do not open a target for whose put-aside tables nobody has spoken', async () => {
    await copied();
    rig.failures.set('public.note', 'open');
    const refused = await rig.stage('cutover');
    expect(refused).toMatchObject({ verification: { equal: false, differenceCount: 1, waivedCount: 0 } });
    expect(refused.openedAt).toBeUndefined();
    await rig.stage('reopen');
    rig.failures.set('public.note', 'waived');
    expect(await rig.stage('cutover')).toMatchObject({
      verification: { equal: true, differenceCount: 1, waivedCount: 1 },
      openedAt: expect.any(String),
    });
  });

  it('do not open a target when the last changes of a table could not be applied', async () => {
    await copied();
    await rig.rows('target', `ALTER TABLE item ADD CHECK (name <> 'bad')`);
    await rig.rows('source', `INSERT INTO item VALUES (51, 'bad')`);
    const cut = await rig.stage('cutover');
    expect(rig.quarantined).toMatchObject([{ unit: 'public.item' }]);
    expect(cut.verification?.equal).toBe(false);
    expect(cut.openedAt).toBeUndefined();
  });

  it('copy a table again whose changes could not be applied for a while', async () => {
    await copied();
    await rig.rows('target', `ALTER TABLE item ADD CONSTRAINT no_bad CHECK (name <> 'bad')`);
    await rig.rows('source', `INSERT INTO item VALUES (51, 'bad')`);
    await rig.streaming('stream', async () => rig.quarantined.length > 0);
    await rig.rows('source', `INSERT INTO item VALUES (52, 'missed'); INSERT INTO note (body) VALUES ('passed')`);
    await rig.streaming('stream', async () => (await count('target', 'note')) === 21);
    await rig.rows('target', 'ALTER TABLE item DROP CONSTRAINT no_bad');
    rig.failures.set('public.item', 'retrying');
    await rig.stage('copy');
    expect(await count('target', 'item')).toBe(52);
    await rig.rows('source', `DELETE FROM item WHERE id = 1`);
    expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true }, openedAt: expect.any(String) });
  });

  it('refuse a cutover before the freeze where the target cannot stream back', async () => {
    await copied();
    await rig.rows('target', 'ALTER TABLE item DROP CONSTRAINT item_pkey');
    await expect(rig.stage('cutover')).rejects.toMatchObject({ code: 'DATABASE_TABLE_WITHOUT_KEY', retryable: false });
    expect(await rig.isFrozen('source')).toBe(false);
    expect((await rig.state.load())['frozenSource'] ?? null).toBeNull();
  });

  it('leave no slot at the target of a cutover that gave the source back', async () => {
    await copied();
    rig.hooks.saved = (change) => {
      if (change['streamBack']) throw unreachable();
    };
    await expect(rig.stage('cutover')).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    expect(await rig.slots('target')).toHaveLength(1);
    rig.hooks = Object.assign(rig.hooks, { saved: undefined });
    await rig.stage('reopen');
    expect(await rig.slots('target')).toEqual([]);
    expect(await rig.isFrozen('source')).toBe(false);
  });

  it('give back a source whose target is gone before it was opened, and release what is there', async () => {
    await copied();
    rig.hooks.saved = (change) => {
      if (change['verification']) throw unreachable();
    };
    await expect(rig.stage('cutover')).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    expect(await rig.isFrozen('source')).toBe(true);
    rig.hooks.saved = undefined;
    rig.hooks.open = (side) => {
      if (side === 'target') throw unreachable();
    };
    const { findings } = await rig.stage('release');
    expect(findings).toMatchObject([{ code: 'DATABASE_LEFT_BEHIND', subject: 'target' }]);
    expect(await rig.isFrozen('source')).toBe(false);
    expect(await rig.slots('source')).toEqual([]);
  });

  it('release the target when the source is gone, and say that the source may stand still', async () => {
    await copied();
    rig.hooks.saved = (change) => {
      if (change['streamBack']) throw unreachable();
    };
    await expect(rig.stage('cutover')).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    rig.hooks.saved = undefined;
    rig.hooks.open = (side) => {
      if (side === 'source') throw unreachable();
    };
    const { findings } = await rig.stage('release');
    expect(findings?.map(({ subject }) => subject)).toEqual(['source', 'source']);
    expect(findings?.[0]?.message).toContain('could not be opened for writing');
    expect(await rig.slots('target')).toEqual([]);
  });

  it('set no sequence back at a source that is in use again', async () => {
    await copied();
    await rig.stage('cutover');
    rig.hooks.saved = (change) => {
      if ('frozenAt' in change) throw unreachable();
    };
    await expect(rig.stage('roll-back')).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    rig.hooks.saved = undefined;
    expect(await rig.isFrozen('source')).toBe(false);
    await rig.rows('source', `INSERT INTO note (body) SELECT 'after' FROM generate_series(1, 5)`);
    await rig.stage('roll-back');
    expect((await rig.rows('source', 'SELECT last_value FROM note_id_seq'))[0]).toEqual({ last_value: '25' });
  });

  it('leave the target in use when a rollback cannot bring its changes back', async () => {
    await copied();
    await rig.stage('cutover');
    await rig.rows('target', `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()`);
    await expect(rig.stage('roll-back')).rejects.toMatchObject({ code: 'DATABASE_SOURCE_CHANGED' });
    expect([await rig.isFrozen('source'), await rig.isFrozen('target')]).toEqual([true, false]);
  });

  it('leave the target in use when a rollback is cancelled', async () => {
    await copied();
    await rig.stage('cutover');
    const stop = new AbortController();
    let isFreezing = false;
    rig.hooks.open = (side, applicationName) => {
      if (side === 'target' && applicationName.startsWith('smartant freeze')) isFreezing = true;
      if (isFreezing && side === 'source' && applicationName.startsWith('smartant apply')) stop.abort();
    };
    await expect(rig.stage('roll-back', stop.signal)).rejects.toThrow();
    rig.hooks.open = undefined;
    expect(await rig.isFrozen('target')).toBe(true);
    await rig.stage('release');
    expect([await rig.isFrozen('source'), await rig.isFrozen('target')]).toEqual([true, false]);
  });

  it('move sequences that no table owns, also of schemas without tables', async () => {
    await copied({
      schema: `${SHOP}; CREATE SCHEMA numbers; CREATE SEQUENCE numbers.invoice; SELECT setval('numbers.invoice', 700);
        CREATE SCHEMA other; CREATE TABLE other.left (id serial PRIMARY KEY); CREATE SEQUENCE other.alone`,
      scope: { excludeSchemas: ['other'] },
    });
    expect(await rig.stage('cutover')).toMatchObject({ openedAt: expect.any(String), verification: { sequences: 2 } });
    expect(await rig.rows('target', `SELECT nextval('numbers.invoice') AS invoice`)).toEqual([{ invoice: '701' }]);
  });

  it('add columns that the source was given meanwhile, with what older rows hold', async () => {
    await copied();
    await rig.rows(
      'source',
      `ALTER TABLE item ADD COLUMN plain text, ADD COLUMN stock int NOT NULL DEFAULT 7, ADD COLUMN tags text[] DEFAULT '{a,"b c"}', ADD COLUMN made timestamptz DEFAULT now();
       ALTER TABLE item ALTER COLUMN stock SET DEFAULT 9; INSERT INTO item (id, name, plain) VALUES (51, 'x', 'p')`,
    );
    await rig.streaming('stream', async () => rig.quarantined.length > 0 || (await count('target', 'item')) === 51);
    expect(rig.quarantined).toEqual([]);
    const [last] = await rig.rows('target', `SELECT stock, tags FROM item WHERE id = 51`);
    expect(last).toEqual({ stock: '9', tags: '{a,"b c"}' });
    const cut = await rig.stage('cutover');
    expect(cut.verification).toMatchObject({ equal: true, differences: [] });
    await rig.rows('target', `ALTER TABLE item ADD COLUMN later int DEFAULT 3; INSERT INTO item (id, name) VALUES (52, 'y')`);
    await rig.streaming('stream-back', async () => rig.quarantined.length > 0 || (await count('source', 'item')) === 52);
    expect(rig.quarantined).toEqual([]);
    expect(await rig.rows('source', 'SELECT DISTINCT later FROM item')).toEqual([{ later: '3' }]);
  });

  it.each([
    ['a column under another name', 'ALTER TABLE item RENAME COLUMN name TO title'],
    ['values that were worked out for each row', 'ALTER TABLE item ADD COLUMN dice float DEFAULT random()'],
    ['numbers that were given to each row', 'ALTER TABLE item ADD COLUMN number int GENERATED ALWAYS AS IDENTITY'],
  ])('put a table aside for %s, and go on with the others', async (_what, ddl) => {
    await copied();
    await rig.rows('source', `${ddl}; INSERT INTO item (id) VALUES (51); INSERT INTO note (body) VALUES ('next')`);
    await rig.streaming('stream', async () => (await count('target', 'note')) === 21);
    expect(rig.quarantined).toMatchObject([{ unit: 'public.item', code: 'DATABASE_TABLE_CHANGED' }]);
    expect(await hasColumn('target', 'item', 'dice')).toBe(false);
  });

  it('hold a condition on a partitioned table for its partitions, in the copy, the stream and the proof', async () => {
    await copied({
      schema: `CREATE TABLE public.event (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region); CREATE TABLE public.event_eu PARTITION OF public.event FOR VALUES IN ('eu');
        CREATE TABLE public.event_us PARTITION OF public.event FOR VALUES IN ('us'); INSERT INTO public.event SELECT n, CASE n % 2 WHEN 0 THEN 'eu' ELSE 'us' END FROM generate_series(1, 40) n`,
      scope: { rows: [{ table: 'public.event', where: 'id > 10' }] },
    });
    await rig.rows('source', `INSERT INTO event VALUES (5000, 'eu'), (-1, 'us')`);
    const cut = await rig.stage('cutover');
    expect(cut.verification).toMatchObject({ equal: true, sourceRows: 31, targetRows: 31 });
  });

  it('say of a snapshot that the source went on', async () => {
    await copied({ scope: { mode: 'snapshot', reverse: false } });
    await rig.rows('source', `INSERT INTO item VALUES (51, 'late')`);
    const cut = await rig.stage('cutover');
    expect(cut.verification).toMatchObject({ equal: false, differenceCount: 1 });
    expect(cut.openedAt).toBeUndefined();
    await rig.stage('reopen');
    await rig.rows('source', `DELETE FROM item WHERE id = 51`);
    expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true }, openedAt: expect.any(String) });
  });

  it('drop a slot that keeps too much log while rows are copied', async () => {
    rig = await stageRig({ schema: SHOP, scope: { maxRetainedWalBytes: 1 } });
    await rig.stage('schema');
    rig.hooks.admit = async (signal) => void (await once(signal, 'abort'));
    await expect(rig.stage('copy')).rejects.toMatchObject({ code: 'DATABASE_SLOT_DROPPED', retryable: false });
    expect(await rig.slots('source')).toEqual([]);
  });

  it('tell what is to be expected of the copy', async () => {
    rig = await stageRig({ schema: SHOP });
    expect(await rig.stage('prepare')).toMatchObject({ estimate: { tables: 2, bytes: expect.any(Number) } });
    const { estimate } = await rig.stage('schema');
    expect(estimate?.tables).toBe(2);
    expect(estimate?.bytes).toBeGreaterThan(8_000);
  });
});
