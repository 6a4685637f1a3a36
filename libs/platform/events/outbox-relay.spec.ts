import { SmartantError } from '@smartant/kernel';
import { openDatabase, type Database } from '@smartant/platform/postgres';
import { freshDatabase } from '@smartant/test-servers';
import { newEvent, type DomainEvent } from './domain-event';
import { until } from './fixtures/bus-fixture';
import { Outbox, outboxMigrations } from './outbox';
import { OutboxRelay } from './outbox-relay';

describe('OutboxRelay', () => {
  let database: Database;
  let relays: OutboxRelay[];
  let published: number[];
  let fault: (() => void) | undefined;

  const bus = {
    publish: async (events: DomainEvent[]) => {
      fault?.();
      published.push(...events.map((event) => (event.data as { n: number }).n));
    },
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
        numbers.map((n) => newEvent({ type: 'io.smartant.spec.v1', topic: 'spec', key: 'k', workspaceId: 'ws', data: { n } })),
      ),
    );

  beforeEach(async () => {
    [relays, published, fault] = [[], [], undefined];
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

  it('lets one relay work at a time, and another follow it', async () => {
    const first = startRelay(100);
    await append(1);
    await until('the first works', () => published.length === 1);
    startRelay(100);
    await append(2);
    await until('it is published', () => published.length >= 2);
    await first.close();
    await append(3);
    await until('the second took over', () => published.includes(3));
    expect(published).toEqual([1, 2, 3]);
  });
});
