import { randomUUID } from 'node:crypto';
import type { EventLogger, Subscription } from '../event-bus';
import type { KafkaConnection } from './kafka-connection';
import { BROADCAST_RETENTION_MS } from './kafka-topics';

const BROADCAST_TOPIC = { partitions: 1, retentionMs: BROADCAST_RETENTION_MS };
const FETCH_WAIT_MS = 1_000;

export async function broadcast(connection: KafkaConnection, channel: string, json: string): Promise<void> {
  await connection.sendLossy(channel, json, BROADCAST_TOPIC);
}

/** Hears a channel as the only member of a group of its own, from now on; nothing is committed. */
export async function onBroadcast(
  connection: KafkaConnection,
  channel: string,
  hear: (payload: object) => void,
  logger: EventLogger,
): Promise<Subscription> {
  await connection.ensureTopic(channel, BROADCAST_TOPIC);
  const groupId = `broadcast.${channel}.${randomUUID()}`;
  const consumer = connection.kafka.consumer({ groupId, maxWaitTimeInMs: FETCH_WAIT_MS, allowAutoTopicCreation: false });
  const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  await consumer.connect();
  await consumer.subscribe({ topic: channel, fromBeginning: false });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message }) => {
      try {
        hear(JSON.parse(message.value?.toString() ?? '') as object);
      } catch (error) {
        logger.warn({ err: error, channel }, 'broadcast could not be heard');
      }
    },
  });
  await joined;
  return {
    close: async () => {
      await consumer.disconnect();
      const admin = await connection.admin();
      await admin.deleteGroups([groupId]).catch(() => undefined);
    },
  };
}
