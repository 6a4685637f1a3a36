import type { IHeaders, KafkaMessage, Message } from 'kafkajs';
import type { DomainEvent } from '../domain-event';
import { CLOUD_EVENT_CONTENT_TYPE, fromCloudEvent, toCloudEvent } from './cloud-event';

/** Headers of ours in dead letters, and what they may not be mistaken for: trace context. */
const OWN_HEADERS = /^(content-type|smartant-)/;

export function toMessage(event: DomainEvent): Message {
  return { key: event.key, value: toCloudEvent(event), headers: { ...event.headers, 'content-type': CLOUD_EVENT_CONTENT_TYPE } };
}

/** Raises `EVENT_MALFORMED`. */
export function toEvent(topic: string, message: KafkaMessage): DomainEvent {
  const headers = Object.entries(readHeaders(message.headers)).filter(([name]) => !OWN_HEADERS.test(name));
  return fromCloudEvent(topic, message.value?.toString() ?? '', Object.fromEntries(headers));
}

export function readHeaders(headers: IHeaders | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(Array.isArray(value) ? value[0] : value)]));
}
