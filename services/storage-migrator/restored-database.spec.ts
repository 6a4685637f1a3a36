import { loseAcknowledged, startRestartablePostgres, type RestartablePostgres } from '@smartant/test-servers';
import type { Claim } from '@smartant/shards';
import { openWithFaults } from './testkit/fault-points';
import { MigratorRig } from './testkit/migrator-rig';

const TIMES = { leaseMs: 900, writeDeadlineMs: 1_000 };
const many = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${String(i).padStart(4, '0')}`, `content ${i}`]));

describe('a migrator whose database is put back to an older state while it works', () => {
  let server: RestartablePostgres;
  let rig: MigratorRig;
  beforeAll(async () => {
    server = await startRestartablePostgres();
    rig = await MigratorRig.on(await server.createDatabase('migrator'), TIMES);
  });
  afterAll(async () => {
    await rig.stop();
    await server.stop();
  });

  /** Waits until the database is known again, and resolves with what it said last. */
  async function known<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      const answer = await ask().catch(() => undefined);
      if (answer !== undefined) return answer;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it('ends every run to be done again, lets no holder of before go on, and proves nothing before their last writes have landed', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, many(120));
    const migration = rig.migration(source, target);
    let puts = 0;
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const migrator = rig.process({
      ...TIMES,
      openStorage: openWithFaults({
        writer: {
          put: async () => {
            puts += 1;
            if (puts === 80) await held;
          },
        },
      }),
    });
    const { run } = await migrator.runs.start(rig.order(migration, 'full'));
    await rig.until(migrator, run.runId, ({ ledger }) => ledger.copiedObjects > 0);
    const paused = await migrator.runs.start(rig.order(rig.migration(source, await rig.bucket()), 'full'));
    await migrator.runs.pause(paused.run.runId);
    const backup = await server.backUp();
    await rig.until(migrator, run.runId, () => puts >= 80);
    const [claimed] = await rig.database.query<{ shardId: string; epoch: number }>(
      `SELECT shard_id AS "shardId", epoch FROM shard WHERE run_id = $1 AND state = 'leased'`,
      [run.runId],
    );
    await migrator.runs.setLimits(migration.id, { bytesPerSecond: 0, requestsPerSecond: 0, concurrency: 3 });
    const before = rig.database.incarnation!.id;
    await server.putBack(backup);
    const ended = await known(() => migrator.runs.get(run.runId));
    goOn();

    expect(rig.database.incarnation!.id).not.toBe(before);
    expect(ended.run).toMatchObject({ status: 'failed', error: { code: 'RUN_REVALIDATE', retryable: true } });
    expect((await migrator.runs.get(paused.run.runId)).run).toMatchObject({ status: 'failed', error: { code: 'RUN_REVALIDATE' } });
    expect(await rig.database.query('SELECT 1 FROM outbox')).toHaveLength(2);
    const stale = { ...claimed, runId: run.runId, migrationId: migration.id } as Claim;
    await expect(migrator.shards.checkpoint(stale, { position: null, ledger: {} })).rejects.toMatchObject({ code: 'SHARD_LEASE_LOST' });
    const [horizon] = await rig.database.query<{ ms: number }>(
      `SELECT extract(epoch FROM until - clock_timestamp())::float8 * 1000 AS ms FROM shard_zombie WHERE migration_id = ''`,
    );
    expect(horizon!.ms).toBeLessThanOrEqual(2 * TIMES.leaseMs + TIMES.writeDeadlineMs);

    await rig.end(migrator, (await migrator.runs.start(rig.order(migration, 'full'))).run.runId);
    const { run: cutover } = await migrator.runs.start(rig.order(migration, 'cutover'));
    const { run: proved } = await rig.end(migrator, cutover.runId);
    expect(proved).toMatchObject({ status: 'succeeded', verification: { equal: true } });
    expect(await rig.contents(target)).toEqual(many(120));
  });

  it('cleans up after a run that was being cancelled', async () => {
    const migrator = rig.process(TIMES);
    const { run } = await migrator.runs.start(rig.order(rig.migration(await rig.bucket(), await rig.bucket()), 'full'));
    await migrator.runs.pause(run.runId);
    await rig.database.query(`UPDATE run SET status = 'cancelling' WHERE run_id = $1`, [run.runId]);
    const before = rig.database.incarnation!.id;
    await loseAcknowledged(rig.database);
    while (rig.database.incarnation!.id === before) await new Promise((resolve) => setTimeout(resolve, 20));
    const { run: ended } = await known(() => rig.end(migrator, run.runId));
    expect(ended).toMatchObject({ status: 'cancelled', error: null });
  });
});
