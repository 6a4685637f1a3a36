import { loseAcknowledged, startRestartablePostgres, type RestartablePostgres } from '@smartant/test-servers';
import { MigratorRig } from './testkit/migrator-rig';

const TIMES = { leaseMs: 900, writeDeadlineMs: 1_000 };

describe('a migrator of databases whose own database is put back to an older state', () => {
  let server: RestartablePostgres;
  let rig: MigratorRig;
  beforeAll(async () => {
    server = await startRestartablePostgres();
    rig = await MigratorRig.start(TIMES, await server.createDatabase('migrator'));
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

  it('ends the run to be done again, and hands out no epoch that a target has seen before', async () => {
    const process = rig.process(TIMES);
    const migration = rig.migration();
    await rig.run(process, migration, 'full');
    const backup = await server.backUp();
    const lost = await rig.start(process, migration, 'incremental');
    migration.from.write('public.t1', 'a', '1');
    await rig.until(process, lost, ({ ledger }) => ledger.appliedChanges === 1);
    await process.runs.pause(lost);
    await process.runs.resume(lost);
    await rig.until(process, lost, () => rig.engine.calls.filter(({ stage }) => stage === 'stream').length === 2);
    const seen = Math.max(...rig.engine.calls.map(({ epoch }) => epoch));
    await server.putBack(backup);
    await known(() => process.runs.get(lost).catch((error: { code: string }) => (error.code === 'RUN_NOT_FOUND' ? null : undefined)));
    // The copy was over when the backup was taken; the scheduler starts what it knows of anew.
    const again = await known(() => rig.start(process, migration, 'incremental'));
    await rig.until(process, again, ({ run }) => run.stream !== null);
    expect(rig.engine.calls.at(-1)!.epoch).toBeGreaterThan(seen);
    migration.from.write('public.t1', 'b', '2');
    expect((await rig.run(process, migration, 'cutover')).run.verification).toMatchObject({ equal: true });
    await process.workers.stop();
  });

  it('ends a stream that it still knows, and releases what was being cancelled', async () => {
    const process = rig.process(TIMES);
    const [streaming, cancelled] = [rig.migration(), rig.migration()];
    for (const migration of [streaming, cancelled]) await rig.run(process, migration, 'full');
    const runId = await rig.start(process, streaming, 'incremental');
    await rig.until(process, runId, ({ run }) => run.stream !== null);
    const cancelling = await rig.start(process, cancelled, 'incremental');
    await process.runs.pause(cancelling);
    await rig.database.query(`UPDATE run SET status = 'cancelling' WHERE run_id = $1`, [cancelling]);
    const before = rig.database.incarnation!.id;
    await loseAcknowledged(rig.database);
    while (rig.database.incarnation!.id === before) await new Promise((resolve) => setTimeout(resolve, 20));
    const ended = await known(() => rig.end(process, runId));
    expect(ended.run).toMatchObject({ status: 'failed', error: { code: 'RUN_REVALIDATE', retryable: true } });
    expect((await known(() => rig.end(process, cancelling))).run.status).toBe('cancelled');
    expect(cancelled.from.slots.size).toBe(0);
    await process.workers.stop();
  });
});
