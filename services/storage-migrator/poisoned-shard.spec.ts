import type { ListedObject } from '@smartant/connectors';
import { openWithFaults } from './testkit/fault-points';
import { MigratorRig } from './testkit/migrator-rig';

describe('a shard that kills whoever works on it', () => {
  let rig: MigratorRig;
  beforeAll(async () => {
    rig = await MigratorRig.start();
  });
  afterAll(() => rig.stop());

  it('ends its run with a code of its own, and a retry may go on', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, { a: '1', b: '2' });
    const migration = rig.migration(source, target);
    let reads = 0;
    let release: () => void = () => undefined;
    const stuck = new Promise<void>((resolve) => (release = resolve));
    const victim = rig.process({
      leaseMs: 900,
      openStorage: openWithFaults({
        reader: {
          read: async (_object: ListedObject) => {
            reads += 1;
            await stuck;
          },
        },
      }),
    });
    const { run } = await victim.runs.start(rig.order(migration, 'full'));
    await rig.until(victim, run.runId, () => reads > 0);
    victim.kill();
    // As if ten processes had died over it before.
    await rig.database.query(`UPDATE shard SET takeovers = 10, lease_until = clock_timestamp() - interval '1 hour' WHERE run_id = $1`, [
      run.runId,
    ]);
    const next = rig.process({ leaseMs: 900 });
    const { run: ended } = await rig.end(next, run.runId);
    release();
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'SHARD_POISONED', retryable: false } });
    expect((await rig.run(next, migration, 'full')).run.status).toBe('succeeded');
    expect(await rig.contents(target)).toEqual({ a: '1', b: '2' });
    await next.workers.stop();
  });
});
