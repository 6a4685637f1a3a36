import { Kafka, logLevel, Partitioners, type Admin, type KafkaConfig, type Producer } from 'kafkajs';
import type { EventLogger } from '../event-bus';
import { FactsProducer, type TopicMessages } from './facts-producer';
import { asBusError } from './kafka-error';
import { KafkaTopics } from './kafka-topics';
import { guardKafkajsTimers } from './kafkajs-timer-guard';
import type { TopicDefaults, TopicKind } from './topic-settings';

export interface KafkaConnectionOptions {
  brokers: string[];
  clientId: string;
  /** For new topics. */
  topics: TopicDefaults;
  ssl?: KafkaConfig['ssl'];
  sasl?: KafkaConfig['sasl'];
  logger: EventLogger;
}

/** Gives up after some 25 s without a broker. */
const RETRY = { initialRetryTime: 200, maxRetryTime: 5_000, retries: 8 };
const REQUEST_TIMEOUT_MS = 15_000;

/** One process's clients of a Kafka cluster: an idempotent producer for facts, a quick one for broadcasts, and topics made on first use. */
export class KafkaConnection {
  readonly kafka: Kafka;
  private readonly topics: KafkaTopics;
  private readonly facts: FactsProducer;
  private hints: Promise<Producer> | undefined;
  private adminClient: Promise<Admin> | undefined;

  constructor(options: KafkaConnectionOptions) {
    guardKafkajsTimers();
    this.topics = new KafkaTopics(() => this.admin(), options.topics, options.logger);
    this.kafka = new Kafka({
      clientId: options.clientId,
      brokers: options.brokers,
      ssl: options.ssl,
      sasl: options.sasl,
      connectionTimeout: 5_000,
      requestTimeout: REQUEST_TIMEOUT_MS,
      retry: RETRY,
      logLevel: logLevel.WARN,
      logCreator: () => forwardTo(options.logger),
    });
    this.facts = new FactsProducer(this.kafka);
  }

  /** Raises EVENT_BUS_UNAVAILABLE. */
  async start(): Promise<void> {
    await asBusError(this.facts.connect());
  }

  /** Writes facts: all in-sync replicas have them when it resolves. Raises EVENT_BUS_UNAVAILABLE. */
  send(messages: TopicMessages[]): Promise<void> {
    return this.facts.send(messages);
  }

  /** Writes a hint that may be lost. Raises EVENT_BUS_UNAVAILABLE. */
  async sendLossy(topic: string, value: string): Promise<void> {
    this.hints ??= connected(
      this.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, allowAutoTopicCreation: false, retry: { retries: 1 } }),
    );
    this.hints.catch(() => (this.hints = undefined));
    const producer = await asBusError(this.hints);
    await asBusError(producer.send({ topic, acks: 1, messages: [{ value }] }));
  }

  async admin(): Promise<Admin> {
    this.adminClient ??= connected(this.kafka.admin());
    this.adminClient.catch(() => (this.adminClient = undefined));
    return asBusError(this.adminClient);
  }

  /** Makes a topic that is absent. Raises EVENT_BUS_UNAVAILABLE. */
  ensureTopic(topic: string, kind: TopicKind = 'facts'): Promise<void> {
    return asBusError(this.topics.ensure(topic, kind));
  }

  /** How topics fall short of what they should be, for an operator; one sentence each. */
  concerns(): string[] {
    return this.topics.concerns();
  }

  async close(): Promise<void> {
    const clients = [this.hints, this.adminClient];
    const others = clients.map((client) => client?.then((connectedClient) => connectedClient.disconnect()).catch(() => undefined));
    await Promise.all([this.facts.close(), ...others]);
  }
}

async function connected<T extends { connect(): Promise<void> }>(client: T): Promise<T> {
  await client.connect();
  return client;
}

/** Said of every producer whose retries end; a new producer and consumers that know each event by its id make up for it. */
const EXPECTED = /^Limiting retries for the idempotent producer/;

function forwardTo(logger: EventLogger) {
  return ({ level, namespace, log }: { level: logLevel; namespace: string; log: { message: string; [field: string]: unknown } }): void => {
    const { message, timestamp: _timestamp, logger: _logger, ...fields } = log;
    // What is an error to kafkajs is tried again by it or by us, and whoever asked gets the failure.
    if (level <= logLevel.WARN && !EXPECTED.test(message)) logger.warn({ ...fields, namespace }, `kafka: ${message}`);
  };
}
