// One Kafka client that produces and then consumes: `node client.mjs '{"client": "kafkajs", "brokers": …, "messages": N, "topic": …}'`.
import { pathToFileURL } from 'node:url';
import guard from '../../libs/platform/dist/events/kafka/kafkajs-timer-guard.js';
import { idlePercent, watchProcess } from './watch-process.mjs';

const order = JSON.parse(process.argv[2]);
const BATCH = 500;
const value = JSON.stringify({ specversion: '1.0', id: 'evt', data: { text: 'x'.repeat(400) } });
const batch = (from) =>
  Array.from({ length: BATCH }, (_, n) => ({ key: `key-${(from + n) % 1_000}`, value, headers: { traceparent: 't' } }));

const client = await (order.client === 'kafkajs' ? kafkajs() : platformatic());
await client.connect();
const producing = watchProcess();
for (let sent = 0; sent < order.messages; sent += BATCH) await client.send(batch(sent));
const produced = producing.end();
const consuming = watchProcess();
await client.consume(order.messages);
const consumed = consuming.end();
const idle = await idlePercent(10);
process.stdout.write(`${JSON.stringify({ produced, consumed, idle })}\n`);
process.exit(0);

/** Both with acks=all, an idempotent producer with one request in flight, and offsets committed by time. */
async function kafkajs() {
  const { default: kafka } = await import('kafkajs');
  // What KafkaBus does before its first client; here without the bus.
  guard.guardKafkajsTimers();
  const { Kafka, logLevel, Partitioners } = kafka;
  const cluster = new Kafka({ brokers: order.brokers, logLevel: logLevel.NOTHING });
  const producer = cluster.producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner: Partitioners.DefaultPartitioner });
  return {
    connect: () => producer.connect(),
    send: (messages) => producer.send({ topic: order.topic, acks: -1, messages }),
    consume: async (count) => {
      const consumer = cluster.consumer({ groupId: `g-${order.topic}`, maxWaitTimeInMs: 1_000 });
      await consumer.connect();
      await consumer.subscribe({ topics: [order.topic], fromBeginning: true });
      let seen = 0;
      const { promise, resolve } = Promise.withResolvers();
      await consumer.run({
        autoCommitInterval: 1_000,
        partitionsConsumedConcurrently: 4,
        eachMessage: async () => void ((seen += 1) === count && resolve()),
      });
      await promise;
    },
  };
}

async function platformatic() {
  const { Consumer, Producer, ProduceAcks, stringDeserializers, stringSerializers } = await import(pathToFileURL(order.entry).href);
  const base = { clientId: 'bench', bootstrapBrokers: order.brokers };
  const producer = new Producer({ ...base, idempotent: true, maxInflights: 1, serializers: stringSerializers });
  return {
    connect: async () => undefined,
    send: (messages) => producer.send({ acks: ProduceAcks.ALL, messages: messages.map((message) => ({ topic: order.topic, ...message })) }),
    consume: async (count) => {
      const consumer = new Consumer({ ...base, groupId: `g-${order.topic}`, deserializers: stringDeserializers, maxWaitTime: 1_000 });
      const stream = await consumer.consume({ topics: [order.topic], mode: 'earliest', autocommit: 1_000 });
      let seen = 0;
      const { promise, resolve } = Promise.withResolvers();
      stream.on('data', () => void ((seen += 1) === count && resolve()));
      await promise;
    },
  };
}
