import { randomUUID } from 'node:crypto';
import { describeIf, startKafka, whyNoKafka, type TestKafka } from '@smartant/test-servers';
import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import { busFaultsContract } from '../bus-faults.contract';
import { createEventBus } from '../create-event-bus';
import { newEvent, type DomainEvent } from '../domain-event';
import type { EventBus } from '../event-bus';
import { until } from '../fixtures/bus-fixture';
import { startBusProcess } from '../fixtures/start-bus-process';
import { eventBusContract } from '../event-bus.contract';
import { KafkaConnection } from './kafka-connection';

/** Groups and topics are made anew by each test, and a fresh broker is slow at the first. */
jest.setTimeout(120_000);

describeIf(whyNoKafka(), 'the Kafka bus', () => {
  let kafka: TestKafka;
  const opened: EventBus[] = [];

  const config = () => ({ kind: 'kafka' as const, brokers: kafka.brokers, partitions: 4, sessionTimeoutMs: 6_000 });
  const openBus = async (): Promise<EventBus> => {
    const bus = createEventBus(config());
    await bus.start();
    return bus;
  };
  const open = async () => {
    const bus = await openBus();
    opened.push(bus);
    return bus;
  };

  beforeAll(async () => {
    kafka = await startKafka();
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((bus) => bus.close()));
  });

  afterAll(() => kafka?.stop());

  eventBusContract('the Kafka bus', () => ({ open: openBus }));
  busFaultsContract('the Kafka bus', { under: () => ({ open: openBus }), config, stormEvents: 200, kills: 1, timeoutMs: 180_000 });

  it('parks what is no event of ours, and goes on', async () => {
    const bus = await open();
    const topic = `spec.${randomUUID()}`;
    const seen: DomainEvent[] = [];
    await bus.subscribe({ topic, group: 'g', handler: async (event) => void seen.push(event) });
    const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const stranger = new KafkaConnection({
      brokers: kafka.brokers,
      clientId: 'stranger',
      topics: { partitions: 4, replicationFactor: -1 },
      logger,
    });
    await stranger.ensureTopic(topic);
    await stranger.send([{ topic, messages: [{ key: 'k', value: '{"not":' }] }]);
    await stranger.close();
    await bus.publish([newEvent({ type: 'io.smartant.spec.v1', topic, key: 'k', workspaceId: 'ws', data: {} })]);
    await until('our event arrives', () => seen.length === 1);
    expect(await bus.parked(topic, 'g')).toMatchObject([{ errorCode: 'EVENT_MALFORMED', event: { key: 'k', data: { raw: '{"not":' } } }]);
  });

  it('makes topics as they should be, and reports one that somebody made otherwise', async () => {
    const [topic, foreign] = [`spec.${randomUUID()}`, `spec.${randomUUID()}`];
    const stranger = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING }).admin();
    await stranger.connect();
    const retention = [{ name: 'retention.ms', value: '1000' }];
    await stranger.createTopics({ topics: [{ topic: foreign, numPartitions: 1, configEntries: retention }] });
    const bus = await open();
    const event = (to: string) => newEvent({ type: 'io.smartant.spec.v1', topic: to, key: 'k', workspaceId: 'ws', data: {} });
    await bus.publish([event(topic), event(foreign)]);
    expect(bus.concerns()).toEqual([
      expect.stringContaining(`topic ${foreign}: retention.ms is 1000`),
      expect.stringContaining(`topic ${foreign}: it has 1 partitions, 4 are expected`),
    ]);
    const { resources } = await stranger.describeConfigs({
      includeSynonyms: false,
      resources: [topic, foreign].map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
    });
    const settings = resources.map(({ configEntries }) =>
      Object.fromEntries(configEntries.map((each) => [each.configName, each.configValue])),
    );
    await stranger.disconnect();
    const made = { 'cleanup.policy': 'delete', 'retention.ms': '604800000', 'unclean.leader.election.enable': 'false' };
    expect(settings[0]).toMatchObject(made);
    expect(settings[1]).toMatchObject({ 'retention.ms': '1000' });
  });

  it('burns no processor time when idle', async () => {
    const order = { mode: 'idle', bus: config(), topic: `spec.${randomUUID()}`, channel: `spec.${randomUUID()}`, seconds: 8 };
    const { said, ended } = startBusProcess(order);
    expect(await ended).toBe(0);
    const idleMs = said.flatMap((line) => (line.startsWith('idle') ? Number(line.slice(5)) : []));
    expect(idleMs).toHaveLength(8);
    // The quietest second, since the machine has other work and the first ones still join. A client that spins takes all of each second.
    expect(Math.min(...idleMs)).toBeLessThan(150);
    expect(said.filter((line) => !line.startsWith('idle'))).toEqual([]);
  });
});

describe('the Kafka bus without a broker', () => {
  it('says so', async () => {
    const bus = createEventBus({ kind: 'kafka', brokers: ['127.0.0.1:9'] });
    await expect(bus.start()).rejects.toMatchObject({ code: 'EVENT_BUS_UNAVAILABLE', retry: { kind: 'backoff' } });
    await bus.close();
  });
});
