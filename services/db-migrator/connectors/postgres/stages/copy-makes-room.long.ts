import { setTimeout as delay } from 'node:timers/promises';
import { describeIf, freshDatabase, whyNoClientTools } from '@smartant/test-servers';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import { stageRig, type StageRig } from '../fixtures/stage-rig';

const MIB = 2 ** 20;
const SCHEMA = `CREATE TABLE item (id int PRIMARY KEY, filler text NOT NULL); CREATE TABLE note (id int PRIMARY KEY, item int REFERENCES item, filler text);
  CREATE TABLE tag (id int PRIMARY KEY, note int REFERENCES note, filler text);
  CREATE TABLE entry (id int, tag int REFERENCES tag, PRIMARY KEY (id)) PARTITION BY RANGE (id); CREATE TABLE entry_1 PARTITION OF entry FOR VALUES FROM (0) TO (1000);
  INSERT INTO item SELECT n, repeat(md5(n::text), 30) FROM generate_series(1, 4000) n; INSERT INTO note SELECT n, n, repeat(md5(n::text), 30) FROM generate_series(1, 3000) n;
  INSERT INTO tag SELECT n, n, repeat(md5(n::text), 30) FROM generate_series(1, 2000) n; INSERT INTO entry SELECT n, n FROM generate_series(1, 200) n; ANALYZE`;
const TABLES = ['item', 'note', 'tag', 'entry'];

describeIf(whyNoClientTools(), 'a copy that would take longer than the source may keep log', () => {
  let rig: StageRig;
  afterEach(() => rig?.close());

  const digest = async (side: 'source' | 'target', table: string) =>
    (await rig.rows(side, `SELECT count(*), md5(string_agg(t::text, ',' ORDER BY id)) FROM ${table} t`))[0];
  const retained = async () =>
    Number(
      (
        await rig.rows(
          'source',
          `SELECT max(pg_wal_lsn_diff(pg_current_wal_insert_lsn(), restart_lsn)) AS bytes FROM pg_replication_slots WHERE database = current_database() AND slot_name NOT LIKE '%_sync'`,
        )
      )[0]?.['bytes'],
    );
  const until = async (condition: () => Promise<boolean>) => {
    while (!(await condition())) await delay(50);
  };
  /** A forecast is of two looks. */
  const hasLooked = async (since = '-infinity') =>
    (
      await rig.rows(
        'source',
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'smartant retention%' AND state = 'idle'
           AND query LIKE '%pg_replication_slots%' AND query_start > '${since}'`,
      )
    ).length > 0;
  const writeLog = (mib: number) =>
    rig.rows('source', `SELECT count(pg_logical_emit_message(false, 'spec', repeat('x', ${MIB}))) FROM generate_series(1, ${mib})`);

  it('gives up a table under way that would take too long, and copies it beside the stream', async () => {
    const source = await freshDatabase();
    rig = await stageRig({ schema: SCHEMA, scope: { maxRetainedWalBytes: 80 * MIB, tableJobs: 2 }, urls: { source } });
    for (const stage of ['prepare', 'schema'] as const) await rig.stage(stage);
    const endpoint = openTestEndpoint(source);
    const holder = await endpoint.open({ applicationName: 'holder', signal: new AbortController().signal });
    let isLocked = false;
    rig.hooks.open = async (side, applicationName) => {
      if (isLocked || side !== 'source' || !applicationName.startsWith('smartant copy')) return;
      isLocked = true;
      await holder.query('BEGIN; LOCK TABLE public.item IN ACCESS EXCLUSIVE MODE');
    };
    let isWritten = false;
    rig.hooks.admit = async () => {
      if (isWritten || rig.counted.copiedTables !== 1) return;
      isWritten = true;
      await until(() => hasLooked());
      await writeLog(70);
    };
    const { findings } = await rig.stage('copy');
    expect(findings).toMatchObject([{ code: 'DATABASE_COPY_YIELDED', message: expect.stringContaining('tables (first: ') }]);
    expect(await rig.rows('target', 'SELECT (SELECT count(*) FROM item) AS item, (SELECT count(*) FROM note) AS note')).toEqual([
      { item: '0', note: '3000' },
    ]);
    await holder.query('COMMIT');
    await holder.close();
    endpoint.close();
    for (const stage of ['constraints', 'sync'] as const) expect((await rig.stage(stage)).findings).toEqual([]);
    expect([rig.counted.listedTables, rig.counted.copiedTables, rig.quarantined]).toEqual([4, 4, []]);
    expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true, differences: [] }, openedAt: expect.any(String) });
  }, 180_000);

  it('makes room for the stream: tables that are left come beside it, and the slot stays within its limit', async () => {
    rig = await stageRig({ schema: SCHEMA, scope: { maxRetainedWalBytes: 100 * MIB, tableJobs: 1 } });
    for (const stage of ['prepare', 'schema'] as const) await rig.stage(stage);
    let isWritten = false;
    rig.hooks.admit = async () => {
      if (isWritten || rig.counted.copiedTables !== 1) return;
      isWritten = true;
      await until(() => hasLooked());
      await writeLog(60);
      const [{ now = '' } = {}] = await rig.rows('source', 'SELECT clock_timestamp() AS now');
      await until(() => hasLooked(now ?? ''));
      expect(rig.warned).toContainEqual(expect.stringContaining('at this rate that is reached in'));
    };
    const { findings } = await rig.stage('copy');
    expect(findings).toMatchObject([{ code: 'DATABASE_COPY_YIELDED', message: expect.stringContaining('2 tables (first: public.tag)') }]);
    expect(await rig.rows('target', 'SELECT (SELECT count(*) FROM note) AS note, (SELECT count(*) FROM tag) AS tag')).toEqual([
      { note: '3000', tag: '0' },
    ]);
    expect([rig.counted.listedTables, rig.counted.copiedTables]).toEqual([2, 2]);
    expect((await rig.stage('constraints')).findings).toEqual([]);
    // While they are brought in, as much comes again as came before: together more than the source may keep.
    let isFreed = false;
    rig.hooks.admit = undefined;
    rig.hooks.open = async (side, applicationName) => {
      if (isFreed || side !== 'source' || !applicationName.startsWith('smartant copy')) return;
      await until(async () => {
        await rig.rows('source', 'CHECKPOINT');
        return (await retained()) < 40 * MIB;
      });
      isFreed = true;
      await writeLog(60);
      await rig.rows(
        'source',
        `UPDATE item SET filler = 'new' WHERE id < 20; DELETE FROM entry WHERE id < 5; UPDATE tag SET note = 1 WHERE id < 9`,
      );
    };
    expect((await rig.stage('sync')).findings).toEqual([]);
    expect(isFreed).toBe(true);
    expect(await rig.slots('source')).toEqual([expect.stringMatching(/^smartant_[0-9a-f]{32}$/)]);
    for (const table of TABLES) {
      await rig.streaming(
        'stream',
        async () => JSON.stringify(await digest('target', table)) === JSON.stringify(await digest('source', table)),
      );
    }
    expect(await rig.rows('target', `SELECT conname FROM pg_constraint WHERE contype = 'f' AND NOT convalidated`)).toEqual([]);
    expect([rig.counted.listedTables, rig.counted.copiedTables]).toEqual([4, 4]);
    expect(rig.quarantined).toEqual([]);
    expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true, differences: [] }, openedAt: expect.any(String) });
  }, 180_000);
});
