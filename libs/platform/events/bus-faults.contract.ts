import type { Database } from '@smartant/platform/postgres';
import type { EventBusConfig } from './create-event-bus';
import type { DomainEvent } from './domain-event';
import { BusFixture, numbers, until, type BusUnderTest } from './fixtures/bus-fixture';
import { startBusProcess, type BusProcess } from './fixtures/start-bus-process';
import { consumeOnce } from './inbox';

export interface BusFaults {
  under: () => BusUnderTest;
  /** For clients in processes of their own. */
  config: () => EventBusConfig;
  /** How many events flow while members come and go. */
  stormEvents: number;
  kills: number;
  timeoutMs: number;
}

/** Multiples of it times 20 are asked for as `stormEvents`. */
const STORM_PARTS = 5;

/** What no coming, going or dying of a group's members may change: each event is handled, its effect is made once. */
export function busFaultsContract(name: string, { under, config, stormEvents, kills, timeoutMs }: BusFaults): void {
  describe(`${name} under faults`, () => {
    const fixture = new BusFixture(under);
    const { open, event, service } = fixture;

    it(
      'handles each event while members join and leave all the time, and its effect once, in the order of its key',
      async () => {
        const database = await service();
        const buses = [await open(), await open(), await open()];
        const storm = new Storm(database);
        let member = 0;
        const publish = buses[0]!.publish.bind(buses[0]);
        const join = () =>
          buses[(member += 1) % buses.length]!.subscribe({ topic: fixture.topic, group: 'g', handler: (each) => storm.handle(each) });
        const members = [await join()];
        // A part with each of the first changes, so that a fast bus is not done before the storm has begun.
        const part = stormEvents / STORM_PARTS;
        let flowing = Promise.resolve();
        let changes = 0;
        for (let round = 0; storm.done.size < stormEvents; round += 1) {
          const before = storm.done.size;
          const joining = join();
          if (round < STORM_PARTS) flowing = flowing.then(() => flow(publish, event, round * part, (round + 1) * part));
          members.push(await joining);
          await until('events are handled', () => storm.done.size > before || storm.done.size === stormEvents, timeoutMs);
          if (members.length > 2) await members.shift()?.close();
          changes += 2;
        }
        await flowing;
        expect(changes).toBeGreaterThan(3);
        expect(await storm.effects()).toEqual([{ effects: 1, events: stormEvents }]);
        for (const order of storm.orders.values()) expect(order).toEqual([...order].sort((a, b) => a - b));
      },
      timeoutMs,
    );

    it(
      'loses and doubles nothing when subscribers are killed',
      async () => {
        const database = await service();
        const bus = await open();
        const order = { mode: 'consume', bus: config(), topic: fixture.topic, databaseUrl: fixture.databaseUrl };
        const total = 40 * (kills + 1);
        const publishing = flow(bus.publish.bind(bus), event, 0, total);
        const processes: BusProcess[] = [];
        const handled = () => new Set(processes.flatMap(({ said }) => said.filter((line) => line.startsWith('handled')))).size;
        for (let kill = 0; kill <= kills; kill += 1) {
          const victim = startBusProcess(order);
          processes.push(victim);
          void victim.ended.then((code) => code !== null && victim.said.push(`ended with ${code}`));
          const enough = () => handled() >= (kill < kills ? 20 * (kill + 1) : total);
          await until('the subscriber handles its share', () => {
            if (victim.said.some((line) => /^(error|ended)/.test(line))) throw new Error(victim.said.join('\n'));
            return enough();
          });
          await victim.kill();
        }
        await publishing;
        expect(await effectsOf(database)).toEqual([{ effects: 1, events: total }]);
      },
      timeoutMs,
    );
  });
}

/** Publishes the events numbered `from` up to `to`, of 20 keys in turn. */
async function flow(
  publish: (events: DomainEvent[]) => Promise<void>,
  event: (key: string, n: number) => DomainEvent,
  from: number,
  to: number,
): Promise<void> {
  for (let n = from; n < to; n += 20) await publish(Array.from({ length: Math.min(20, to - n) }, (_, i) => event(`key-${i}`, n + i)));
}

function effectsOf(database: Database): Promise<unknown[]> {
  return database.query('SELECT version AS effects, count(*)::int AS events FROM account GROUP BY version');
}

/** Handlers whose effect is a row's number of changes. */
class Storm {
  readonly done = new Set<number>();
  /** For each key the numbers in the order of their effects. */
  readonly orders = new Map<string, number[]>();

  constructor(private readonly database: Database) {}

  async handle(event: DomainEvent): Promise<void> {
    const first = await this.database.transaction(async (tx) => {
      if (!(await consumeOnce(tx, 'g', event.id))) return false;
      await tx.query('INSERT INTO account AS a VALUES ($1, 1) ON CONFLICT (key) DO UPDATE SET version = a.version + 1', [event.id]);
      return true;
    });
    const [n = -1] = numbers([event]);
    if (first) this.orders.set(event.key, [...(this.orders.get(event.key) ?? []), n]);
    this.done.add(n);
  }

  effects(): Promise<unknown[]> {
    return effectsOf(this.database);
  }
}
