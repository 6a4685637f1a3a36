import { describeIf, startKafka, whyNoKafka, type TestKafka } from '@smartant/test-servers';
import { createEventBus } from '../create-event-bus';
import { BusFixture, numbers, until } from '../fixtures/bus-fixture';
import { Outbox } from '../outbox';
import { OutboxRelay } from '../outbox-relay';

jest.setTimeout(180_000);

describeIf(whyNoKafka({ mayKill: true }), 'the Kafka bus when its broker crashes', () => {
  let kafka: TestKafka;
  const fixture = new BusFixture(() => ({
    open: async () => {
      const bus = createEventBus({ kind: 'kafka', brokers: kafka.brokers, partitions: 4, sessionTimeoutMs: 6_000 });
      await bus.start();
      return bus;
    },
  }));

  beforeAll(async () => {
    kafka = await startKafka({ mayKill: true });
  });

  afterAll(() => kafka?.stop());

  it('keeps events meanwhile, and goes on by itself when the broker is back', async () => {
    const database = await fixture.service();
    const bus = await fixture.open();
    const { seen } = await fixture.collect(bus, 'g');
    const relay = new OutboxRelay({ database, bus, pollMs: 200 });
    relay.start();
    const append = (n: number) => database.transaction((tx) => new Outbox().append(tx, [fixture.event('k', n)]));
    for (let n = 0; n < 20; n += 1) await append(n);
    await until('some are through', () => seen.length > 0);
    await kafka.kill();
    for (let n = 20; n < 40; n += 1) await append(n);
    expect(await relay.oldestAgeMs()).toBeGreaterThan(0);
    await kafka.start();
    const arrived = () => new Set(numbers(seen));
    await until('all are through', () => arrived().size === 40, 120_000);
    expect([...arrived()]).toEqual([...Array(40).keys()]);
    await until('the outbox is empty', async () => (await relay.oldestAgeMs()) === 0);
    await relay.close();
  });
});
