import { openDatabase, type Database } from '@smartant/platform/postgres';
import { freshDatabase } from '@smartant/test-servers';
import { newEvent } from './domain-event';
import { consumeNewer, consumeOnce, processedEventMigrations, pruneProcessedEvents } from './inbox';

describe('consumeOnce', () => {
  let database: Database;

  beforeAll(async () => {
    database = await openDatabase({
      url: await freshDatabase(),
      schema: 'service',
      migrations: processedEventMigrations(),
      applicationName: 'spec',
    });
  });

  afterAll(() => database.close());

  it('is true once for each group', async () => {
    expect(await consumeOnce(database, 'a', 'evt_1')).toBe(true);
    expect(await consumeOnce(database, 'a', 'evt_1')).toBe(false);
    expect(await consumeOnce(database, 'b', 'evt_1')).toBe(true);
  });

  it('makes a delivery at the same time wait, and go first when the other was rolled back', async () => {
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const { promise: inserted, resolve: hasInserted } = Promise.withResolvers<void>();
    const failing = database.transaction(async (tx) => {
      expect(await consumeOnce(tx, 'a', 'evt_2')).toBe(true);
      hasInserted();
      await mayEnd;
      throw new Error('on purpose');
    });
    await inserted;
    const other = database.transaction((tx) => consumeOnce(tx, 'a', 'evt_2'));
    end();
    await expect(failing).rejects.toThrow('on purpose');
    expect(await other).toBe(true);
  });

  it('takes only what is newer of a key, where the order was lost', async () => {
    const event = (version: number, key = 'mig_1') =>
      newEvent({ type: 'io.smartant.spec.v1', topic: 'spec', key, workspaceId: 'ws', version, data: {} });
    const taken: number[] = [];
    for (const version of [1, 3, 2, 3, 4]) if (await consumeNewer(database, 'a', event(version))) taken.push(version);
    expect(taken).toEqual([1, 3, 4]);
    expect(await consumeNewer(database, 'b', event(2))).toBe(true);
    expect(await consumeNewer(database, 'a', event(1, 'mig_2'))).toBe(true);
    const unversioned = newEvent({ type: 'io.smartant.spec.v1', topic: 'spec', key: 'mig_1', workspaceId: 'ws', data: {} });
    expect(await consumeNewer(database, 'a', unversioned)).toBe(true);
    expect(await consumeNewer(database, 'a', unversioned)).toBe(false);
  });

  it('forgets what is old', async () => {
    await consumeOnce(database, 'a', 'evt_3');
    await database.query("UPDATE processed_event SET processed_at = now() - interval '46 days' WHERE event_id = 'evt_3'");
    await database.query(
      "INSERT INTO processed_event SELECT 'many', 'evt_' || n, now() - interval '50 days' FROM generate_series(1, 12000) AS n",
    );
    expect(await pruneProcessedEvents(database)).toBe(12_001);
    expect(await consumeOnce(database, 'a', 'evt_3')).toBe(true);
  });
});
