import { SmartantError } from '@smartant/kernel';
import type { DomainEvent } from '../domain-event';

/**
 * CloudEvents 1.0, structured mode (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md):
 * the Kafka value is the whole event as JSON. Names of extensions are lower-case letters and digits only.
 */
interface CloudEvent {
  specversion: '1.0';
  id: string;
  source: string;
  type: string;
  subject: string;
  time: string;
  datacontenttype: 'application/json';
  workspaceid: string;
  entityversion?: number;
  data: object;
}

/** A newer minor version adds attributes, which are ignored here. */
const READABLE = /^1\.\d+$/;

export const CLOUD_EVENT_CONTENT_TYPE = 'application/cloudevents+json; charset=UTF-8';

export function toCloudEvent(event: DomainEvent): string {
  const cloudEvent: CloudEvent = {
    specversion: '1.0',
    id: event.id,
    source: `urn:smartant:${event.topic}`,
    type: event.type,
    subject: event.key,
    time: event.occurredAt,
    datacontenttype: 'application/json',
    workspaceid: event.workspaceId,
    entityversion: event.version,
    data: event.data,
  };
  return JSON.stringify(cloudEvent);
}

/** Raises `EVENT_MALFORMED` for what is not one of our events. `headers` are the message's own, without `content-type`. */
export function fromCloudEvent(topic: string, value: string, headers: Record<string, string>): DomainEvent {
  let parsed: Partial<CloudEvent> | null = null;
  try {
    parsed = JSON.parse(value) as Partial<CloudEvent> | null;
  } catch (error) {
    throw malformed(topic, error);
  }
  if (!READABLE.test(String(parsed?.specversion)) || !parsed?.id || !parsed.type || typeof parsed.data !== 'object' || parsed.data === null)
    throw malformed(topic);
  return {
    id: parsed.id,
    type: parsed.type,
    topic,
    key: parsed.subject ?? '',
    workspaceId: parsed.workspaceid ?? '',
    ...(parsed.entityversion === undefined ? {} : { version: parsed.entityversion }),
    occurredAt: parsed.time ?? '',
    data: parsed.data,
    headers,
  };
}

function malformed(topic: string, cause?: unknown): SmartantError {
  return new SmartantError('EVENT_MALFORMED', `A message on ${topic} is not a CloudEvent of SmartAnt.`, {
    kind: 'invalid',
    actor: 'operator',
    hint: 'Find out who else writes to this topic; the message is in its dead-letter topic.',
    cause,
  });
}
