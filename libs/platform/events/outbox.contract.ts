import { currentTraceId, inSpan, startTelemetry } from '@smartant/platform/telemetry';
import { BusFixture, numbers, until, type BusUnderTest } from './fixtures/bus-fixture';
import type { DomainEvent } from './domain-event';
import { consumeOnce } from './inbox';
import { Outbox } from './outbox';
import { OutboxRelay } from './outbox-relay';

/** What outbox, relay, bus and inbox owe together. */
export function outboxContract(name: string, under: () => BusUnderTest): void {
  describe(`${name} keeps the outbox contract`, () => {
    const fixture = new BusFixture(under);
    const { open, event, collect, service } = fixture;

    it('carries the trace from the transaction to the handler', async () => {
      const database = await service();
      const bus = await open();
      const telemetry = startTelemetry({ service: 'spec', exporter: 'none' });
      const relay = new OutboxRelay({ database, bus });
      const traces: (string | undefined)[] = [];
      await bus.subscribe({ topic: fixture.topic, group: 'g', handler: async () => void traces.push(currentTraceId()) });
      relay.start();
      const sent = await inSpan('change', {}, async () => {
        await database.transaction((tx) => new Outbox().append(tx, [event('k', 1)]));
        return currentTraceId();
      });
      await until('it arrives', () => traces.length === 1);
      await relay.close();
      await telemetry.shutdown();
      expect(sent).toMatch(/^[0-9a-f]{32}$/);
      expect(traces).toEqual([sent]);
    });

    it('lets consumers work once on an event that is published twice', async () => {
      const database = await service();
      const bus = await open();
      const worked: number[] = [];
      const handler = (each: DomainEvent) =>
        database.transaction(async (tx) => {
          if (await consumeOnce(tx, 'g', each.id)) worked.push(...numbers([each]));
        });
      await bus.subscribe({ topic: fixture.topic, group: 'g', handler });
      const twice = event('k', 1);
      await bus.publish([twice]);
      await bus.publish([twice, event('k', 2)]);
      await until('the last is worked on', () => worked.includes(2));
      expect(worked).toEqual([1, 2]);
    });

    it('loses nothing of a transaction that commits late', async () => {
      const database = await service();
      const bus = await open();
      const relay = new OutboxRelay({ database, bus, pollMs: 200 });
      const outbox = new Outbox();
      const { seen } = await collect(bus, 'g');
      relay.start();
      const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
      const { promise: appended, resolve: hasAppended } = Promise.withResolvers<void>();
      const late = database.transaction(async (tx) => {
        await outbox.append(tx, [event('late', 1)]);
        hasAppended();
        await mayCommit;
      });
      await appended;
      for (let n = 2; n <= 20; n += 1) await database.transaction((tx) => outbox.append(tx, [event('early', n)]));
      await until('the later events are through', () => seen.length === 19);
      commit();
      await late;
      await until('the late event is through', () => seen.length === 20);
      expect(numbers(seen.slice(-1))).toEqual([1]);
      await until('the outbox is empty', async () => (await relay.oldestAgeMs()) === 0);
      await relay.close();
    });

    it('carries what concurrent transactions append in the order of their commits, and nothing that was rolled back', async () => {
      const database = await service();
      const bus = await open();
      const relays = [1, 2].map(() => new OutboxRelay({ database, bus, pollMs: 200 }));
      const { seen } = await collect(bus, 'g');
      relays.forEach((relay) => relay.start());
      await database.query("INSERT INTO account VALUES ('a', 0), ('b', 0)");
      const outbox = new Outbox();
      const change = (key: string, fail: boolean) =>
        database.transaction(async (tx) => {
          const [row] = await tx.query<{ version: number }>('UPDATE account SET version = version + 1 WHERE key = $1 RETURNING version', [
            key,
          ]);
          await outbox.append(tx, [event(key, row?.version ?? -1)]);
          if (fail) throw new Error('rolled back');
        });
      const changes = Array.from({ length: 60 }, (_, i) => change(i % 2 === 0 ? 'a' : 'b', i % 6 === 5).catch(() => undefined));
      await Promise.all(changes);
      await until('all are through', () => seen.length >= 50);
      await Promise.all(relays.map((relay) => relay.close()));
      expect(numbers(seen.filter((each) => each.key === 'a'))).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
      expect(numbers(seen.filter((each) => each.key === 'b'))).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    });
  });
}
