import { SmartantError } from '@smartant/kernel';
import type { EventBus } from '@smartant/platform/events';
import { doneFact } from '../../application/audit/facts';
import type { AuditStore } from '../../application/ports/audit';
import type { Caller, ParkedEvent, ParkedEventUseCases } from '../../application/use-cases';
import { RUN_EVENTS } from './run-ended-consumer';

/** Every consumer of the platform's topics. One that is missing here can still park events, but nobody is shown them. */
const CONSUMERS: readonly { topic: string; group: string }[] = [RUN_EVENTS, { topic: 'smartant.alerts.v1', group: 'notifier' }];

/** Parked events of all consumers: at most a hundred of each are counted. */
export async function countParked(bus: Pick<EventBus, 'parked'>): Promise<number> {
  const counts = await Promise.all(CONSUMERS.map(async ({ topic, group }) => (await bus.parked(topic, group)).length));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Shows administrators the events that consumers could not handle, and gives them once more. */
export class ParkedEventDesk implements ParkedEventUseCases {
  constructor(
    private readonly bus: Pick<EventBus, 'parked' | 'replayParked'>,
    private readonly audit: AuditStore,
  ) {}

  async list(_caller: Caller): Promise<ParkedEvent[]> {
    const found: ParkedEvent[] = [];
    for (const { topic, group } of CONSUMERS) {
      for (const { event, reason, errorCode, attempts, parkedAt } of await this.bus.parked(topic, group)) {
        const { id: eventId, type, key, workspaceId, occurredAt } = event;
        found.push({ topic, group, eventId, type, key, workspaceId, occurredAt, parkedAt, attempts, errorCode, reason });
      }
    }
    return found;
  }

  async replay(caller: Caller, topic: string, group: string): Promise<number> {
    if (CONSUMERS.some((known) => known.topic === topic && known.group === group)) {
      // Before it is done: the bus is no part of a transaction, and nothing may be replayed that is not on the record.
      const target = { kind: 'consumer', id: `${topic}/${group}`, name: null };
      await this.audit.append(caller, doneFact('consumer.replay', null, target));
      return this.bus.replayParked(topic, group);
    }
    throw new SmartantError('EVENT_GROUP_NOT_FOUND', `No consumer "${group}" reads the topic "${topic}".`, {
      kind: 'not-found',
      actor: 'operator',
      hint: `Known are: ${CONSUMERS.map((known) => `${known.group} of ${known.topic}`).join(', ')}.`,
    });
  }
}
