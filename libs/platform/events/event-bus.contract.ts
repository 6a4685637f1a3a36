import { randomUUID } from 'node:crypto';
import { SmartantError } from '@smartant/kernel';
import { counter } from '@smartant/platform/metrics';
import { BusFixture, numbers, until, type BusUnderTest } from './fixtures/bus-fixture';
import { handleByType } from './handle-by-type';
import { outboxContract } from './outbox.contract';

/** What every bus owes to those who build on it. */
export function eventBusContract(name: string, under: () => BusUnderTest): void {
  describe(`${name} keeps the event bus contract`, () => {
    const fixture = new BusFixture(under);
    const { open, event, collect } = fixture;

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

    it('takes together what is larger than one message may be', async () => {
      const bus = await open();
      const { seen } = await collect(bus, 'large');
      const large = (n: number) => ({ ...event('k', n), data: { n, text: 'ü'.repeat(100_000) } });
      await bus.publish(Array.from({ length: 12 }, (_, n) => large(n)));
      await until('all arrive', () => seen.length === 12);
      expect(numbers(seen)).toEqual([...Array(12).keys()]);
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
      const hangs = await doomed.subscribe({ topic: fixture.topic, group: 'g', handler: () => new Promise(() => void (started = true)) });
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
        topic: fixture.topic,
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
        topic: fixture.topic,
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
        topic: fixture.topic,
        group: 'g',
        maxAttempts: 2,
        handler: async (each) => {
          const [n] = numbers([each]);
          if (n === 1 && !cured) throw new SmartantError('VALUE_INVALID', 'cannot \u0000 digest', { kind: 'internal' });
          handled.push(n ?? -1);
        },
      });
      const sent = [event('k', 1), event('k', 2), event('k', 3)];
      await bus.publish(sent);
      await until('the others of its partition are handled', () => handled.length === 2);
      const [parked, ...more] = await bus.parked(fixture.topic, 'g');
      expect(more).toEqual([]);
      expect(parked).toMatchObject({ event: { id: sent[0]?.id }, group: 'g', errorCode: 'VALUE_INVALID', attempts: 2 });
      expect(parked?.reason).toContain('digest');
      expect(await bus.parked(fixture.topic, 'others')).toEqual([]);
      cured = true;
      expect(await bus.replayParked(fixture.topic, 'g')).toBe(1);
      await until('the parked event is handled', () => handled.length === 3);
      expect(handled).toEqual([2, 3, 1]);
      expect(await bus.replayParked(fixture.topic, 'g')).toBe(0);
      expect(numbers(others)).toEqual([1, 2, 3]);
    });

    it('acknowledges types and ignores fields of a newer publisher', async () => {
      const bus = await open();
      const seen: number[] = [];
      const known = event('k', 2);
      const handler = handleByType('g', { [known.type]: async (each) => void seen.push(...numbers([each])) });
      await bus.subscribe({ topic: fixture.topic, group: 'g', maxAttempts: 1, handler });
      const newer = { ...known, region: 'mars', data: { ...known.data, warp: { factor: 9 } } };
      await bus.publish([{ ...event('k', 1), type: 'io.smartant.spec.unheard.v1' }, newer]);
      await until('the known one is handled', () => seen.length === 1);
      expect(seen).toEqual([2]);
      expect(await bus.parked(fixture.topic, 'g')).toEqual([]);
      const counted = (await counter('smartant_events_unknown_total', '').get()).values;
      expect(counted).toContainEqual({ labels: { topic: fixture.topic, group: 'g' }, value: 1 });
    });

    it('does not blame an event for an outage', async () => {
      const bus = await open();
      let attempts = 0;
      const down = new SmartantError('DATABASE_UNAVAILABLE', 'down', { kind: 'unavailable' });
      await bus.subscribe({
        topic: fixture.topic,
        group: 'g',
        maxAttempts: 1,
        handler: async () => {
          attempts += 1;
          if (attempts < 4) throw down;
        },
      });
      await bus.publish([event('k', 1)]);
      await until('it is handled after the outage', () => attempts === 4);
      expect(await bus.parked(fixture.topic, 'g')).toEqual([]);
    });

    it('lets others join while a member waits out an outage', async () => {
      const [stuck, comer] = [await open(), await open()];
      let attempts = 0;
      const down = new SmartantError('DATABASE_UNAVAILABLE', 'down', { kind: 'unavailable' });
      const handler = async () => {
        attempts += 1;
        throw down;
      };
      const waiting = await stuck.subscribe({ topic: fixture.topic, group: 'g', handler });
      await stuck.publish([event('k', 1)]);
      await until('it waits', () => attempts > 3);
      const startedMs = performance.now();
      const { seen } = await collect(comer, 'g');
      expect(performance.now() - startedMs).toBeLessThan(9_000);
      await waiting.close();
      await until('the event is handled', () => seen.length > 0);
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

  outboxContract(name, under);
}
