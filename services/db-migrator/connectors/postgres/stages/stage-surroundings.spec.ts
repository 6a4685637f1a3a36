import { chownSync, statSync } from 'node:fs';
import {
  describeIf,
  freshDatabase,
  mountSmallDisk,
  startRestartablePostgres,
  startToxiproxy,
  whyNoSmallDisk,
  whyNoToxiproxy,
  type FaultProxy,
  type RestartablePostgres,
  type SmallDisk,
  type Toxiproxy,
} from '@smartant/test-servers';
import { stageRig, type StageRig } from '../fixtures/stage-rig';

let rig: StageRig;
afterEach(() => rig?.close());

const WIDE = `CREATE TABLE wide (id int PRIMARY KEY, filler text); INSERT INTO wide SELECT n, repeat(md5(n::text), 30) FROM generate_series(1, 6000) n;
  CREATE TABLE late (id int PRIMARY KEY, filler text); INSERT INTO late SELECT n, repeat(md5(n::text), 30) FROM generate_series(1, 6000) n`;

const digest = async (side: 'source' | 'target', table: string) =>
  (await rig.rows(side, `SELECT count(*), md5(string_agg(t::text, ',' ORDER BY id)) FROM ${table} t`))[0];
const expectSame = async (...tables: string[]) => {
  for (const table of tables) expect(await digest('target', table)).toEqual(await digest('source', table));
};

describeIf(whyNoSmallDisk(), 'a target whose disk is full', () => {
  let server: RestartablePostgres;
  let disk: SmallDisk;
  beforeAll(async () => {
    server = await startRestartablePostgres();
    disk = mountSmallDisk(64);
  });
  afterAll(async () => {
    await server?.stop();
    disk?.remove();
  });

  it('is waited for, and nothing is lost or doubled when there is room again', async () => {
    const own = await stageRig({ schema: '', urls: { source: server.url } });
    const [row] = await own.rows('source', `SELECT current_setting('data_directory') AS folder`);
    const { uid, gid } = statSync(row?.['folder'] ?? '');
    chownSync(disk.path, uid, gid);
    await own.rows('source', `CREATE TABLESPACE small LOCATION '${disk.path}'`);
    await own.rows('source', `CREATE DATABASE crowded TABLESPACE small TEMPLATE template0`);
    await own.close();
    const target = new URL(server.url);
    target.pathname = '/crowded';
    rig = await stageRig({ schema: WIDE, urls: { target: target.toString() } });
    await rig.stage('schema');
    disk.fill();
    let opened = 0;
    rig.hooks.open = (side, applicationName) => {
      // Whoever begins once more, after the disk was full.
      if (side === 'target' && applicationName.startsWith('smartant copy') && (opened += 1) === 8) disk.free();
    };
    await rig.stage('copy');
    expect(opened).toBeGreaterThanOrEqual(8);
    expect(rig.quarantined).toEqual([]);
    await expectSame('wide', 'late');
  });
});

describeIf(whyNoToxiproxy(), 'a network that is cut while rows are copied', () => {
  let toxiproxy: Toxiproxy;
  let proxy: FaultProxy;
  beforeAll(async () => void (toxiproxy = await startToxiproxy()));
  afterAll(() => toxiproxy?.stop());

  async function throughProxy(scope: Parameters<typeof stageRig>[0]['scope']): Promise<void> {
    const url = new URL(await freshDatabase());
    proxy = await toxiproxy.createProxy(url.host);
    url.host = proxy.address;
    rig = await stageRig({ schema: WIDE, scope, urls: { source: url.toString() } });
  }

  /** At some bytes of a copy, until somebody tries to come back. */
  function cutOnce(): { cuts: () => number } {
    let [requests, cuts, isCut] = [0, 0, false];
    rig.hooks.admit = async () => {
      if ((requests += 1) !== 3) return;
      [cuts, isCut] = [cuts + 1, true];
      await proxy.cut();
    };
    rig.hooks.open = async (side) => {
      if (side !== 'source' || !isCut) return;
      isCut = false;
      await proxy.mend();
    };
    return { cuts: () => cuts };
  }

  it('costs what was under way, and brings all of it under another snapshot', async () => {
    await throughProxy({});
    await rig.stage('schema');
    const { cuts } = cutOnce();
    await rig.stage('copy');
    expect(cuts()).toBe(1);
    await expectSame('wide', 'late');
  });

  it('keeps a table that is brought in later from nothing', async () => {
    await throughProxy({ excludeTables: ['public.late'] });
    for (const stage of ['schema', 'copy', 'constraints', 'sync'] as const) await rig.stage(stage);
    rig.scope.excludeTables = [];
    const { cuts } = cutOnce();
    await rig.stage('sync').catch((error: unknown) => expect(error).toMatchObject({ retryable: true }));
    expect(cuts()).toBe(1);
    await proxy.mend();
    await rig.rows('source', `UPDATE late SET filler = 'new' WHERE id < 50; DELETE FROM wide WHERE id = 7`);
    await rig.stage('sync');
    await rig.streaming('stream', async () => (await digest('target', 'late'))?.['md5'] === (await digest('source', 'late'))?.['md5']);
    await rig.streaming('stream', async () => (await digest('target', 'wide'))?.['md5'] === (await digest('source', 'wide'))?.['md5']);
    expect(await rig.slots('source')).toHaveLength(1);
  });
});
