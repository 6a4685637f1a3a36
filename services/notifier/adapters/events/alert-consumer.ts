import { eventsV1 } from '@smartant/contracts';
import { SmartantError } from '@smartant/kernel';
import { handleByType, type DomainEvent, type EventBus, type Subscription } from '@smartant/platform/events';
import { currentOrigin } from '@smartant/platform/telemetry';
import type { AlertIntake } from '../../application/ports/alert-intake';
import { SEVERITIES, type AlertReport, type Severity } from '../../domain/alert';

export const ALERT_EVENTS = { topic: 'smartant.alerts.v1', group: 'notifier' } as const;

/** Takes in the scheduler's alerts. An event that comes again changes nothing: the intake knows alerts by fingerprint and moment. */
export function consumeAlerts(bus: EventBus, intake: AlertIntake): Promise<Subscription> {
  const take = (event: DomainEvent) => intake.report([reportOf(event)]);
  const handler = handleByType(ALERT_EVENTS.group, { 'io.smartant.alert.firing.v1': take, 'io.smartant.alert.resolved.v1': take });
  return bus.subscribe({ ...ALERT_EVENTS, handler });
}

/** Raises EVENT_DATA_INVALID. */
function reportOf(event: DomainEvent): AlertReport {
  const { workspaceId, name, severity, labels, annotations, migrationId, startsAt, endsAt } = eventsV1.AlertChanged.fromJSON(event.data);
  const times = [new Date(startsAt), new Date(endsAt === '' ? startsAt : endsAt)];
  if (!SEVERITIES.includes(severity as Severity) || times.some((time) => Number.isNaN(time.getTime()))) throw invalid(event);
  return {
    workspaceId,
    name,
    severity: severity as Severity,
    labels,
    annotations,
    source: 'scheduler',
    migrationId,
    startsAt: times[0]!,
    endsAt: endsAt === '' ? null : times[1]!,
    ...(currentOrigin() ?? { traceId: '', spanId: '' }),
  };
}

function invalid({ id }: DomainEvent): SmartantError {
  return new SmartantError('ALERT_EVENT_INVALID', `Event ${id} tells of no alert: its severity or its times are none.`, {
    kind: 'invalid',
    actor: 'bug',
    hint: 'Run the same version of all services; then replay what is parked.',
    details: { eventId: id },
  });
}
