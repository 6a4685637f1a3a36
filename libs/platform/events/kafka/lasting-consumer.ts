import type { Consumer, ConsumerConfig, ConsumerRunConfig } from 'kafkajs';
import { pause } from '../delivery';
import type { EventLogger } from '../event-bus';
import type { KafkaConnection } from './kafka-connection';
import { busError } from './kafka-error';
import { whileUnknown } from './while-unknown';

export interface LastingConsumerOptions {
  connection: KafkaConnection;
  consumer: Omit<ConsumerConfig, 'maxWaitTimeInMs' | 'allowAutoTopicCreation'>;
  topics: string[];
  fromBeginning: boolean;
  run: ConsumerRunConfig;
  logger: EventLogger;
}

const RESTART_MS = 2_000;
const FETCH_WAIT_MS = 1_000;
/** A leader that hangs tells nobody that it is one no longer. */
const METADATA_AGE_MS = 10_000;

/** A group member that kafkajs gives up on after an error it holds for final is started anew until it is closed. */
export class LastingConsumer {
  private readonly closing = new AbortController();
  private consumer: Consumer | undefined;
  private started = false;
  private restarting: Promise<void> | undefined;

  constructor(private readonly options: LastingConsumerOptions) {}

  /** Resolves when the group has given this member its share. Raises EVENT_BUS_UNAVAILABLE. */
  async start(): Promise<void> {
    const { connection, consumer: config, topics, fromBeginning, run } = this.options;
    const consumer = connection.kafka.consumer({
      ...config,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      metadataMaxAge: METADATA_AGE_MS,
      allowAutoTopicCreation: false,
    });
    this.consumer = consumer;
    const joined = new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.GROUP_JOIN, () => resolve());
      // kafkajs itself restarts after an outage, not after what it holds for final.
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (payload.restart) return;
        reject(payload.error);
        if (this.started) void this.restart(payload.error);
      });
    });
    joined.catch(() => undefined);
    try {
      await consumer.connect();
      await whileUnknown(() => consumer.subscribe({ topics, fromBeginning }));
      await consumer.run(run);
      await joined;
      this.started = true;
    } catch (error) {
      throw busError(error);
    }
  }

  /** Leaves the group when running handlers have ended. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.disconnect();
    if (!this.restarting) return;
    await this.restarting;
    await this.disconnect();
  }

  private restart(cause: Error): Promise<void> {
    this.restarting ??= this.startAgain(cause).finally(() => (this.restarting = undefined));
    return this.restarting;
  }

  private async startAgain(cause: Error): Promise<void> {
    const { logger, topics } = this.options;
    logger.warn({ err: cause, topics }, 'event subscription failed, starting again');
    while (!this.closing.signal.aborted) {
      await this.disconnect();
      await pause(RESTART_MS, this.closing.signal);
      if (this.closing.signal.aborted) return;
      try {
        return await this.start();
      } catch (error) {
        logger.warn({ err: error, topics }, 'event subscription could not start, trying again');
      }
    }
  }

  private async disconnect(): Promise<void> {
    await this.consumer?.disconnect().catch((error: unknown) => this.options.logger.warn({ err: error }, 'event group could not be left'));
  }
}
