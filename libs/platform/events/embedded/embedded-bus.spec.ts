import { freshDatabase } from '@smartant/test-servers';
import { applyMigrations, openSession, type Session } from '@smartant/platform/postgres';
import { Client } from 'pg';
import { busFaultsContract } from '../bus-faults.contract';
import { createEventBus } from '../create-event-bus';
import { newEvent, type DomainEvent } from '../domain-event';
import type { EventBus } from '../event-bus';
import { until } from '../fixtures/bus-fixture';
import { eventBusContract } from '../event-bus.contract';
import { BusConnection } from './bus-connection';
import { PARTITIONS, partitionOf, prepareEmbeddedBus } from './bus-schema';
import { pruneLog } from './prune-log';

let databaseUrl: string;
let admin: Session;

const config = () => ({ kind: 'embedded' as const, databaseUrl, leaseMs: 1_500, pollMs: 500 });
const openBus = async (): Promise<EventBus> => {
  const bus = createEventBus(config());
  await bus.start();
  return bus;
};

beforeAll(async () => {
  databaseUrl = await freshDatabase('bus');
  admin = await openSession({ url: databaseUrl, schema: 'public', applicationName: 'admin' });
  await prepareEmbeddedBus(admin, { grantTo: [] });
});

afterAll(() => admin.close());

eventBusContract('the embedded bus', () => ({ open: openBus }));
busFaultsContract('the embedded bus', { under: () => ({ open: openBus }), config, stormEvents: 1_000, kills: 3, timeoutMs: 120_000 });

