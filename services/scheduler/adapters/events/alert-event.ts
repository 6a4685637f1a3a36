import { eventsV1 } from '@smartant/contracts';
import { newEvent, type DomainEvent } from '@smartant/platform/events';
import type { Condition } from '../../domain/alerting/condition';

export const ALERTS_TOPIC = 'smartant.alerts.v1';
/** Of events of no workspace. */
const PLATFORM = 'platform';

const time = (ms: number | null): string => (ms === null ? '' : new Date(ms).toISOString());

/** A condition that fires or is over, as others are told of it. Its trace is that of the work it came of. */
export function alertEvent(condition: Condition): DomainEvent {
  const { fingerprint, workspaceId, rule, severity, labels, annotations, migrationId, state, tellings, traceContext } = condition;
  return newEvent({
    type: `io.smartant.alert.${state}.v1`,
    topic: ALERTS_TOPIC,
    key: fingerprint,
    workspaceId: workspaceId === '' ? PLATFORM : workspaceId,
    version: tellings,
    headers: { ...traceContext },
    data: eventsV1.AlertChanged.toJSON({
      fingerprint,
      workspaceId,
      name: rule,
      severity,
      labels: { ...labels },
      annotations: { ...annotations },
      migrationId,
      startsAt: time(condition.firingSinceMs),
      endsAt: time(condition.resolvedAtMs),
    }) as object,
  });
}
