import { randomUUID } from 'node:crypto';
import { freshDatabase } from '@smartant/test-servers';
import { SmartantError } from '@smartant/kernel';
import { openDatabase, type Database } from '@smartant/platform/postgres';
import { currentTraceId, inSpan, startTelemetry } from '@smartant/platform/telemetry';
import { newEvent, type DomainEvent } from './domain-event';
import type { EventBus, SubscribeOptions } from './event-bus';
import { consumeOnce, processedEventMigrations } from './inbox';
import { Outbox, outboxMigrations } from './outbox';
import { OutboxRelay } from './outbox-relay';

export interface BusUnderTest {
  /** A new connected client of one and the same bus: what another process would have. */
  open(): Promise<EventBus>;
}

export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; !(await condition()); await new Promise((resolve) => setTimeout(resolve, 20))) {
    if (Date.now() > deadline) throw new Error(`not in ${timeoutMs} ms: ${what}`);
  }
}

const numbers = (events: DomainEvent[]) => events.map((event) => (event.data as { n: number }).n);

/** What every bus owes to those who build on it. */
export function eventBusContract(name: string, under: () => BusUnderTest): void {
  describe(`${name} keeps the event bus contract`, () => {
    let topic: string;
    let opened: EventBus[];
    let database: Database | undefined;

    beforeEach(() => {
      topic = `spec.${randomUUID()}`;
      opened = [];
    });

    afterEach(async () => {
      await Promise.all(opened.map((bus) => bus.close()));
      await database?.close();
      database = undefined;
    });

    const open = async () => {
      const bus = await under().open();
      opened.push(bus);
      return bus;
    };
    const event = (key: string, n: number) =>
      newEvent({
        type: 'io.smartant.spec.counted.v1',
        topic,
        key,
        workspaceId: 'ws_1',
        version: n,
        data: { n, text: 'naïve \u0000 \u{1F980}' },
      });
    const collect = async (bus: EventBus, group: string, options: Partial<SubscribeOptions> = {}) => {
      const seen: DomainEvent[] = [];
      const subscription = await bus.subscribe({ topic, group, handler: async (each) => void seen.push(each), ...options });
      return { seen, subscription };
    };
    const service = async () => {
      const account = { name: 'spec-account', up: 'CREATE TABLE account (key text PRIMARY KEY, version int NOT NULL)' };
      const migrations = [...outboxMigrations(), ...processedEventMigrations(), account];
      database = await openDatabase({ url: await freshDatabase(), schema: 'service', migrations, applicationName: 'spec' });
      return database;
    };

    it('carries every field of an event', async () => {
      const bus = await open();
      const { seen } = await collect(bus, 'all');
      const sent = { ...event('k', 7), headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' } };
      await bus.publish([sent]);
      await until('the event arrives', () => seen.length === 1);
      expect(seen[0]).toEqual(sent);
    });

    it('keeps the order of each key, and misses none', async () => {
      const bus = await open();
      const { seen } = await collect(bus, 'orderly');
      const keys = ['a', 'b', 'c', 'd', 'e'];
      for (let n = 0; n < 40; n += 1) await bus.publish(keys.map((key) => event(key, n)));
      await until('all events arrive', () => seen.length >= 200);
      for (const key of keys) expect(numbers(seen.filter((each) => each.key === key))).toEqual([...Array(40).keys()]);
    });

    it('gives a new group the events from before it', async () => {
      const bus = await open();
      await bus.publish([event('k', 1), event('k', 2)]);
      const { seen } = await collect(bus, 'late');
      await until('both arrive', () => seen.length === 2);
      expect(numbers(seen)).toEqual([1, 2]);
    });

    it('shares the work in a group, and gives each group all of it', async () => {
      const [one, two] = [await open(), await open()];
      const members = [await collect(one, 'workers'), await collect(two, 'workers')];
      const audit = await collect(one, 'audit');
      const count = () => members.map((member) => member.seen.length);
      let n = 0;
      const sendUntilBothWork = async () => {
        for (let key = 0; key < 16; key += 1, n += 1) await one.publish([event(`key-${key}`, n)]);
        await until('all sent is handled', () => new Set(members.flatMap((member) => numbers(member.seen))).size === n);
        return count().every((handled) => handled > 0);
      };
      await until('both members work', sendUntilBothWork);
      await until('the other group sees all', () => new Set(numbers(audit.seen)).size === n);
      expect(new Set(members.flatMap((member) => numbers(member.seen))).size).toBe(n);
    });

    it('gives an event again that a member did not acknowledge', async () => {
      const [doomed, heir] = [await open(), await open()];
      let started = false;
      const hangs = await doomed.subscribe({ topic, group: 'g', handler: () => new Promise(() => void (started = true)) });
      await doomed.publish([event('k', 1), event('k', 2)]);
      await until('the handler hangs', () => started);
      await hangs.close({ graceMs: 0 });
      const { seen } = await collect(heir, 'g');
      await until('the heir has both', () => seen.length >= 2);
      expect(numbers(seen)).toEqual([1, 2]);
    });

    it('finishes the event in hand when it closes, and acknowledges it', async () => {
      const [leaving, staying] = [await open(), await open()];
      const done: number[] = [];
      const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
      let started = false;
      const slow = await leaving.subscribe({
        topic,
        group: 'g',
        handler: async (each) => {
          started = true;
          await mayEnd;
          done.push(...numbers([each]));
        },
      });
      await leaving.publish([event('k', 1)]);
      await until('the handler runs', () => started);
      const closed = slow.close();
      end();
      await closed;
      await leaving.publish([event('k', 2)]);
      const { seen } = await collect(staying, 'g');
      await until('the next event arrives', () => seen.length === 1);
      expect(done).toEqual([1]);
      expect(numbers(seen)).toEqual([2]);
    });

    it('tries a failing event again before any later one of its key', async () => {
      const bus = await open();
      const tried: number[] = [];
      await bus.subscribe({
        topic,
        group: 'g',
        handler: async (each) => {
          tried.push(...numbers([each]));
          if (tried.length < 3) throw new Error('not yet');
        },
      });
      await bus.publish([event('k', 1), event('k', 2)]);
      await until('both are handled', () => tried.length === 4);
      expect(tried).toEqual([1, 1, 1, 2]);
    });

    it('parks a poison event, goes on with its partition, and replays it on request', async () => {
      const bus = await open();
      let cured = false;
      const handled: number[] = [];
      const { seen: others } = await collect(bus, 'others');
      await bus.subscribe({
        topic,
        group: 'g',
        maxAttempts: 2,
        handler: async (each) => {
          const [n] = numbers([each]);
          if (n === 1 && !cured) throw new SmartantError('SPEC_POISON', 'cannot \u0000 digest', { kind: 'internal' });
          handled.push(n ?? -1);
        },
      });
      const sent = [event('k', 1), event('k', 2), event('k', 3)];
      await bus.publish(sent);
      await until('the others of its partition are handled', () => handled.length === 2);
      const [parked, ...more] = await bus.parked(topic, 'g');
      expect(more).toEqual([]);
      expect(parked).toMatchObject({ event: { id: sent[0]?.id }, group: 'g', errorCode: 'SPEC_POISON', attempts: 2 });
      expect(parked?.reason).toContain('digest');
      expect(await bus.parked(topic, 'others')).toEqual([]);
      cured = true;
      expect(await bus.replayParked(topic, 'g')).toBe(1);
      await until('the parked event is handled', () => handled.length === 3);
      expect(handled).toEqual([2, 3, 1]);
      expect(await bus.replayParked(topic, 'g')).toBe(0);
      expect(numbers(others)).toEqual([1, 2, 3]);
    });

    it('does not blame an event for an outage', async () => {
      const bus = await open();
      let attempts = 0;
      const down = new SmartantError('DATABASE_UNAVAILABLE', 'down', { kind: 'unavailable' });
      await bus.subscribe({
        topic,
        group: 'g',
        maxAttempts: 1,
        handler: async () => {
          attempts += 1;
          if (attempts < 4) throw down;
        },
      });
      await bus.publish([event('k', 1)]);
      await until('it is handled after the outage', () => attempts === 4);
      expect(await bus.parked(topic, 'g')).toEqual([]);
    });

    it('lets others join while a member waits out an outage', async () => {
      const [stuck, comer] = [await open(), await open()];
      let attempts = 0;
      const down = new SmartantError('DATABASE_UNAVAILABLE', 'down', { kind: 'unavailable' });
      const handler = async () => {
        attempts += 1;
        throw down;
      };
      const waiting = await stuck.subscribe({ topic, group: 'g', handler });
      await stuck.publish([event('k', 1)]);
      await until('it waits', () => attempts > 3);
      const startedMs = performance.now();
      const { seen } = await collect(comer, 'g');
      expect(performance.now() - startedMs).toBeLessThan(9_000);
      await waiting.close();
      await until('the event is handled', () => seen.length > 0);
    });

    it('carries the trace from the transaction to the handler', async () => {
      const { transaction } = await service();
      const bus = await open();
      const telemetry = startTelemetry({ service: 'spec', exporter: 'none' });
      const relay = new OutboxRelay({ database: database!, bus });
      const traces: (string | undefined)[] = [];
      await bus.subscribe({ topic, group: 'g', handler: async () => void traces.push(currentTraceId()) });
      relay.start();
      const sent = await inSpan('change', {}, async () => {
        await transaction((tx) => new Outbox().append(tx, [event('k', 1)]));
        return currentTraceId();
      });
      await until('it arrives', () => traces.length === 1);
      await relay.close();
      await telemetry.shutdown();
      expect(sent).toMatch(/^[0-9a-f]{32}$/);
      expect(traces).toEqual([sent]);
    });

    it('lets consumers work once on an event that is published twice', async () => {
      const { transaction } = await service();
      const bus = await open();
      const worked: number[] = [];
      const handler = (each: DomainEvent) =>
        transaction(async (tx) => {
          if (await consumeOnce(tx, 'g', each.id)) worked.push(...numbers([each]));
        });
      await bus.subscribe({ topic, group: 'g', handler });
      const twice = event('k', 1);
      await bus.publish([twice]);
      await bus.publish([twice, event('k', 2)]);
      await until('the last is worked on', () => worked.includes(2));
      expect(worked).toEqual([1, 2]);
    });

    it('loses nothing of a transaction that commits late', async () => {
      const { transaction } = await service();
      const bus = await open();
      const relay = new OutboxRelay({ database: database!, bus, pollMs: 200 });
      const outbox = new Outbox();
      const { seen } = await collect(bus, 'g');
      relay.start();
      const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
      const { promise: appended, resolve: hasAppended } = Promise.withResolvers<void>();
      const late = transaction(async (tx) => {
        await outbox.append(tx, [event('late', 1)]);
        hasAppended();
        await mayCommit;
      });
      await appended;
      for (let n = 2; n <= 20; n += 1) await transaction((tx) => outbox.append(tx, [event('early', n)]));
      await until('the later events are through', () => seen.length === 19);
      commit();
      await late;
      await until('the late event is through', () => seen.length === 20);
      expect(numbers(seen.slice(-1))).toEqual([1]);
      await until('the outbox is empty', async () => (await relay.oldestAgeMs()) === 0);
      await relay.close();
    });

    it('carries what concurrent transactions append in the order of their commits, and nothing that was rolled back', async () => {
      const { transaction, query } = await service();
      const bus = await open();
      const relays = [1, 2].map(() => new OutboxRelay({ database: database!, bus, pollMs: 200 }));
      const { seen } = await collect(bus, 'g');
      relays.forEach((relay) => relay.start());
      await query("INSERT INTO account VALUES ('a', 0), ('b', 0)");
      const outbox = new Outbox();
      const change = (key: string, fail: boolean) =>
        transaction(async (tx) => {
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

    it('broadcasts to every listener in every process, also what is large', async () => {
      const buses = [await open(), await open()];
      const channel = `spec.${randomUUID().slice(0, 8)}`;
      const heard: Set<string>[] = [new Set(), new Set(), new Set()];
      const listeners = [buses[0]!, buses[1]!, buses[1]!];
      for (const [i, bus] of listeners.entries())
        await bus.onBroadcast(channel, (payload) => void heard[i]!.add((payload as { text: string }).text));
      const [small, large] = ['ü', 'ü'.repeat(50_000)];
      // Lossy: it may be said before a listener has its place, so it is said again.
      const say = async () => {
        await buses[0]!.broadcast(channel, { text: small });
        await buses[0]!.broadcast(channel, { text: large });
        return heard.every((texts) => texts.has(small!) && texts.has(large!));
      };
      await until('all hear both', say);
    });

    it('refuses what could never be published', async () => {
      const bus = await open();
      const huge = { ...event('k', 1), data: { text: 'x'.repeat(1_000_000) } };
      await expect(bus.publish([huge])).rejects.toMatchObject({ code: 'EVENT_TOO_LARGE' });
      await expect(bus.publish([{ ...event('k', 1), topic: 'No Good' }])).rejects.toMatchObject({ code: 'EVENT_NAME_INVALID' });
      await expect(bus.broadcast('c', { text: 'x'.repeat(1_000_000) })).rejects.toMatchObject({ code: 'EVENT_TOO_LARGE' });
    });
  });
}
