import { dashboard, lines, row, variable } from './panels.mjs';

const TO = 'reporter="destination", destination_service_namespace=~"$namespace", destination_service_name=~"$service"';
const sum = (by, selector, metric = 'istio_requests_total') => `sum by (${by}) (rate(${metric}{${selector}}[$__rate_interval]))`;

export default dashboard({
  uid: 'mesh',
  title: 'Mesh traffic',
  description: 'What goes between the services, as their sidecars tell it. Versions side by side show a canary.',
  variables: [
    variable('namespace', 'istio_requests_total', 'destination_service_namespace'),
    variable('service', 'istio_requests_total{destination_service_namespace=~"$namespace"}', 'destination_service_name'),
  ],
  rows: [
    row(
      'Traffic',
      lines('Requests by service and version', 'reqps', [
        [sum('destination_service_name, destination_version', TO), '{{destination_service_name}} {{destination_version}}'],
      ]),
      lines('Who calls whom', 'reqps', [
        [sum('source_canonical_service, destination_service_name', TO), '{{source_canonical_service}} → {{destination_service_name}}'],
      ]),
      lines('Answers by code', 'reqps', [
        [sum('response_code, grpc_response_status', TO), 'HTTP {{response_code}} gRPC {{grpc_response_status}}'],
      ]),
    ),
    row(
      'Failures',
      lines('Share that fails, by version', 'percentunit', [
        [
          `${sum('destination_service_name, destination_version', `${TO}, response_code=~"5.."`)} / ${sum('destination_service_name, destination_version', TO)}`,
          '{{destination_service_name}} {{destination_version}}',
        ],
      ]),
      lines(
        'Why: flags of the proxies of the callers',
        'reqps',
        [
          [
            sum(
              'destination_service_name, response_flags',
              'reporter="source", destination_service_namespace=~"$namespace", destination_service_name=~"$service", response_flags!="-"',
            ),
            '{{destination_service_name}} {{response_flags}}',
          ],
        ],
        { description: 'UO: circuit open. UH: no healthy host. URX: retries used up. UF: connection failed. DC: the caller went away.' },
      ),
      lines('Without mutual TLS', 'reqps', [
        [
          sum('source_canonical_service, destination_service_name', `${TO}, connection_security_policy!="mutual_tls"`),
          '{{source_canonical_service}} → {{destination_service_name}}',
        ],
      ]),
    ),
    row(
      'Time and size',
      lines('Time, 95th percentile, by version', 'ms', [
        [
          `histogram_quantile(0.95, ${sum('le, destination_service_name, destination_version', TO, 'istio_request_duration_milliseconds_bucket')})`,
          '{{destination_service_name}} {{destination_version}}',
        ],
      ]),
      lines('Bytes of answers', 'Bps', [[sum('destination_service_name', TO, 'istio_response_bytes_sum'), '{{destination_service_name}}']]),
      lines(
        'TCP: bytes sent',
        'Bps',
        [
          [
            'sum by (source_canonical_service, destination_service_name) (rate(istio_tcp_sent_bytes_total{reporter="source", source_workload_namespace=~"$namespace"}[$__rate_interval]))',
            '{{source_canonical_service}} → {{destination_service_name}}',
          ],
        ],
        { description: 'Databases and Kafka, where they are in the mesh.' },
      ),
    ),
  ],
});
