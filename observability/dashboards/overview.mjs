import { dashboard, lines, number, p95, perSecond, row, table } from './panels.mjs';

const NS = 'namespace=~"$namespace"';

export default dashboard({
  uid: 'overview',
  title: 'Overview',
  description: 'Whether the platform is well, and how much it moves.',
  rows: [
    row(
      'Now',
      number('Migrations running', 'short', `sum(smartant:migrations:count{${NS}, status="running"})`),
      number('Migrations failed', 'short', `sum(smartant:migrations:count{${NS}, status="failed"}) or vector(0)`, { steps: [1, 10] }),
      number('Bytes moved', 'Bps', `sum(smartant:moved_bytes:rate5m{${NS}})`),
      number('Shards that wait', 'short', `sum(smartant:shards_pending:count{${NS}})`),
      number('Highest burn of an error budget, 1 h', 'short', `max(smartant:slo_burn:rate1h{${NS}})`, { steps: [1, 14.4] }),
      number('Alerts that fire', 'short', `count(ALERTS{alertname=~"Smartant.+", alertstate="firing"}) or vector(0)`, { steps: [1, 5] }),
    ),
    row(
      'Work',
      lines('Migrations by status', 'short', [[`sum by (status) (smartant:migrations:count{${NS}})`, '{{status}}']], { stack: true }),
      lines('Bytes moved', 'Bps', [[`smartant:moved_bytes:rate5m{${NS}}`, '{{app}}']], { stack: true }),
      lines('Objects, rows and files', 'cps', [[`smartant:moved_units:rate5m{${NS}}`, '{{app}}']], { stack: true }),
    ),
    row(
      'Services',
      lines('Replicas that answer', 'short', [[`sum by (app) (up{${NS}, app=~"scheduler|.+-migrator|notifier|gateway-keys"})`, '{{app}}']]),
      lines(
        'Requests to the API',
        'reqps',
        [[perSecond(`smartant_http_request_duration_seconds_count{${NS}}`, ['status']), '{{status}}']],
        {
          stack: true,
        },
      ),
      lines('Time of requests, 95th percentile', 's', [[p95(`smartant_http_request_duration_seconds_bucket{${NS}}`, []), 'p95']], {
        exemplars: true,
      }),
      lines('Delay of scheduling, 95th percentile', 's', [[p95(`smartant_scheduling_delay_seconds_bucket{${NS}}`, []), 'p95']]),
      lines('Oldest event that is not published', 's', [[`max by (app) (smartant_outbox_age_seconds{${NS}})`, '{{app}}']]),
      lines('Event loop at work', 'percentunit', [[`max by (app) (smartant:event_loop_utilisation:ratio_rate5m{${NS}})`, '{{app}}']]),
    ),
    row('Alerts', table('Alerts that fire', `ALERTS{alertname=~"Smartant.+", alertstate="firing"}`)),
  ],
});
