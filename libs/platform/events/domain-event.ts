import { newId, SmartantError } from '@smartant/kernel';

/** A fact that happened. On Kafka it travels as a CloudEvent 1.0 (see kafka/cloud-event.ts). */
export interface DomainEvent {
  /** `evt_…`: what consumers dedupe by. */
  id: string;
  /** Reverse-DNS with a version: "io.smartant.migration.created.v1". */
  type: string;
  /** "smartant.migrations.v1" */
  topic: string;
  /** Events of one key reach each consumer group in the order in which their transactions committed. */
  key: string;
  workspaceId: string;
  /** The entity's version after this fact; absent when it has none. */
  version?: number;
  /** ISO 8601. */
  occurredAt: string;
  /** proto3 JSON of the message that proto/ defines for the type. */
  data: object;
  /** Trace context; filled in by `Outbox.append`. */
  headers?: Record<string, string>;
}

/** Kafka brokers take 1 MiB a message unless told otherwise; the rest is for headers and the envelope. */
export const MAX_EVENT_BYTES = 900 * 1024;

const TOPIC = /^[a-z0-9][a-z0-9._-]{0,180}$/;

/** A new event with an id and the current time. */
export function newEvent(facts: Omit<DomainEvent, 'id' | 'occurredAt'>): DomainEvent {
  return { id: newId('evt'), occurredAt: new Date().toISOString(), ...facts };
}

/** Raises `EVENT_NAME_INVALID` unless the name can be a topic of every bus. */
export function assertTopic(topic: string): void {
  if (TOPIC.test(topic)) return;
  throw new SmartantError('EVENT_NAME_INVALID', `"${topic}" cannot name a topic, a channel or a consumer group.`, {
    kind: 'internal',
    hint: 'Use lower-case letters, digits, dots, dashes and underscores.',
  });
}

/** The event's JSON. Raises `EVENT_TOO_LARGE` or `EVENT_NAME_INVALID`, so that what is in an outbox can also be published. */
export function encodeEvent(event: DomainEvent): string {
  assertTopic(event.topic);
  const json = JSON.stringify(event);
  assertSize(json, event.type);
  return json;
}

/** Raises `EVENT_TOO_LARGE`. */
export function assertSize(json: string, what: string): void {
  const bytes = Buffer.byteLength(json);
  if (bytes <= MAX_EVENT_BYTES) return;
  throw new SmartantError('EVENT_TOO_LARGE', `${what} has ${bytes} bytes; ${MAX_EVENT_BYTES} are allowed.`, {
    kind: 'internal',
    hint: 'Keep large content in the database and put only its id into the event.',
  });
}
