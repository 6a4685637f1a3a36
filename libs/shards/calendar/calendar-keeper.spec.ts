import { freshDatabase } from '@smartant/test-servers';
import { openDatabase, type Database } from '@smartant/platform/postgres';
import { shardMigrations } from '../shard-migrations';
import { ShardStore } from '../shard-store';
import { ShardWorkers } from '../shard-workers';
import { WEEKDAYS, type Calendar } from './calendar';
import { applyCalendar, CalendarKeeper } from './calendar-keeper';

const minutes = (ms: number): string => new Date(ms).toISOString().slice(11, 16);

/** Open around now, or shut for hours. */
function calendarThatIs(open: boolean): Calendar {
  const [soon, later] = [Date.now() + 6 * 3_600_000, Date.now() + 12 * 3_600_000];
  const [from, to] = open ? [later, soon] : [soon, later];
  return { timeZone: 'UTC', windows: [{ days: [...WEEKDAYS], from: minutes(from), to: minutes(to) }], outside: 'stop' };
}

describe('calendars of runs', () => {
  let database: Database;
  let store: ShardStore;
  const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const row = async (): Promise<{ closed: boolean; due: Date | null }> => {
    const [found] = await database.query<{ closed: boolean; due: Date | null }>(
      'SELECT coalesce(opens_at > clock_timestamp(), false) AS closed, calendar_due AS due FROM shard_run',
    );
    if (!found) throw new Error('no run');
    return found;
  };

  beforeAll(async () => {
    database = await openDatabase({
      url: await freshDatabase('calendar'),
      schema: 'work',
      migrations: shardMigrations(),
      applicationName: 'calendar-test',
    });
    store = new ShardStore(database);
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    await database.query('TRUNCATE shard, shard_run, finished_shard, shard_zombie');
    await database.transaction(async (tx) => {
      await store.addRun(tx, { runId: 'r', migrationId: 'm', workspaceId: 'w', settings: {} });
      await store.addShards(tx, 'r', [{ kind: 'copy', ordinal: 0, range: null }]);
    });
  });

  it('lets nothing be claimed while it is closed, and says until when', async () => {
    const state = await database.transaction((tx) => applyCalendar(tx, 'r', calendarThatIs(false)));
    expect(state.open).toBe(false);
    expect(await store.pendingShards()).toBe(0);
    expect(await store.claim('w')).toEqual([]);
    expect((await row()).due?.getTime()).toBe(state.untilMs);
    await database.transaction((tx) => applyCalendar(tx, 'r', calendarThatIs(true)));
    expect(await store.claim('w')).toMatchObject([{ runId: 'r' }]);
  });

  it('needs nobody to open it', async () => {
    await database.transaction((tx) => applyCalendar(tx, 'r', calendarThatIs(false)));
    await database.query(`UPDATE shard_run SET opens_at = clock_timestamp() - interval '1 ms'`);
    expect(await store.claim('w')).toMatchObject([{ runId: 'r' }]);
  });

  it('hands back what is held when it closes', async () => {
    const reasons: unknown[] = [];
    let held = 0;
    const handle = async ({ signal }: { signal: AbortSignal }): Promise<void> => {
      held += 1;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      reasons.push(signal.reason);
    };
    const workers = new ShardWorkers({ store, handle, slots: 2, pollMs: 20, watchMs: 20 });
    workers.start();
    try {
      await until(() => held === 1);
      await database.transaction((tx) => applyCalendar(tx, 'r', calendarThatIs(false)));
      await until(async () => (await database.query(`SELECT 1 FROM shard WHERE state = 'pending'`)).length === 1);
      expect(reasons).toMatchObject([{ code: 'SHARD_HANDED_BACK', details: { why: 'closed' } }]);
      await database.transaction((tx) => applyCalendar(tx, 'r', null));
      await until(() => held === 2);
    } finally {
      await workers.stop();
    }
  });

  it('does not let one run whose boundary fails, or is passed over, hold up the others', async () => {
    await database.transaction(async (tx) => {
      await store.addRun(tx, { runId: 'passed over', migrationId: 'm2', workspaceId: 'w', settings: {} });
      await store.addRun(tx, { runId: 'last', migrationId: 'm3', workspaceId: 'w', settings: {} });
      for (const runId of ['r', 'passed over', 'last']) await applyCalendar(tx, runId, calendarThatIs(true));
    });
    await database.query(
      `UPDATE shard_run SET calendar_due = clock_timestamp() - CASE run_id WHEN 'last' THEN interval '1 s' ELSE interval '1 min' END`,
    );
    const [errors, applied]: [unknown[], string[]] = [[], []];
    const keeper = new CalendarKeeper({
      database,
      onBoundary: async (tx, runId, calendar) => {
        if (runId === 'r') throw new Error('on purpose');
        if (runId === 'passed over') return;
        await applyCalendar(tx, runId, calendar);
        applied.push(runId);
      },
      onApplied: () => undefined,
      onError: (error) => errors.push(error.cause),
    });
    keeper.start();
    try {
      await until(() => applied.length === 1);
      expect(errors).toMatchObject([{ message: 'on purpose' }]);
    } finally {
      await keeper.stop();
    }
  });

  it('applies each boundary once, whichever of the replicas comes first', async () => {
    await database.transaction((tx) => applyCalendar(tx, 'r', calendarThatIs(true)));
    // As if the window had closed a moment ago.
    await database.query(`UPDATE shard_run SET calendar = $1, calendar_due = clock_timestamp()`, [JSON.stringify(calendarThatIs(false))]);
    const applied: string[] = [];
    const errors: unknown[] = [];
    const keepers = [1, 2, 3].map(
      (name) =>
        new CalendarKeeper({
          database,
          onBoundary: async (tx, runId, calendar) => void (await applyCalendar(tx, runId, calendar)),
          onApplied: () => applied.push(`keeper ${name}`),
          onError: (error) => errors.push(error),
        }),
    );
    for (const keeper of keepers) keeper.start();
    await until(async () => (await row()).closed);
    for (const keeper of keepers) keeper.poke();
    await Promise.all(keepers.map((keeper) => keeper.stop()));
    expect(applied).toHaveLength(1);
    expect(errors).toEqual([]);
    expect(await store.claim('w')).toEqual([]);
  });
});
