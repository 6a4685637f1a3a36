import { dashboard, lines, row, variable } from './panels.mjs';

const OF = 'namespace=~"$namespace"';
const rate = (by, metric, more = '') => `sum by (${by}) (rate(${metric}{${OF}${more}}[$__rate_interval]))`;
const quantile = (metric) => `histogram_quantile(0.95, ${rate('le, route', `${metric}_bucket`)})`;

export default dashboard({
  uid: 'kong',
  title: 'Gateway (Kong)',
  description: 'What comes in from outside, by the prometheus plugin of Kong.',
  variables: [variable('namespace', 'kong_nginx_connections_total')],
  rows: [
    row(
      'Requests',
      lines('By route', 'reqps', [[rate('route', 'kong_http_requests_total'), '{{route}}']]),
      lines('By status', 'reqps', [[rate('code', 'kong_http_requests_total'), '{{code}}']], { stack: true }),
      lines(
        'Refused by the gateway itself',
        'reqps',
        [[rate('route, code', 'kong_http_requests_total', ', source="kong"'), '{{route}} {{code}}']],
        {
          description: '401 and 403: not signed in, not allowed. 429: over the limit.',
        },
      ),
      lines('Share that fails', 'percentunit', [[`smartant:kong_errors:ratio_rate5m{${OF}}`, '{{service}}']]),
    ),
    row(
      'Time, 95th percentile',
      lines('Whole request', 'ms', [[quantile('kong_request_latency_ms'), '{{route}}']]),
      lines('In the services', 'ms', [[quantile('kong_upstream_latency_ms'), '{{route}}']]),
      lines('In Kong', 'ms', [[quantile('kong_kong_latency_ms'), '{{route}}']]),
    ),
    row(
      'Kong itself',
      lines('Bytes', 'Bps', [[rate('direction', 'kong_bandwidth_bytes'), '{{direction}}']]),
      lines('Connections', 'short', [[`sum by (state) (kong_nginx_connections_total{${OF}})`, '{{state}}']]),
      lines('Shared memory in use', 'percentunit', [
        [
          `max by (shared_dict) (kong_memory_lua_shared_dict_bytes{${OF}} / kong_memory_lua_shared_dict_total_bytes{${OF}})`,
          '{{shared_dict}}',
        ],
      ]),
    ),
  ],
});
