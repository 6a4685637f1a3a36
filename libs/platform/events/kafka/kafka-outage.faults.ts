import { describeIf, startKafka, whyNoKafka, type TestKafka } from '@smartant/test-servers';
import { Kafka, logLevel, Partitioners, type Admin, type PartitionMetadata } from 'kafkajs';
import { busFaultsContract } from '../bus-faults.contract';
import { createEventBus } from '../create-event-bus';
import type { EventBus } from '../event-bus';
import { BusFixture, numbers, until } from '../fixtures/bus-fixture';
import { Outbox } from '../outbox';
import { OutboxRelay } from '../outbox-relay';

const BROKERS = 3;
const DOWN_MS = 35_000;
/** Three brokers that come back on a busy machine lose sight of each other more than once. */
const IN_SYNC_MS = 300_000;

describeIf(whyNoKafka({ mayKill: true }), 'the Kafka bus on a cluster of three', () => {
  let kafka: TestKafka;
  const config = () => ({
    kind: 'kafka' as const,
    brokers: kafka.brokers,
    partitions: 6,
    replicationFactor: BROKERS,
    minInSync: 2,
    sessionTimeoutMs: 6_000,
  });
  const open = async (): Promise<EventBus> => {
    const bus = createEventBus(config());
    await bus.start();
    return bus;
  };

  beforeAll(async () => {
    kafka = await startKafka({ brokers: BROKERS, mayKill: true });
  });

  afterAll(() => kafka?.stop());

  busFaultsContract('the Kafka bus', { under: () => ({ open }), config, stormEvents: 10_000, kills: 5, timeoutMs: 800_000 });

  describe('whose brokers die', () => {
    const fixture = new BusFixture(() => ({ open }));

    /** Appends one event of each key every 50 ms until it is stopped; resolves with how many. */
    const appending = (database: Awaited<ReturnType<typeof fixture.service>>) => {
      let [n, stopped] = [0, false];
      const done = (async () => {
        while (!stopped) {
          await database.transaction((tx) =>
            new Outbox().append(
              tx,
              ['a', 'b', 'c'].map((key) => fixture.event(key, (n += 1))),
            ),
          );
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        return n;
      })();
      return { stop: () => ((stopped = true), done) };
    };

    /** Kills the brokers in turn, the coordinator of each group among them, while events flow; `outage` says how many at once. */
    async function survives(outages: number[][], downMs: number): Promise<void> {
      const database = await fixture.service();
      const bus = await fixture.open();
      const { seen } = await fixture.collect(bus, 'g');
      const relay = new OutboxRelay({ database, bus, pollMs: 200 });
      relay.start();
      const flow = appending(database);
      for (const indexes of outages) {
        const before = seen.length;
        await until('events arrive', () => seen.length > before, 120_000);
        await Promise.all(indexes.map((index) => kafka.kill(index)));
        await new Promise((resolve) => setTimeout(resolve, downMs));
        await Promise.all(indexes.map((index) => kafka.start(index)));
        await until('all replicas are in sync', () => inSync(kafka.brokers, fixture.topic), IN_SYNC_MS);
      }
      const total = await flow.stop();
      await until('all events are through', () => new Set(numbers(seen)).size === total, 120_000);
      for (const key of ['a', 'b', 'c']) {
        const firsts = [...new Set(numbers(seen.filter((each) => each.key === key)))];
        expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
      }
      await relay.close();
    }

    it('publishes all of a batch of which a part was taken before a leader died and the other part’s leader took over', async () => {
      const bus = await fixture.open();
      const { seen } = await fixture.collect(bus, 'g');
      const { dying, staying, heir } = partitionsThatMeet(fixture.topic, (await ask(kafka.brokers, partitionsOf(fixture.topic))) ?? []);
      await bus.publish([dying, staying].map(({ key }) => fixture.event(key, 1)));
      await until('both partitions work', () => seen.length === 2, 60_000);
      const others = kafka.brokers.filter((_, index) => index !== dying.broker);
      const ends = async ({ partition }: LedPartition, atLeast: number) =>
        ((await ask(others, endOf(fixture.topic, partition))) ?? 0) >= atLeast;
      try {
        // The client keeps its connection to the old leader and does not hear of the new one.
        kafka.freeze(dying.broker);
        await until('there is a new leader', async () => (await ask(others, leaderOf(fixture.topic, dying.partition))) === heir, 60_000);
        const published = bus.publish([dying, staying].map(({ key }) => fixture.event(key, 2)));
        published.catch(() => undefined);
        await until('one part is taken', () => ends(staying, 2), 60_000);
        await kafka.kill(dying.broker);
        await published;
      } finally {
        // However it went: the next test begins with brokers that live.
        await kafka.kill(dying.broker);
      }
      await until('both parts are there', () => ends(dying, 2), 10_000);
      await kafka.start(dying.broker);
      await until('all replicas are in sync', () => inSync(kafka.brokers, fixture.topic), IN_SYNC_MS);
      await until('all events are through', () => new Set(seen.map(({ id }) => id)).size === 4, 60_000);
    });

    it('goes on while each broker in turn is away, coordinators and leaders moving', () => survives([[0], [1], [2]], 8_000));

    it('goes on after the whole cluster was away for longer than all its patience', () => survives([[0, 1, 2]], DOWN_MS));
  });
});

interface LedPartition {
  partition: number;
  /** A key whose events go there. */
  key: string;
  /** Its leader, as an index into `brokers`. */
  broker: number;
}

/** A partition whose leadership goes, when its leader dies, to the leader of another one. `heir` is that one's node id. */
function partitionsThatMeet(
  topic: string,
  partitionMetadata: PartitionMetadata[],
): { dying: LedPartition; staying: LedPartition; heir: number } {
  const place = Partitioners.DefaultPartitioner();
  const keyOf = (partition: number): string => {
    for (let n = 0; ; n += 1) {
      if (place({ topic, partitionMetadata, message: { key: `k${n}`, value: '' } }) === partition) return `k${n}`;
    }
  };
  // Node ids count from 1, in the order of `brokers`.
  const led = ({ partitionId, leader }: PartitionMetadata) => ({ partition: partitionId, key: keyOf(partitionId), broker: leader - 1 });
  for (const dying of partitionMetadata) {
    const heir = dying.replicas.find((id) => id !== dying.leader);
    const staying = partitionMetadata.find(({ leader }) => leader === heir);
    if (heir !== undefined && staying) return { dying: led(dying), staying: led(staying), heir };
  }
  throw new Error('no two partitions are led as this test needs it');
}

type Question<T> = (admin: Admin) => Promise<T>;

/**
 * Asks on a new connection: one that is kept goes on with what it learned of a cluster that has changed since, or waits for
 * a broker that is frozen. Undefined when there was no answer.
 */
async function ask<T>(brokers: string[], question: Question<T>): Promise<T | undefined> {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING, requestTimeout: 5_000, retry: { retries: 1 } }).admin();
  try {
    await admin.connect();
    return await question(admin);
  } catch {
    return undefined;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

const partitionsOf =
  (topic: string): Question<PartitionMetadata[]> =>
  async (admin) =>
    (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions ?? [];

const leaderOf =
  (topic: string, partition: number): Question<number | undefined> =>
  async (admin) =>
    (await partitionsOf(topic)(admin)).find(({ partitionId }) => partitionId === partition)?.leader;

const endOf =
  (topic: string, partition: number): Question<number> =>
  async (admin) =>
    Number((await admin.fetchTopicOffsets(topic)).find((each) => each.partition === partition)?.high);

async function inSync(brokers: string[], topic: string): Promise<boolean> {
  const topics = await ask(brokers, async (admin) => (await admin.fetchTopicMetadata({ topics: [topic, '__consumer_offsets'] })).topics);
  return topics?.every(({ partitions }) => partitions.every(({ isr, replicas }) => isr.length === replicas.length)) ?? false;
}
