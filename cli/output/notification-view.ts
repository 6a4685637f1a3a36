import type { Alert, Delivery } from '../api/notification-api';
import type { Messages } from '../messages/messages';
import { localTime } from './numbers';
import { renderDetails } from './table';

/** A message that was sent, or was to be, with every attempt. */
export function deliveryLines(delivery: Delivery, { labels: common, notifications }: Messages): string[] {
  const { labels, states } = notifications;
  return renderDetails([
    [common.id, delivery.id],
    [labels.title, delivery.title],
    [common.state, states[delivery.state] ?? delivery.state],
    [common.created, localTime(delivery.createdAt)],
    ...delivery.attempts.map((attempt): [string, string] => [localTime(attempt.at), attemptText(attempt, states)]),
    ...(delivery.nextAttemptAt === null ? [] : [[labels.nextAttempt, localTime(delivery.nextAttemptAt)] as [string, string]]),
  ]);
}

function attemptText(attempt: Delivery['attempts'][number], states: Record<string, string>): string {
  const { outcome, errorCode, errorMessage, providerCode, providerId } = attempt;
  const provider = [providerCode, providerId].filter((part) => part !== null).join(' ');
  const error = errorCode === null ? '' : `: ${errorCode} ${errorMessage ?? ''}`.trimEnd();
  return `${states[outcome] ?? outcome}${error}${provider === '' ? '' : ` (${provider})`}`;
}

export function alertLines(alert: Alert, { labels: common, notifications }: Messages): string[] {
  const { labels, states } = notifications;
  const optional = (label: string, value: string | null): [string, string][] => (value === null ? [] : [[label, value]]);
  return renderDetails([
    [common.name, alert.name],
    [common.id, alert.id],
    [common.state, states[alert.status] ?? alert.status],
    [labels.severity, alert.severity],
    [labels.source, alert.source],
    [labels.since, localTime(alert.startsAt)],
    ...optional(labels.until, alert.endsAt && localTime(alert.endsAt)),
    ...optional(labels.acknowledged, alert.acknowledgedAt && `${localTime(alert.acknowledgedAt)} ${alert.acknowledgedBy ?? ''}`),
    ...optional(labels.silences, alert.silenceIds.join(', ') || null),
    ...optional(common.migration, alert.migrationId),
    ...optional(labels.trace, alert.traceId),
    ...Object.entries({ ...alert.labels, ...alert.annotations }),
  ]);
}
