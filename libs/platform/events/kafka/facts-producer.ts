import { KafkaJSError, Partitioners, type ICustomPartitioner, type Kafka, type Message, type Producer, type RecordMetadata } from 'kafkajs';
import { pause } from '../delivery';
import { busError, mayPass } from './kafka-error';

const PATIENCE_MS = 40_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

export interface TopicMessages {
  topic: string;
  messages: Message[];
}

/**
 * Writes facts to Kafka, idempotently and with one request in flight.
 *
 * When kafkajs repeats a batch of which a part failed, it remembers which *brokers* have answered, not which partitions: a partition whose
 * leader changes to a broker that has answered already is left out of the repetition, and the batch counts as sent (2.2.4,
 * `producer/sendMessages.js`). So the answer is held against what was to be sent. Nor does kafkajs ask for new leaders after a time-out, so
 * it repeats once only (it refuses to repeat never), and then the whole batch is sent again through a new producer, which knows the leaders
 * of that moment. What arrives twice is dropped by consumers by its id.
 */
export class FactsProducer {
  private readonly closing = new AbortController();
  /** Where each message was last sent to. */
  private readonly partitions = new WeakMap<Message, number>();
  private current: Promise<Producer> | undefined;
  private readonly leaving = new Set<Promise<void>>();

  constructor(private readonly kafka: Kafka) {}

  async connect(): Promise<void> {
    await this.producer();
  }

  /** All in-sync replicas have the messages when it resolves. Tries for some 40 s. Raises EVENT_BUS_UNAVAILABLE. */
  async send(topicMessages: TopicMessages[]): Promise<void> {
    const endsAtMs = performance.now() + PATIENCE_MS;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        return await this.sendOnce(topicMessages);
      } catch (error) {
        if (!mayPass(error) || performance.now() + pauseMs > endsAtMs || this.closing.signal.aborted) throw busError(error);
      }
      await pause(pauseMs, this.closing.signal);
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.replace(this.current);
    await Promise.all(this.leaving);
  }

  private async sendOnce(topicMessages: TopicMessages[]): Promise<void> {
    const current = this.producer();
    try {
      const producer = await current;
      this.assertComplete(topicMessages, await producer.sendBatch({ acks: -1, topicMessages }));
    } catch (error) {
      // kafkajs cannot go on with a broken idempotent sequence.
      this.replace(current);
      throw error;
    }
  }

  private producer(): Promise<Producer> {
    this.current ??= this.connected();
    return this.current;
  }

  private async connected(): Promise<Producer> {
    const producer = this.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: () => this.rememberingPartitioner(),
      retry: { retries: 1 },
    });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      // It may have reached one broker and failed at another.
      await producer.disconnect().catch(() => undefined);
      throw error;
    }
  }

  private rememberingPartitioner(): ReturnType<ICustomPartitioner> {
    const place = Partitioners.DefaultPartitioner();
    return (args) => {
      const partition = place(args);
      this.partitions.set(args.message, partition);
      return partition;
    };
  }

  private assertComplete(topicMessages: TopicMessages[], answers: RecordMetadata[]): void {
    const answered = new Set(answers.map(({ topicName, partition }) => `${topicName}/${partition}`));
    const missing = topicMessages.some(({ topic, messages }) =>
      messages.some((message) => !answered.has(`${topic}/${this.partitions.get(message)}`)),
    );
    if (missing) throw new KafkaJSError('a part of the batch was not sent', { retriable: true });
  }

  /** Its last requests may hang until they time out: nobody waits for that but `close`. */
  private replace(producer: Promise<Producer> | undefined): void {
    if (producer === undefined) return;
    if (this.current === producer) this.current = undefined;
    const left = producer
      .then((connected) => connected.disconnect())
      .catch(() => undefined)
      .finally(() => this.leaving.delete(left));
    this.leaving.add(left);
  }
}
