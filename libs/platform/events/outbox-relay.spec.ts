import { SmartantError } from '@smartant/kernel';
import { openDatabase, type Database } from '@smartant/platform/postgres';
import { freshDatabase } from '@smartant/test-servers';
import { newEvent, type DomainEvent } from './domain-event';
import { until } from './fixtures/bus-fixture';
import { Outbox, OUTBOX_LANES, outboxMigrations } from './outbox';
import { OutboxRelay } from './outbox-relay';
import { RelayLanes } from './relay-lanes';

const numberOf = (event: DomainEvent) => (event.data as { n: number }).n;

describe('OutboxRelay', () => {
  let database: Database;
  let relays: OutboxRelay[];
  let batches: DomainEvent[][];
  let events: DomainEvent[];
  let published: number[];
  let fault: (() => void) | undefined;

  const bus = {
    publish: async (batch: DomainEvent[]) => {
      fault?.();
      batches.push(batch);
      events.push(...batch);
      published.push(...batch.map(numberOf));
    },
  };
  const spec = (key: string, n: number) => newEvent({ type: 'io.smartant.spec.v1', topic: 'spec', key, workspaceId: 'ws', data: { n } });
  /** How many lanes each relay holds, like "4+4". */
  const lanesHeld = async () => {
    const rows = await database.query<{ held: number }>(
      `SELECT count(*)::int AS held FROM pg_locks JOIN pg_database ON pg_database.oid = database AND datname = current_database()
       WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' GROUP BY pid`,
    );
    return rows.map((row) => row.held).join('+');
  };
  const startRelay = (pollMs = 60_000) => {
    const relay = new OutboxRelay({ database, bus, pollMs });
    relays.push(relay);
    relay.start();
    return relay;
  };
  const append = (...numbers: number[]) =>
    database.transaction((tx) =>
      new Outbox().append(
        tx,
        numbers.map((n) => spec('k', n)),
      ),
    );

  beforeEach(async () => {
    [relays, batches, events, published, fault] = [[], [], [], [], undefined];
    database = await openDatabase({
      url: await freshDatabase(),
      schema: 'service',
      migrations: outboxMigrations(),
      applicationName: 'spec',
    });
  });

  afterEach(async () => {
    await Promise.all(relays.map((relay) => relay.close()));
    await database.close();
  });

  it('is woken by a commit, without polling', async () => {
    startRelay();
    await append(1);
    await until('it is published', () => published.length === 1, 10_000);
    await append(2, 3);
    await until('the next are published', () => published.length === 3, 10_000);
    expect(published).toEqual([1, 2, 3]);
  });

  it('keeps events while the bus is down, and their order', async () => {
    let attempts = 0;
    fault = () => {
      attempts += 1;
      throw new SmartantError('EVENT_BUS_UNAVAILABLE', 'down', { kind: 'unavailable' });
    };
    const relay = startRelay();
    await append(1);
    await append(2);
    await until('it tried', () => attempts > 0);
    expect(await relay.oldestAgeMs()).toBeGreaterThan(0);
    fault = undefined;
    await until('both are published', () => published.length === 2);
    await until('the outbox is empty', async () => (await relay.oldestAgeMs()) === 0);
    expect(published).toEqual([1, 2]);
  });

  it('goes on after its connection was cut', async () => {
    startRelay(200);
    await append(1);
    await until('the first is published', () => published.includes(1));
    await database.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    await until('appending works again', () =>
      append(2).then(
        () => true,
        () => false,
      ),
    );
    await until('the next is published', () => published.includes(2));
  });

  it('shares the lanes among relays that come and go, and keeps each key in order', async () => {
    const first = startRelay(100);
    const keys = Array.from({ length: 32 }, (_, n) => `key-${n}`);
    let n = 0;
    const appendToAll = () =>
      database.transaction((tx) =>
        new Outbox().append(
          tx,
          keys.map((key) => spec(key, (n += 1))),
        ),
      );
    await appendToAll();
    await until('the first works alone', () => published.length === keys.length);
    startRelay(100);
    await until('both hold half', async () => (await lanesHeld()) === `${OUTBOX_LANES / 2}+${OUTBOX_LANES / 2}`);
    for (let round = 0; round < 10; round += 1) await appendToAll();
    await until('all are published', () => published.length === n);
    await first.close();
    await until('the second has all', async () => (await lanesHeld()) === String(OUTBOX_LANES));
    await appendToAll();
    await until('the second works alone', () => published.length === n);
    for (const key of keys) {
      const ofKey = events.filter((event) => event.key === key).map(numberOf);
      expect(ofKey).toEqual([...ofKey].sort((a, b) => a - b));
    }
    expect(new Set(published).size).toBe(n);
  });

  it('takes the lanes of a process that was stopped, whose connections stay open', async () => {
    const stopped = await database.openSession();
    const lanes = new RelayLanes(stopped, 1_000);
    await lanes.join();
    await lanes.balance();
    expect(lanes.list()).toHaveLength(OUTBOX_LANES);
    startRelay(200);
    await append(1);
    await until('another publishes it', () => published.includes(1));
    await stopped.close();
  });

  it('keeps its lanes for as long as the bus takes', async () => {
    let mayGoOn = false;
    const slow = { publish: (batch: DomainEvent[]) => until('the bus goes on', () => mayGoOn).then(() => bus.publish(batch)) };
    const relay = new OutboxRelay({ database, bus: slow, pollMs: 100, silenceMs: 300 });
    relays.push(relay);
    relay.start();
    await append(1);
    const backend = async () =>
      (await database.query<{ pid: number }>("SELECT pid FROM pg_locks WHERE locktype = 'advisory' LIMIT 1"))[0]?.pid;
    await until('it has lanes', async () => (await lanesHeld()) === String(OUTBOX_LANES));
    const before = await backend();
    await until('it has been silent for longer than it may', async () => {
      const [row] = await database.query<{ beaten: boolean }>(
        "SELECT query = 'SELECT 1' AND query_start > backend_start + interval '1 s' AS beaten FROM pg_stat_activity WHERE pid = $1",
        [before],
      );
      return row === undefined || row.beaten;
    });
    expect(await backend()).toBe(before);
    mayGoOn = true;
    await until('the outbox is empty', async () => (await relay.oldestAgeMs()) === 0);
    expect(published).toEqual([1]);
  });

  it('stops though the bus does not answer, and keeps what it had in hand', async () => {
    const { promise: never } = Promise.withResolvers<void>();
    let asked = false;
    const relay = new OutboxRelay({ database, bus: { publish: () => ((asked = true), never) } });
    relay.start();
    await append(1);
    await until('the bus was asked', () => asked);
    await relay.close({ graceMs: 0 });
    startRelay(100);
    await until('another publishes it', () => published.includes(1));
  });

  it('drains a backlog in bounded batches, large events in smaller ones, and finds what becomes visible late', async () => {
    const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
    const { promise: appended, resolve: hasAppended } = Promise.withResolvers<void>();
    const late = database.transaction(async (tx) => {
      await new Outbox().append(tx, [spec('late', 0)]);
      hasAppended();
      await mayCommit;
    });
    await appended;
    const backlog = 20_000;
    await database.query(
      `INSERT INTO outbox (event, lane, bytes)
       SELECT replace($1, '"n":-1', '"n":' || n)::json, n % ${OUTBOX_LANES}, 300 FROM generate_series(1, $2::int) AS n`,
      [JSON.stringify(spec('k', -1)), backlog],
    );
    await database.transaction((tx) =>
      new Outbox().append(
        tx,
        Array.from({ length: 20 }, (_, n) => ({ ...spec('large', n), data: { n: -n, text: 'x'.repeat(800_000) } })),
      ),
    );
    fault = () => {
      if (published.length > backlog / 2) commit();
    };
    const relay = startRelay();
    await until('all are published', () => published.length === backlog + 21);
    await late;
    expect(published.filter((n) => n > 0)).toEqual(Array.from({ length: backlog }, (_, n) => n + 1));
    await until('the outbox is empty', async () => (await relay.oldestAgeMs()) === 0);
    expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(500);
    expect(Math.max(...batches.map((batch) => Buffer.byteLength(JSON.stringify(batch))))).toBeLessThan(6 * 1024 * 1024);
  });
});
