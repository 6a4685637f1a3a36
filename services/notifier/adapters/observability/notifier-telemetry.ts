import { toSmartantError } from '@smartant/kernel';
import type { Logger } from '@smartant/platform/logging';
import { counter, gauge, histogram } from '@smartant/platform/metrics';
import type { Database } from '@smartant/platform/postgres';
import type { NotifierObserver } from '../../application/engine/observer';

const received = counter('smartant_notifier_alerts_received_total', 'Reports of alerts by their source and by what they changed.', [
  'source',
  'change',
]);
const expired = counter(
  'smartant_notifier_alerts_expired_total',
  'Alerts that were taken for over as their source was silent about them.',
  ['source'],
);
const attempts = counter('smartant_notifier_attempts_total', 'Attempts to send a message, by the type of channel and outcome.', [
  'type',
  'outcome',
]);
const throttled = counter('smartant_notifier_throttled_total', 'Attempts that a provider refused because it was asked too often.', [
  'type',
]);
const seconds = histogram('smartant_notifier_attempt_duration_seconds', 'Time of an attempt to send, by the type of channel.', ['type']);
const fallbacks = counter('smartant_notifier_fallbacks_total', 'Messages that went on to another channel.');
const uncertain = counter('smartant_notifier_uncertain_total', 'Attempts whose process ended before it wrote what came of them.');
const templates = counter('smartant_notifier_template_failures_total', 'Messages that a template could not say, said by the built-in one.');
const groups = counter('smartant_notifier_groups_told_total', 'Groups that came due, by whether something was sent.', ['outcome']);
const failures = counter('smartant_notifier_failures_total', 'Steps of the engine that failed and are tried again.', ['part']);

const THROTTLED = 'NOTIFY_CHANNEL_THROTTLED';
const HEALTHS = ['ok', 'failing', 'needs-attention', 'unused'];

/** Metrics and logs of what the notifier does. Labels are types and outcomes: neither workspaces, nor channels, nor alerts. */
export function notifierTelemetry(logger: Logger): NotifierObserver {
  return {
    received: (source, changes) => changes.forEach((count, change) => received.inc({ source, change }, count)),
    expired: (source, count) => {
      expired.inc({ source }, count);
      logger.warn({ source, alerts: count }, 'alerts are taken for over: their source has been silent about them');
    },
    flushed: (groupId, deliveries, held) => {
      groups.inc({ outcome: deliveries > 0 ? 'told' : held > 0 ? 'held' : 'nothing' });
      if (deliveries > 0) logger.info({ groupId, deliveries, held }, 'a group of alerts is told');
    },
    templateFailed: (workspaceId, channelType, problem) => {
      templates.inc();
      logger.warn({ workspaceId, channelType, problem }, 'a template failed: the built-in one was used');
    },
    attempted: (delivery, type, attempt) => {
      const { outcome, durationMs, errorCode, providerCode, providerId } = attempt;
      attempts.inc({ type, outcome });
      if (errorCode === THROTTLED) throttled.inc({ type });
      seconds.observe({ type }, durationMs / 1_000);
      const fields = { deliveryId: delivery.id, channelId: delivery.channelId, workspaceId: delivery.workspaceId, channelType: type };
      if (outcome === 'delivered') logger.info({ ...fields, providerId }, 'message delivered');
      else logger.warn({ ...fields, outcome, code: errorCode, providerCode }, 'message not delivered');
    },
    fellBack: (delivery, to) => {
      fallbacks.inc();
      logger.warn({ deliveryId: delivery.id, channelId: delivery.channelId, fallbackChannelId: to }, 'message goes on to another channel');
    },
    uncertain: (deliveryId, channelId) => {
      uncertain.inc();
      logger.warn(
        { deliveryId, channelId },
        'the process that sent this message ended: it may have been taken, and is sent again after a while',
      );
    },
    failed: (part, error) => {
      failures.inc({ part });
      logger.error({ part, code: toSmartantError(error).code, err: error }, 'a step of the notifier failed, trying again');
    },
  };
}

/** What waits and what fires, asked for when metrics are scraped. */
export function watchQueue(database: Pick<Database, 'query'>): void {
  const pending = gauge('smartant_notifier_deliveries_pending', 'Messages that wait to be sent.');
  const oldest = gauge('smartant_notifier_oldest_pending_seconds', 'Age of the oldest message that waits; 0: none does.');
  const unrouted = gauge('smartant_notifier_alerts_unrouted', 'Alerts that changed and are in no group yet.');
  const firing = gauge('smartant_notifier_alerts_firing', 'Alerts that fire, by severity.', ['severity']);
  Object.assign(pending, {
    collect: async () => {
      const [row] = await database
        .query<{ pending: number; age: number; unrouted: number }>(
          `SELECT count(*)::int AS pending, coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS age,
             (SELECT count(*)::int FROM alert WHERE route_due) AS unrouted
           FROM delivery WHERE state = 'pending'`,
        )
        .catch(() => []);
      pending.set(row?.pending ?? Number.NaN);
      oldest.set(row?.age ?? Number.NaN);
      unrouted.set(row?.unrouted ?? Number.NaN);
    },
  });
  watchChannels(database);
  Object.assign(firing, {
    collect: async () => {
      const rows = await database
        .query<{ severity: string; count: number }>(
          `SELECT severity, count(*)::int AS count FROM alert WHERE status = 'firing' GROUP BY severity`,
        )
        .catch(() => null);
      for (const severity of ['critical', 'warning', 'info']) {
        firing.set({ severity }, rows === null ? Number.NaN : (rows.find((row) => row.severity === severity)?.count ?? 0));
      }
    },
  });
}

/** How channels do, and which of them hold their messages back: by our own quota, or because their provider said so. */
function watchChannels(database: Pick<Database, 'query'>): void {
  const channels = gauge('smartant_notifier_channels', 'Channels that are enabled, by their health.', ['health']);
  const holding = gauge(
    'smartant_notifier_channels_holding',
    'Channels with messages that are due and wait for a quota, or as their provider asked.',
  );
  Object.assign(channels, {
    collect: async () => {
      const rows = await database
        .query<{ health: string; count: number }>('SELECT health, count(*)::int AS count FROM channel WHERE enabled GROUP BY health')
        .catch(() => null);
      for (const health of HEALTHS)
        channels.set({ health }, rows === null ? Number.NaN : (rows.find((row) => row.health === health)?.count ?? 0));
    },
  });
  Object.assign(holding, {
    collect: async () => {
      const [row] = await database
        .query<{ count: number }>(
          `SELECT count(*)::int AS count FROM quota_bucket AS q WHERE q.ready_at > clock_timestamp() AND EXISTS
             (SELECT 1 FROM delivery AS d WHERE d.channel_id = q.channel_id AND d.state = 'pending' AND d.lease IS NULL AND d.next_attempt_at <= clock_timestamp())`,
        )
        .catch(() => []);
      holding.set(row?.count ?? Number.NaN);
    },
  });
}
