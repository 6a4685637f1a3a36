import { describeIf, whyNoClientTools } from '@smartant/test-servers';
import { OPENING } from '../../../domain/stages';
import { stageRig, type StageRig } from '../fixtures/stage-rig';

const SHOP = `CREATE TABLE public.item (id int PRIMARY KEY, name text); INSERT INTO public.item SELECT n, 'item ' || n FROM generate_series(1, 50) n`;

describeIf(whyNoClientTools(), 'a stream after a cutover', () => {
  let rig: StageRig;
  afterEach(() => rig?.close());

  async function streamed(): Promise<void> {
    rig = await stageRig({ schema: SHOP });
    for (const stage of ['prepare', 'schema', 'copy', 'constraints', 'sync'] as const) await rig.stage(stage);
  }

  it('that failed repairs what it found, and gives a source back that stayed frozen', async () => {
    await streamed();
    rig.scope.verify = 'frozen';
    await rig.rows('target', `UPDATE item SET name = 'spoilt' WHERE id = 3`);
    expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: false } });
    // `reopen` did not get through.
    expect(await rig.isFrozen('source')).toBe(true);
    await rig.stage('sync');
    rig.asked.push({ id: 'chk_1', migrationId: rig.migrationId, kind: 'repair', tables: [] });
    await rig.streaming('stream', async () => rig.ended.length > 0);
    expect(rig.ended).toMatchObject([{ result: { repairedRows: 1, differenceCount: 0 } }]);
    expect(await rig.isFrozen('source')).toBe(false);
    await rig.rows('source', `INSERT INTO item VALUES (51, 'late')`);
    expect(await rig.stage('cutover')).toMatchObject({ verification: { equal: true, sourceRows: 51 }, openedAt: expect.any(String) });
  });

  it('that opened the target is refused, and nothing is brought there any more', async () => {
    await streamed();
    await rig.stage('cutover');
    expect(await rig.state.load()).toMatchObject({ [OPENING]: true });
    rig.scope.resyncs = [{ table: 'public.item', request: 1 }];
    expect(await rig.stage('sync')).toEqual({});
    await expect(rig.stage('stream')).rejects.toMatchObject({ code: 'DATABASE_TARGET_OPEN', retryable: false });
    expect(await rig.isFrozen('source')).toBe(true);
  });
});
