import { WEEKDAYS, type Calendar } from '@smartant/shards';
import type { Limits } from '@smartant/runs';
import { openWithFaults } from './testkit/fault-points';
import { MigratorRig } from './testkit/migrator-rig';

const many = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`key-${String(i).padStart(4, '0')}`, `content ${i}`]));
const NONE = { bytesPerSecond: 0, requestsPerSecond: 0, concurrency: 0 };
const minutes = (ms: number): string => new Date(ms).toISOString().slice(11, 16);

/** Shut for hours, or open around now. */
function calendar(open: boolean, limits?: Limits): Calendar {
  const [soon, later] = [Date.now() + 6 * 3_600_000, Date.now() + 12 * 3_600_000];
  const [from, to] = open ? [later, soon] : [soon, later];
  return { timeZone: 'UTC', windows: [{ days: [...WEEKDAYS], from: minutes(from), to: minutes(to), limits }], outside: 'stop' };
}

describe('limits and calendars of runs', () => {
  let rig: MigratorRig;
  beforeAll(async () => {
    rig = await MigratorRig.start();
  });
  afterAll(() => rig.stop());

  it('shares the concurrency of an endpoint among the migrations and processes that use it', async () => {
    const source = await rig.bucket();
    await rig.put(source, many(60));
    let inFlight = 0;
    let most = 0;
    const openStorage = openWithFaults({
      writer: {
        put: async () => {
          most = Math.max(most, ++inFlight);
          await new Promise((resolve) => setTimeout(resolve, 10));
          inFlight -= 1;
        },
      },
    });
    const processes = [rig.process({ openStorage, slots: 1 }), rig.process({ openStorage, slots: 1 })];
    const limits = { ...NONE, shared: [{ scope: `endpoint:${source.id}`, version: 1, limits: { ...NONE, concurrency: 3 } }] };
    const runs = await Promise.all(
      processes.map(async (migrator) => {
        const migration = { ...rig.migration(source, await rig.bucket()), limits };
        return migrator.runs.start(rig.order(migration, 'full'));
      }),
    );
    for (const [index, { run }] of runs.entries()) {
      const migrator = processes[index];
      if (!migrator) throw new Error('no process');
      expect((await rig.end(migrator, run.runId)).ledger).toMatchObject({ copiedObjects: 60 });
    }
    expect(most).toBe(3);
  });

  it('waits for its window, tells until when, and goes on when the calendar is taken away', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, many(5));
    const migrator = rig.process();
    const migration = { ...rig.migration(source, target), limits: { ...NONE, calendar: calendar(false) } };
    const { run, opensAt } = await migrator.runs.start(rig.order(migration, 'full'));
    expect(Date.parse(opensAt ?? '')).toBeGreaterThan(Date.now());
    expect(await migrator.shards.claim('another')).toEqual([]);
    await migrator.runs.setLimits(migration.id, { ...NONE, version: 1 });
    expect((await rig.end(migrator, run.runId)).ledger).toMatchObject({ copiedObjects: 5 });
    // Word of an older state, late.
    await migrator.runs.setLimits(migration.id, migration.limits);
    expect(await migrator.runs.get(run.runId)).toMatchObject({ opensAt: null });
  });

  it('hands back what it holds when the window closes, and keeps what was done', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, many(120));
    const migrator = rig.process();
    const migration = { ...rig.migration(source, target), limits: { ...NONE, requestsPerSecond: 60, calendar: calendar(true) } };
    const { run } = await migrator.runs.start(rig.order(migration, 'full'));
    await rig.until(migrator, run.runId, ({ ledger }) => ledger.copiedObjects > 0);
    await migrator.runs.setLimits(migration.id, { ...NONE, calendar: calendar(false), version: 1 });
    const idle = async (): Promise<boolean> =>
      (await rig.database.query(`SELECT 1 FROM shard WHERE run_id = $1 AND state = 'leased'`, [run.runId])).length === 0;
    const closed = await rig.until(migrator, run.runId, idle);
    expect(closed.run.status).toBe('running');
    expect(closed.opensAt).not.toBeNull();
    await migrator.runs.setLimits(migration.id, { ...NONE, version: 2 });
    const { ledger } = await rig.end(migrator, run.runId);
    expect(ledger.copiedObjects + ledger.unchangedObjects).toBe(120);
  });

  it('holds no cutover, and no clean-up', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, many(3));
    const migrator = rig.process();
    const migration = { ...rig.migration(source, target), limits: { ...NONE, calendar: calendar(false) } };
    expect((await rig.run(migrator, migration, 'cutover')).run).toMatchObject({ status: 'succeeded', verification: { equal: true } });
    const { run } = await migrator.runs.start(rig.order(migration, 'incremental'));
    await migrator.runs.cancel(run.runId, migration.id);
    expect((await rig.end(migrator, run.runId)).run.status).toBe('cancelled');
  });

  it('goes by the tightest of its own limits and its window', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    const migrator = rig.process({ slots: 0 });
    const limits = {
      ...NONE,
      requestsPerSecond: 50,
      bytesPerSecond: 900,
      calendar: calendar(true, { ...NONE, bytesPerSecond: 100, concurrency: 2 }),
    };
    const migration = { ...rig.migration(source, target), limits };
    await migrator.runs.start(rig.order(migration, 'full'));
    const [row] = await rig.database.query(
      'SELECT bytes_per_second AS bytes, requests_per_second AS requests, concurrency FROM limit_scope WHERE scope = $1',
      [`migration:${migration.id}`],
    );
    expect(row).toEqual({ bytes: 100, requests: 50, concurrency: 2 });
  });
});
