import { randomUUID } from 'node:crypto';
import type { EventLogger, Subscription } from '../event-bus';
import type { KafkaConnection } from './kafka-connection';
import { LastingConsumer } from './lasting-consumer';

export async function broadcast(connection: KafkaConnection, channel: string, json: string): Promise<void> {
  await connection.ensureTopic(channel, 'broadcast');
  await connection.sendLossy(channel, json);
}

/** Hears a channel as the only member of a group of its own, from now on; nothing is committed. */
export async function onBroadcast(
  connection: KafkaConnection,
  channel: string,
  hear: (payload: object) => void,
  logger: EventLogger,
): Promise<Subscription> {
  await connection.ensureTopic(channel, 'broadcast');
  const groupId = `broadcast.${channel}.${randomUUID()}`;
  const consumer = new LastingConsumer({
    connection,
    consumer: { groupId },
    topics: [channel],
    fromBeginning: false,
    run: {
      autoCommit: false,
      eachMessage: async ({ message }) => {
        try {
          hear(JSON.parse(message.value?.toString() ?? '') as object);
        } catch (error) {
          logger.warn({ err: error, channel }, 'broadcast could not be heard');
        }
      },
    },
    logger,
  });
  await consumer.start();
  return {
    close: async () => {
      await consumer.close();
      await connection
        .admin()
        .then(
          (admin) => admin.deleteGroups([groupId]),
          () => undefined,
        )
        .catch(() => undefined);
    },
  };
}
