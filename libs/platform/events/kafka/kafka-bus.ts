import type { KafkaConfig, Message } from 'kafkajs';
import { assertSize, assertTopic, encodeEvent, MAX_EVENT_BYTES, type DomainEvent } from '../domain-event';
import {
  PARKED_LISTED,
  silentLogger,
  type EventBus,
  type EventLogger,
  type ParkedEvent,
  type SubscribeOptions,
  type Subscription,
} from '../event-bus';
import { OpenSubscriptions } from '../open-subscriptions';
import { broadcast, onBroadcast } from './kafka-broadcast';
import { KafkaConnection } from './kafka-connection';
import { toMessage } from './kafka-message';
import { KafkaSubscription } from './kafka-subscription';
import { listParkedMessages, replayParkedMessages } from './parked-messages';

export interface KafkaBusConfig {
  kind: 'kafka';
  /** "host:port" */
  brokers: string[];
  clientId?: string;
  /** Partitions of topics that the bus makes; 8 when absent. */
  partitions?: number;
  /** Replicas of topics that the bus makes; the broker's default when absent. */
  replicationFactor?: number;
  /** How many replicas must have an event before it counts as published, in topics that the bus makes; the broker's default when absent. */
  minInSync?: number;
  /** After so long without a heartbeat a group member counts as dead; 15 s when absent. */
  sessionTimeoutMs?: number;
  ssl?: KafkaConfig['ssl'];
  sasl?: KafkaConfig['sasl'];
  logger?: EventLogger;
}

const DEFAULT_PARTITIONS = 8;
/** What a record has beside its event: key, headers, lengths. */
const ENVELOPE_BYTES = 300;

/** The event bus on Kafka, through kafkajs. */
export class KafkaBus implements EventBus {
  private readonly connection: KafkaConnection;
  private readonly logger: EventLogger;
  private readonly partitions: number;
  private readonly subscriptions = new OpenSubscriptions();

  constructor(private readonly config: KafkaBusConfig) {
    this.logger = config.logger ?? silentLogger;
    this.partitions = config.partitions ?? DEFAULT_PARTITIONS;
    this.connection = new KafkaConnection({
      brokers: config.brokers,
      clientId: config.clientId ?? 'smartant',
      topics: { partitions: this.partitions, replicationFactor: config.replicationFactor ?? -1, minInSync: config.minInSync },
      ssl: config.ssl,
      sasl: config.sasl,
      logger: this.logger,
    });
  }

  start(): Promise<void> {
    return this.connection.start();
  }

  async publish(events: DomainEvent[]): Promise<void> {
    for (const topic of new Set(events.map((event) => event.topic))) {
      assertTopic(topic);
      await this.connection.ensureTopic(topic);
    }
    for (const batch of batches(events)) {
      const byTopic = Map.groupBy(batch, (event) => event.topic);
      await this.connection.send(
        [...byTopic].map(([topic, group]) => ({ topic, messages: group.map((event): Message => toMessage(event)) })),
      );
    }
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    assertTopic(options.topic);
    assertTopic(options.group);
    const { sessionTimeoutMs = 15_000 } = this.config;
    const subscription = new KafkaSubscription({
      ...options,
      connection: this.connection,
      logger: this.logger,
      sessionTimeoutMs,
      partitions: this.partitions,
    });
    await subscription.start();
    return this.subscriptions.remember(subscription);
  }

  async broadcast(channel: string, payload: object): Promise<void> {
    assertTopic(channel);
    const json = JSON.stringify(payload);
    assertSize(json, `A broadcast on ${channel}`);
    await broadcast(this.connection, channel, json);
  }

  async onBroadcast(channel: string, hear: (payload: object) => void): Promise<Subscription> {
    assertTopic(channel);
    return this.subscriptions.remember(await onBroadcast(this.connection, channel, hear, this.logger));
  }

  parked(topic: string, group: string, limit = PARKED_LISTED): Promise<ParkedEvent[]> {
    return listParkedMessages(this.connection, topic, group, limit);
  }

  replayParked(topic: string, group: string): Promise<number> {
    return replayParkedMessages(this.connection, topic, group);
  }

  concerns(): string[] {
    return this.connection.concerns();
  }

  async close(): Promise<void> {
    await this.subscriptions.close();
    await this.connection.close();
  }
}

/**
 * Splits events, in their order, so that each part fits into one message of the broker: kafkajs sends what goes to one partition as one
 * record batch, and the broker bounds the batch as it bounds a message. Raises EVENT_TOO_LARGE or EVENT_NAME_INVALID.
 */
function batches(events: DomainEvent[]): DomainEvent[][] {
  const parts: DomainEvent[][] = [];
  let bytes = Infinity;
  for (const event of events) {
    const size = Buffer.byteLength(encodeEvent(event)) + ENVELOPE_BYTES;
    if (bytes + size > MAX_EVENT_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(event);
    bytes += size;
  }
  return parts;
}
