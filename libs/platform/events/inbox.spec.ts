import { openDatabase, type Database } from '@smartant/platform/postgres';
import { freshDatabase } from '@smartant/test-servers';
import { consumeOnce, processedEventMigrations, pruneProcessedEvents } from './inbox';

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

  it('forgets what is old', async () => {
    await consumeOnce(database, 'a', 'evt_3');
    await database.query("UPDATE processed_event SET processed_at = now() - interval '46 days' WHERE event_id = 'evt_3'");
    expect(await pruneProcessedEvents(database)).toBe(1);
    expect(await consumeOnce(database, 'a', 'evt_3')).toBe(true);
  });
});
