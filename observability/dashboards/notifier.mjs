import { dashboard, lines, number, p95, perSecond, row } from './panels.mjs';

const NS = 'namespace=~"$namespace"';

export default dashboard({
  uid: 'notifier',
  title: 'Alerts and messages',
  description: 'What comes in, what is told, and whether it reaches people.',
  rows: [
    row(
      'Now',
      number('Alerts that fire', 'short', `sum(max by (severity) (smartant_notifier_alerts_firing{${NS}}))`),
      number('Messages that wait', 'short', `max(smartant_notifier_deliveries_pending{${NS}})`, { steps: [50, 500] }),
      number('Oldest message that waits', 's', `max(smartant_notifier_oldest_pending_seconds{${NS}})`, { steps: [120, 900] }),
      number('Channels that need attention', 'short', `max(smartant_notifier_channels{${NS}, health="needs-attention"})`, { steps: [1] }),
      number('Channels that hold back', 'short', `max(smartant_notifier_channels_holding{${NS}})`, {
        description: 'Their quota is used up, or their provider said to come again later.',
        steps: [1, 5],
      }),
      number('Alerts in no group yet', 'short', `max(smartant_notifier_alerts_unrouted{${NS}})`, { steps: [1_000, 10_000] }),
    ),
    row(
      'What comes in',
      lines('Alerts that begin and end', 'short', [
        [perSecond(`smartant_notifier_alerts_received_total{${NS}, change!="none"}`, ['source', 'change']), '{{source}}: {{change}}'],
      ]),
      lines('Alerts that fire', 'short', [[`max by (severity) (smartant_notifier_alerts_firing{${NS}})`, '{{severity}}']], { stack: true }),
      lines('Requests of other systems', 'reqps', [
        [perSecond(`smartant_notifier_intake_requests_total{${NS}}`, ['source', 'status']), '{{source}} {{status}}'],
      ]),
      lines('Alerts taken for over', 'short', [[perSecond(`smartant_notifier_alerts_expired_total{${NS}}`, ['source']), '{{source}}']], {
        description: 'Their source was silent about them for too long.',
      }),
      lines('Groups told', 'short', [[perSecond(`smartant_notifier_groups_told_total{${NS}}`, ['outcome']), '{{outcome}}']]),
    ),
    row(
      'Messages',
      lines('Attempts', 'short', [[perSecond(`smartant_notifier_attempts_total{${NS}}`, ['outcome']), '{{outcome}}']], { stack: true }),
      lines('Part that is not delivered', 'percentunit', [[`smartant:notifier_attempts_failed:ratio_rate10m{${NS}}`, '{{type}}']]),
      lines('Time of an attempt, 95th percentile', 's', [
        [p95(`smartant_notifier_attempt_duration_seconds_bucket{${NS}}`, ['type']), '{{type}}'],
      ]),
      lines('Refused because asked too often', 'short', [[perSecond(`smartant_notifier_throttled_total{${NS}}`, ['type']), '{{type}}']]),
      lines('Messages that wait', 'short', [[`max(smartant_notifier_deliveries_pending{${NS}})`, 'messages']]),
      lines('Gone on to another channel, or uncertain', 'short', [
        [`sum(rate(smartant_notifier_fallbacks_total{${NS}}[$__rate_interval]))`, 'another channel'],
        [`sum(rate(smartant_notifier_uncertain_total{${NS}}[$__rate_interval]))`, 'uncertain'],
        [`sum(rate(smartant_notifier_template_failures_total{${NS}}[$__rate_interval]))`, 'template failed'],
      ]),
    ),
    row(
      'Watchers of Kubernetes, and the engine',
      lines('Replicas that watch', 'short', [[`sum(smartant_notifier_watch_leader{${NS}})`, 'replicas']], {
        description: 'One, where the cluster is watched.',
      }),
      lines('Streams followed', 'short', [[`sum by (stream) (smartant_notifier_watch_live{${NS}})`, '{{stream}}']]),
      lines('Watches that failed', 'short', [
        [perSecond(`smartant_notifier_watch_failures_total{${NS}}`, ['stream', 'code']), '{{stream}} {{code}}'],
      ]),
      lines('Reports of the watchers', 'short', [[perSecond(`smartant_notifier_watch_reports_total{${NS}}`, ['state']), '{{state}}']]),
      lines('Steps that failed', 'short', [[perSecond(`smartant_notifier_failures_total{${NS}}`, ['part']), '{{part}}']]),
    ),
  ],
});
