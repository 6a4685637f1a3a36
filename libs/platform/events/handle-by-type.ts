import { counter } from '@smartant/platform/metrics';
import type { EventHandler } from './event-bus';

const unknownTypes = counter('smartant_events_unknown_total', 'Events of types that this version does not know, acknowledged unread.', [
  'topic',
  'group',
]);

/**
 * A handler that gives each event to the one for its type. A type that this version does not know (a newer publisher's) is counted and
 * acknowledged: it is nobody's mistake, so it is neither tried again nor parked.
 */
export function handleByType(group: string, handlers: Readonly<Record<string, EventHandler>>): EventHandler {
  return async (event) => {
    const handler = Object.hasOwn(handlers, event.type) ? handlers[event.type] : undefined;
    if (handler) return handler(event);
    unknownTypes.inc({ topic: event.topic, group });
  };
}
