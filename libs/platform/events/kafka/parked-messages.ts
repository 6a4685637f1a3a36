import { randomUUID } from 'node:crypto';
import type { KafkaMessage } from 'kafkajs';
import type { Outcome } from '../delivery';
import type { DomainEvent } from '../domain-event';
import type { ParkedEvent } from '../event-bus';
import type { KafkaConnection } from './kafka-connection';
import { readHeaders, toEvent } from './kafka-message';
import { deadLetterTopic, kafkaGroup, replayTopic } from './kafka-topics';

type Poison = Extract<Outcome, { kind: 'poison' }>;

const READ_WAIT_MS = 200;

/** Writes an event that a group could not handle to the dead-letter topic, with group and reason in its headers. */
export async function parkMessage(
  connection: KafkaConnection,
  topic: string,
  group: string,
  message: KafkaMessage,
  poison: Poison,
): Promise<void> {
  const headers = {
    ...readHeaders(message.headers),
    'smartant-group': group,
    'smartant-reason': poison.reason,
    'smartant-attempts': String(poison.attempts),
    'smartant-parked-at': new Date().toISOString(),
    ...(poison.errorCode === null ? {} : { 'smartant-error-code': poison.errorCode }),
  };
  await connection.ensureTopic(deadLetterTopic(topic), 'dead-letter');
  await connection.send([{ topic: deadLetterTopic(topic), messages: [{ key: message.key, value: message.value, headers }] }]);
}

/** What a group has parked and not yet replayed, the oldest first. */
export async function listParkedMessages(connection: KafkaConnection, topic: string, group: string, limit: number): Promise<ParkedEvent[]> {
  const parked: ParkedEvent[] = [];
  const reader = `${replayGroup(topic, group)}.view.${randomUUID()}`;
  await readDeadLetters(connection, topic, group, reader, false, async (message) => {
    if (parked.length < limit) parked.push(toParkedEvent(topic, group, message));
  });
  return parked;
}

/** Hands a group's dead letters to its replay topic, oldest first. A crash in the middle may hand over one twice. */
export async function replayParkedMessages(connection: KafkaConnection, topic: string, group: string): Promise<number> {
  let count = 0;
  await connection.ensureTopic(replayTopic(topic, group));
  await readDeadLetters(connection, topic, group, replayGroup(topic, group), true, async (message) => {
    const headers = Object.entries(readHeaders(message.headers)).filter(([name]) => !name.startsWith('smartant-'));
    await connection.send([
      { topic: replayTopic(topic, group), messages: [{ key: message.key, value: message.value, headers: Object.fromEntries(headers) }] },
    ]);
    count += 1;
  });
  return count;
}

/** Its committed offset in the dead-letter topic is how far the group has replayed. */
const replayGroup = (topic: string, group: string) => `${kafkaGroup(topic, group)}.replayed`;

/** Reads a group's dead letters from where it has replayed to up to the topic's present end. */
async function readDeadLetters(
  connection: KafkaConnection,
  topic: string,
  group: string,
  reader: string,
  commit: boolean,
  each: (message: KafkaMessage) => Promise<void>,
): Promise<void> {
  const { from, end } = await range(connection, topic, group);
  if (from >= end) return;
  const consumer = connection.kafka.consumer({ groupId: reader, maxWaitTimeInMs: READ_WAIT_MS, allowAutoTopicCreation: false });
  try {
    await consumer.connect();
    await consumer.subscribe({ topic: deadLetterTopic(topic), fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => (payload.restart ? undefined : reject(payload.error)));
      const eachMessage = async ({ message }: { message: KafkaMessage }) => {
        const offset = BigInt(message.offset);
        if (offset < from || offset >= end) return;
        if (readHeaders(message.headers)['smartant-group'] === group) await each(message);
        if (offset + 1n === end) resolve();
      };
      consumer
        .run({ autoCommit: false, eachMessage })
        .then(() => consumer.seek({ topic: deadLetterTopic(topic), partition: 0, offset: String(from) }), reject);
    });
    if (commit) await consumer.commitOffsets([{ topic: deadLetterTopic(topic), partition: 0, offset: String(end) }]);
  } finally {
    await consumer.disconnect();
    if (!commit) await (await connection.admin()).deleteGroups([reader]).catch(() => undefined);
  }
}

async function range(connection: KafkaConnection, topic: string, group: string): Promise<{ from: bigint; end: bigint }> {
  await connection.ensureTopic(deadLetterTopic(topic), 'dead-letter');
  const admin = await connection.admin();
  const [bounds] = await admin.fetchTopicOffsets(deadLetterTopic(topic));
  const [committed] = await admin.fetchOffsets({ groupId: replayGroup(topic, group), topics: [deadLetterTopic(topic)] });
  const replayed = BigInt(committed?.partitions[0]?.offset ?? -1);
  const low = BigInt(bounds?.low ?? 0);
  return { from: replayed > low ? replayed : low, end: BigInt(bounds?.high ?? 0) };
}

function toParkedEvent(topic: string, group: string, message: KafkaMessage): ParkedEvent {
  const headers = readHeaders(message.headers);
  return {
    event: eventOrRaw(topic, message),
    group,
    reason: headers['smartant-reason'] ?? '',
    errorCode: headers['smartant-error-code'] ?? null,
    attempts: Number(headers['smartant-attempts'] ?? 0),
    parkedAt: headers['smartant-parked-at'] ?? '',
  };
}

/** What was parked because it is no event of ours is shown as it is. */
function eventOrRaw(topic: string, message: KafkaMessage): DomainEvent {
  try {
    return toEvent(topic, message);
  } catch {
    const raw = message.value?.toString() ?? '';
    return { id: '', type: '', topic, key: message.key?.toString() ?? '', workspaceId: '', occurredAt: '', data: { raw } };
  }
}
