import { SmartantError } from '@smartant/kernel';
import { Kafka, logLevel, Partitioners, type Admin, type KafkaConfig, type Message, type Producer } from 'kafkajs';
import type { EventLogger } from '../event-bus';
import { guardKafkajsTimers } from './kafkajs-timer-guard';

export interface KafkaConnectionOptions {
  brokers: string[];
  clientId: string;
  /** For new topics. */
  partitions: number;
  /** For new topics; -1 takes the broker's default. */
  replicationFactor: number;
  ssl?: KafkaConfig['ssl'];
  sasl?: KafkaConfig['sasl'];
  logger: EventLogger;
}

interface TopicSettings {
  partitions?: number;
  retentionMs?: number;
}

/** One process's clients of a Kafka cluster: an idempotent producer for facts, a quick one for broadcasts, and topics made on first use. */
export class KafkaConnection {
  readonly kafka: Kafka;
  private readonly known = new Map<string, Promise<void>>();
  private facts: Promise<Producer> | undefined;
  private hints: Promise<Producer> | undefined;
  private adminClient: Promise<Admin> | undefined;

  constructor(private readonly options: KafkaConnectionOptions) {
    guardKafkajsTimers();
    this.kafka = new Kafka({
      clientId: options.clientId,
      brokers: options.brokers,
      ssl: options.ssl,
      sasl: options.sasl,
      connectionTimeout: 5_000,
      retry: { initialRetryTime: 200, maxRetryTime: 5_000, retries: 8 },
      logLevel: logLevel.WARN,
      logCreator: () => forwardTo(options.logger),
    });
  }

  /** Raises EVENT_BUS_UNAVAILABLE. */
  async start(): Promise<void> {
    await asBusError(this.producer());
  }

  /**
   * Writes facts: all in-sync replicas have them when it resolves. One request in flight, so that a retry never overtakes; a producer
   * that failed is replaced, since kafkajs cannot go on with a broken idempotent sequence.
   */
  async send(messages: { topic: string; messages: Message[] }[]): Promise<void> {
    try {
      for (const { topic } of messages) await this.ensureTopic(topic);
      const producer = await this.producer();
      await producer.sendBatch({ acks: -1, topicMessages: messages });
    } catch (error) {
      const broken = this.facts;
      this.facts = undefined;
      await broken?.then((producer) => producer.disconnect()).catch(() => undefined);
      throw busError(error);
    }
  }

  /** Writes a hint that may be lost. */
  async sendLossy(topic: string, value: string, settings: TopicSettings): Promise<void> {
    await this.ensureTopic(topic, settings);
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

  /** Makes a topic that is absent. A cluster that lets only its operators make topics must have it already. */
  ensureTopic(topic: string, settings: TopicSettings = {}): Promise<void> {
    let made = this.known.get(topic);
    if (!made) {
      made = this.makeTopic(topic, settings);
      this.known.set(topic, made);
      made.catch(() => this.known.delete(topic));
    }
    return made;
  }

  async close(): Promise<void> {
    const clients = [this.facts, this.hints, this.adminClient];
    await Promise.all(clients.map((client) => client?.then((connectedClient) => connectedClient.disconnect()).catch(() => undefined)));
  }

  private producer(): Promise<Producer> {
    this.facts ??= connected(
      this.kafka.producer({
        idempotent: true,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
        createPartitioner: Partitioners.DefaultPartitioner,
      }),
    );
    this.facts.catch(() => (this.facts = undefined));
    return this.facts;
  }

  private async makeTopic(topic: string, { partitions, retentionMs }: TopicSettings): Promise<void> {
    const admin = await this.admin();
    const existing = await asBusError(admin.listTopics());
    if (existing.includes(topic)) return;
    await asBusError(
      admin.createTopics({
        waitForLeaders: true,
        topics: [
          {
            topic,
            numPartitions: partitions ?? this.options.partitions,
            replicationFactor: this.options.replicationFactor,
            configEntries: retentionMs === undefined ? [] : [{ name: 'retention.ms', value: String(retentionMs) }],
          },
        ],
      }),
    );
  }
}

async function connected<T extends { connect(): Promise<void> }>(client: T): Promise<T> {
  await client.connect();
  return client;
}

async function asBusError<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw busError(error);
  }
}

function busError(error: unknown): unknown {
  if (error instanceof SmartantError) return error;
  return new SmartantError('EVENT_BUS_UNAVAILABLE', 'Kafka cannot be reached or refused the request.', {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    hint: 'Check the brokers in SMARTANT_KAFKA_BROKERS, their health, and the rights of our user. Events wait in the outbox meanwhile.',
    cause: error,
  });
}

function forwardTo(logger: EventLogger) {
  return ({ level, namespace, log }: { level: logLevel; namespace: string; log: { message: string; [field: string]: unknown } }): void => {
    const { message, timestamp: _timestamp, logger: _logger, ...fields } = log;
    // What is an error to kafkajs is tried again by it or by us, and whoever asked gets the failure.
    if (level <= logLevel.WARN) logger.warn({ ...fields, namespace }, `kafka: ${message}`);
  };
}
