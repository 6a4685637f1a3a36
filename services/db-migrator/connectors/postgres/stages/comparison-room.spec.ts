import { setTimeout as delay } from 'node:timers/promises';
import { describeIf, freshDatabase, whyNoClientTools } from '@smartant/test-servers';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import { stageRig, type StageRig } from '../fixtures/stage-rig';
import type { Retention } from '../precheck/watch-retention';
import { ComparisonRoom } from './comparison-room';

const MIB = 2 ** 20;
const { signal } = new AbortController();

describe('comparisons beside a stream', () => {
  const retention = (verdict: Retention['verdict'], bytesPerSecond: number): Retention => ({
    verdict,
    retainedBytes: 60,
    limitBytes: 100,
    bytesPerSecond,
    fullAt: null,
    message: '',
  });
  const behind = { lagBytes: 17 * MIB };

  it.each([
    ['nothing is known of its log', behind, null],
    ['its log lasts', behind, retention('ok', 5)],
    ['its log does not grow', behind, retention('warn', 0)],
    ['it is close behind: another transaction holds the log', { lagBytes: 16 * MIB }, retention('warn', 5)],
  ])('go on where %s', async (_when, lag, known) => {
    const room = new ComparisonRoom();
    room.hear(lag, known);
    expect(room.isShut).toBe(false);
    await room.enter(signal);
  });

  it('wait from when it runs short until the stream has caught up, also while it is catching up', async () => {
    const room = new ComparisonRoom();
    room.hear(behind, retention('warn', 5));
    const entered = room.enter(signal);
    room.hear(behind, retention('warn', -50));
    expect(room.isShut).toBe(true);
    room.hear({ lagBytes: MIB }, retention('warn', -50));
    await entered;
  });

  it('do not wait longer than their work goes on', async () => {
    const room = new ComparisonRoom();
    room.hear(behind, retention('warn', 5));
    const stop = new AbortController();
    const entered = room.enter(stop.signal);
    stop.abort(new Error('over'));
    await expect(entered).rejects.toThrow('over');
  });
});

describeIf(whyNoClientTools(), 'a comparison while the log of the source runs short', () => {
  let rig: StageRig;
  afterEach(() => rig?.close());

  it('waits until the stream has caught up, and says so', async () => {
    const target = await freshDatabase();
    rig = await stageRig({
      schema: `CREATE TABLE item (id int PRIMARY KEY); INSERT INTO item SELECT generate_series(1, 50); CREATE TABLE note (id int PRIMARY KEY)`,
      scope: { maxRetainedWalBytes: 100 * MIB },
      urls: { target },
    });
    for (const stage of ['schema', 'copy', 'constraints'] as const) await rig.stage(stage);
    const endpoint = openTestEndpoint(target);
    const holder = await endpoint.open({ applicationName: 'holder', signal });
    const until = async (condition: () => boolean) => {
      while (!condition()) await delay(20);
    };
    let isHeld = false;
    // Both snapshots are of one position then, and nothing is compared yet.
    rig.hooks.open = async (side, applicationName) => {
      if (isHeld || side !== 'target' || !applicationName.startsWith('smartant verify')) return;
      isHeld = true;
      await holder.query('BEGIN; LOCK TABLE public.note IN EXCLUSIVE MODE');
      await rig.rows(
        'source',
        `INSERT INTO note VALUES (1); SELECT count(pg_logical_emit_message(false, 'spec', repeat('x', ${MIB}))) FROM generate_series(1, 60)`,
      );
      await until(() => rig.stood()?.comparisonsWait === true);
    };
    rig.asked.push({ id: 'chk_1', migrationId: rig.migrationId, kind: 'verify', tables: [] });
    let freed: number | undefined;
    await rig.streaming('stream', async () => {
      if (!isHeld || !rig.stood()?.comparisonsWait) return rig.ended.length > 0;
      if (freed !== undefined) return false;
      const before = rig.stood();
      await until(() => rig.stood() !== before);
      freed = rig.ended.length;
      await holder.query('COMMIT');
      return false;
    });
    expect(freed).toBe(0);
    expect(rig.ended).toMatchObject([{ id: 'chk_1', result: { differenceCount: 0, tables: 2 } }]);
    expect(rig.stood()?.comparisonsWait).toBe(false);
    await holder.close();
    endpoint.close();
  });
});
