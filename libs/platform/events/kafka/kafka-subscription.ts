import type { EachMessagePayload, KafkaMessage } from 'kafkajs';
import { DEFAULT_MAX_ATTEMPTS, deliver, type Outcome } from '../delivery';
import type { DomainEvent } from '../domain-event';
import type { EventLogger, SubscribeOptions, Subscription } from '../event-bus';
import type { KafkaConnection } from './kafka-connection';
import { toEvent } from './kafka-message';
import { parkMessage } from './parked-messages';
import { kafkaGroup, replayTopic } from './kafka-topics';
import { LastingConsumer } from './lasting-consumer';

export interface KafkaSubscriptionOptions extends SubscribeOptions {
  connection: KafkaConnection;
  logger: EventLogger;
  /** After so long without a heartbeat a member counts as dead. */
  sessionTimeoutMs: number;
  /** How many partitions are handled at the same time, so that a retried event holds up only its own. */
  partitions: number;
}

const DEFAULT_GRACE_MS = 10_000;

/** One member of a consumer group. Its offset is committed after each event that was handled or parked, never before. */
export class KafkaSubscription implements Subscription {
  private readonly closing = new AbortController();
  private readonly abandon = new AbortController();
  private consumer: LastingConsumer | undefined;
  private closed: Promise<void> | undefined;

  constructor(private readonly options: KafkaSubscriptionOptions) {}

  /** Resolves when the group has given this member its share. */
  async start(): Promise<void> {
    const { connection, topic, group, sessionTimeoutMs, partitions, logger } = this.options;
    const topics = [topic, replayTopic(topic, group)];
    for (const each of topics) await connection.ensureTopic(each);
    this.consumer = new LastingConsumer({
      connection,
      consumer: {
        groupId: kafkaGroup(topic, group),
        sessionTimeout: sessionTimeoutMs,
        heartbeatInterval: Math.floor(sessionTimeoutMs / 10),
        // How long a member that comes waits for one whose handler does not end; that one is put out then, and its event comes again.
        rebalanceTimeout: 2 * sessionTimeoutMs,
      },
      topics,
      fromBeginning: true,
      run: { autoCommitThreshold: 1, partitionsConsumedConcurrently: partitions, eachMessage: (payload) => this.handle(payload) },
      logger,
    });
    await this.consumer.start();
    logger.info({ topic, group }, 'subscribed');
  }

  close({ graceMs = DEFAULT_GRACE_MS }: { graceMs?: number } = {}): Promise<void> {
    this.closed ??= this.leave(graceMs);
    return this.closed;
  }

  private async leave(graceMs: number): Promise<void> {
    this.closing.abort();
    const grace = setTimeout(() => this.abandon.abort(), graceMs);
    await this.consumer?.close();
    clearTimeout(grace);
  }

  /** Returning acknowledges the message; throwing brings it again. */
  private async handle({ message, heartbeat }: EachMessagePayload): Promise<void> {
    const { connection, topic, group, sessionTimeoutMs } = this.options;
    const interrupt = new AbortController();
    // kafkajs beats between messages only, and a handler may take longer than the session. A beat that fails asks this member to join anew:
    // then no further attempt is made, and kafkajs is told why.
    const beating = setInterval(() => void heartbeat().catch((error: unknown) => interrupt.abort(error)), sessionTimeoutMs / 10);
    try {
      const outcome = await this.outcomeOf(message, AbortSignal.any([this.closing.signal, interrupt.signal]));
      if (outcome.kind === 'poison') await parkMessage(connection, topic, group, message, outcome);
      if (outcome.kind !== 'abandoned') return;
      throw interrupt.signal.aborted ? interrupt.signal.reason : new Error('the subscription was closed before the event was handled');
    } finally {
      clearInterval(beating);
    }
  }

  private async outcomeOf(message: KafkaMessage, closing: AbortSignal): Promise<Outcome> {
    const { topic, group, handler, maxAttempts = DEFAULT_MAX_ATTEMPTS, logger } = this.options;
    let event: DomainEvent;
    try {
      event = toEvent(topic, message);
    } catch (error) {
      logger.error({ err: error, topic, group, offset: message.offset }, 'event parked');
      return { kind: 'poison', reason: (error as Error).message, errorCode: 'EVENT_MALFORMED', attempts: 1 };
    }
    return deliver(event, { group, handler, maxAttempts, logger, closing, abandon: this.abandon.signal });
  }
}