describe('the embedded bus', () => {
  const event = (topic: string, n: number) =>
    newEvent({ type: 'io.smartant.spec.v1', topic, key: `k${n}`, workspaceId: 'ws', data: { n } });
  const opened: EventBus[] = [];

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((bus) => bus.close()));
  });

  const open = async () => {
    const bus = await openBus();
    opened.push(bus);
    return bus;
  };

  it('goes on by itself when the server ended all its connections', async () => {
    const bus = await open();
    const seen: DomainEvent[] = [];
    await bus.subscribe({ topic: 'spec.cut', group: 'g', handler: async (each) => void seen.push(each) });
    await bus.publish([event('spec.cut', 1)]);
    await until('the first arrives', () => seen.length === 1);
    await admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'smartant%'",
    );
    await until('publishing works again', () =>
      bus.publish([event('spec.cut', 2)]).then(
        () => true,
        () => false,
      ),
    );
    await until('the next arrives', () => seen.some((each) => (each.data as { n: number }).n === 2));
  });

  it('gives its listening session one statement at a time', async () => {
    const running = new WeakMap<object, number>();
    let most = 0;
    const query = Client.prototype.query as (...given: unknown[]) => Promise<unknown> | undefined;
    const count = (client: object, change: number) => running.set(client, (running.get(client) ?? 0) + change).get(client) ?? 0;
    const spy = jest.spyOn(Client.prototype, 'query').mockImplementation(function (this: Client, ...given: unknown[]) {
      const result = query.apply(this, given);
      // The pool gives a callback and gets no promise; it hands a connection to one statement at a time.
      if (result) most = Math.max(most, count(this, 1));
      return result?.finally(() => count(this, -1));
    } as never);
    const bus = await openBus();
    const channels = Array.from({ length: 5 }, (_, n) => `spec.channel.${n}`);
    const listening = await Promise.all(channels.map((channel) => bus.onBroadcast(channel, () => undefined)));
    await Promise.all(listening.map((each) => each.close()));
    await bus.close();
    spy.mockRestore();
    expect(most).toBe(1);
  });

  it('never lets a reader pass a position that is still to be committed', async () => {
    const bus = await open();
    const seen: number[] = [];
    await bus.subscribe({ topic: 'spec.late', group: 'g', handler: async (each) => void seen.push((each.data as { n: number }).n) });
    const slow = await openSession({ url: databaseUrl, schema: 'bus', applicationName: 'slow' });
    const [first, second] = [event('spec.late', 1), event('spec.late', 2)];
    await slow.query('BEGIN');
    await slow.query('SELECT append($1::text[], $2::text[], $3::int[], $4::text[])', [
      [first.id],
      [first.topic],
      [partitionOf(second.key)],
      [JSON.stringify(first)],
    ]);
    let published = false;
    const publishing = bus.publish([second]).then(() => (published = true));
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'";
    await until(
      'the second publisher waits for the first, or has gone past it',
      async () => published || (await admin.query(waiting)).length > 0,
    );
    if (published) await until('the reader has passed it', () => seen.length > 0);
    await slow.query('COMMIT');
    await slow.close();
    await publishing;
    await until('both arrive', () => seen.length === 2, 5_000);
  });

  it('hands partitions to members that come, and back when they go', async () => {
    const [one, two] = [await open(), await open()];
    const owners = async () => {
      const rows = await admin.query<{ held: number }>(
        "SELECT count(*)::int AS held FROM bus.group_partition WHERE topic = 'spec.share' AND owner IS NOT NULL GROUP BY owner ORDER BY 1",
      );
      return rows.map((row) => row.held).join('+');
    };
    const handler = async () => undefined;
    await one.subscribe({ topic: 'spec.share', group: 'g', handler });
    expect(await owners()).toBe(String(PARTITIONS));
    const second = await two.subscribe({ topic: 'spec.share', group: 'g', handler });
    await until('both hold half', async () => (await owners()) === `${PARTITIONS / 2}+${PARTITIONS / 2}`);
    await second.close();
    await until('the first has all again', async () => (await owners()) === String(PARTITIONS));
  });

  it.each([
    ['a claim', 'epoch = held.epoch + 1', true],
    ['a hand-over', 'SET owner = NULL', false],
  ])('lets no partition lie when the answer to %s is lost', async (_what, sql, done) => {
    const topic = done ? 'spec.lost.claim' : 'spec.lost.release';
    let lost = false;
    const query = BusConnection.prototype.query;
    const spy = jest.spyOn(BusConnection.prototype, 'query').mockImplementation(async function (this: BusConnection, text, params) {
      const concerned = !lost && params?.[0] === topic && text.includes(sql);
      lost ||= concerned;
      const rows = concerned && !done ? [] : await query.call(this, text, params);
      if (concerned) throw new Error('the connection was lost');
      return rows as never;
    });
    const seen = new Set<number>();
    const handler = async (each: DomainEvent) => void seen.add((each.data as { n: number }).n);
    const [one, two] = [await open(), await open()];
    await one.subscribe({ topic, group: 'g', handler });
    await two.subscribe({ topic, group: 'g', handler });
    await until('it was lost', () => lost);
    await one.publish(Array.from({ length: 100 }, (_, n) => event(topic, n)));
    await until('all arrive', () => seen.size === 100, 10_000).finally(() => spy.mockRestore());
  });

  it('works for a granted role, and only with the prepared schema', async () => {
    const role = `svc_${Date.now()}`;
    await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    await prepareEmbeddedBus(admin, { grantTo: [role] });
    const asRole = new URL(databaseUrl);
    asRole.username = role;
    asRole.password = 'secret';
    const bus = createEventBus({ kind: 'embedded', databaseUrl: asRole.toString() });
    opened.push(bus);
    await bus.start();
    const seen: DomainEvent[] = [];
    await bus.subscribe({ topic: 'spec.role', group: 'g', handler: async (each) => void seen.push(each) });
    await bus.publish([event('spec.role', 1)]);
    await until('it arrives', () => seen.length === 1);
    const bare = createEventBus({ kind: 'embedded', databaseUrl: await freshDatabase('bare') });
    opened.push(bare);
    await expect(bare.start()).rejects.toMatchObject({ code: 'EVENT_BUS_NOT_PREPARED' });
  });

  it('prunes what all groups have passed, and nothing else', async () => {
    const bus = await open();
    const seen: DomainEvent[] = [];
    await bus.publish([event('spec.read', 1), event('spec.unread', 1), event('spec.ancient', 1)]);
    const subscription = await bus.subscribe({ topic: 'spec.read', group: 'g', handler: async (each) => void seen.push(each) });
    await until('it is read', () => seen.length === 1);
    await subscription.close();
    await admin.query("UPDATE bus.log SET logged_at = now() - interval '2 days' WHERE topic IN ('spec.read', 'spec.unread')");
    await admin.query("UPDATE bus.log SET logged_at = now() - interval '31 days' WHERE topic = 'spec.ancient'");
    const bussed = await openSession({ url: databaseUrl, schema: 'bus', applicationName: 'prune' });
    await pruneLog(bussed);
    await bussed.close();
    const left = await admin.query<{ topic: string }>(
      "SELECT topic FROM bus.log WHERE topic IN ('spec.read', 'spec.unread', 'spec.ancient')",
    );
    expect(left.map((row) => row.topic)).toEqual(['spec.unread']);
  });

  it('refuses a schema from which a newer version took something away', async () => {
    const url = await freshDatabase('newer');
    const session = await openSession({ url, schema: 'public', applicationName: 'admin' });
    await applyMigrations(session, 'bus', [{ name: '9999-future', kind: 'contract', up: 'SELECT 1' }]);
    await expect(prepareEmbeddedBus(session, { grantTo: [] })).rejects.toMatchObject({ code: 'DATABASE_NEWER' });
    await session.close();
  });

  it('spreads keys over all partitions', () => {
    const counts = Array<number>(PARTITIONS).fill(0);
    for (let i = 0; i < 8_000; i += 1) counts[partitionOf(`mig_0198${i.toString(16).padStart(28, '0')}`)]! += 1;
    expect(Math.min(...counts)).toBeGreaterThan(700);
  });
});
