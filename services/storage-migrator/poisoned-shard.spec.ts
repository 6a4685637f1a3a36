import type { ListedObject } from '@smartant/connectors';
import { openWithFaults } from './testkit/fault-points';
import { MigratorRig } from './testkit/migrator-rig';

const MIB = 1024 * 1024;

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
      leaseMs: 10_000,
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
    const next = rig.process({ leaseMs: 10_000 });
    const { run: ended } = await rig.end(next, run.runId);
    release();
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'SHARD_POISONED', retryable: false } });
    expect((await rig.run(next, migration, 'full')).run.status).toBe('succeeded');
    expect(await rig.contents(target)).toEqual({ a: '1', b: '2' });
    await next.workers.stop();
  });

  it('is not one whose workers died one after the other over an object that went on all the time', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    const content = Buffer.alloc(16 * MIB, 'large');
    await rig.put(source, { large: content });
    const migration = rig.migration(source, target, { partSizeBytes: 5 * MIB });
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    /** A process that stores so many more parts, and then hangs. */
    const victim = (parts: number) => {
      let [stored, hangs] = [0, false];
      const putPart = async (): Promise<void> => {
        if ((stored += 1) <= parts) return;
        hangs = true;
        await over;
      };
      return { process: rig.process({ leaseMs: 10_000, openStorage: openWithFaults({ writer: { putPart } }) }), hangs: () => hangs };
    };
    const first = victim(0);
    const { run } = await first.process.runs.start(rig.order(migration, 'full'));
    await rig.until(first.process, run.runId, first.hangs);
    first.process.kill();
    const died = (times: number) =>
      rig.database.query(`UPDATE shard SET takeovers = $2, lease_until = clock_timestamp() - interval '1 hour' WHERE run_id = $1`, [
        run.runId,
        times,
      ]);
    await died(9);
    const second = victim(1);
    const stored = async () => (await rig.database.query('SELECT 1 FROM upload_part WHERE migration_id = $1', [migration.id])).length > 0;
    await rig.until(second.process, run.runId, stored);
    const takeovers = async () =>
      (await rig.database.query<{ takeovers: number }>('SELECT takeovers FROM shard WHERE run_id = $1', [run.runId]))[0]?.takeovers;
    await rig.until(second.process, run.runId, async () => (await takeovers()) === 0);
    second.process.kill();
    await rig.database.query(`UPDATE shard SET lease_until = clock_timestamp() - interval '1 hour' WHERE run_id = $1`, [run.runId]);
    const heir = rig.process({ leaseMs: 10_000 });
    const ended = await rig.end(heir, run.runId);
    end();
    expect(ended.run).toMatchObject({ status: 'succeeded', error: null });
    expect((await rig.contents(target))['large'] === content.toString('latin1')).toBe(true);
    await heir.workers.stop();
  });
});
