import { dashboard, lines, NAMESPACE, p95, perSecond, row, variable } from './panels.mjs';

const OF = 'namespace=~"$namespace", app=~"$app"';
const SERVER = `smartant_rpc_server_duration_seconds`;
const CLIENT = `smartant_rpc_client_duration_seconds`;
const HTTP = `smartant_http_request_duration_seconds`;

export default dashboard({
  uid: 'service',
  title: 'Service',
  description: 'Rate, errors and duration of what a service is asked and asks; use, saturation and errors of what it has.',
  variables: [NAMESPACE, variable('app', 'smartant_event_loop_active_seconds_total{namespace=~"$namespace"}')],
  rows: [
    row(
      'gRPC, as a server',
      lines('Calls', 'reqps', [[perSecond(`${SERVER}_count{${OF}}`, ['method']), '{{method}}']]),
      lines('Calls that fail', 'reqps', [[perSecond(`${SERVER}_count{${OF}, code!="OK"}`, ['method', 'code']), '{{method}} {{code}}']]),
      lines('Time, 95th percentile', 's', [[p95(`${SERVER}_bucket{${OF}}`, ['method']), '{{method}}']], { exemplars: true }),
    ),
    row(
      'gRPC, as a client',
      lines('Attempts', 'reqps', [[perSecond(`${CLIENT}_count{${OF}}`, ['method']), '{{method}}']]),
      lines('Attempts that fail', 'reqps', [[perSecond(`${CLIENT}_count{${OF}, code!="OK"}`, ['method', 'code']), '{{method}} {{code}}']]),
      lines('Time, 95th percentile', 's', [[p95(`${CLIENT}_bucket{${OF}}`, ['method']), '{{method}}']], { exemplars: true }),
    ),
    row(
      'HTTP',
      lines('Requests', 'reqps', [[perSecond(`${HTTP}_count{${OF}}`, ['method', 'route']), '{{method}} {{route}}']]),
      lines('Requests that fail', 'reqps', [
        [perSecond(`${HTTP}_count{${OF}, status=~"[45].."}`, ['route', 'status']), '{{route}} {{status}}'],
      ]),
      lines('Time, 95th percentile', 's', [[p95(`${HTTP}_bucket{${OF}}`, ['route']), '{{route}}']], { exemplars: true }),
    ),
    row(
      'What it takes on',
      lines('Under way, waiting and let in at most', 'short', [
        [`sum by (class) (smartant_admission_running{${OF}})`, '{{class}} under way'],
        [`sum by (class) (smartant_admission_waiting{${OF}})`, '{{class}} waiting'],
        [`sum by (class) (smartant_admission_limit{${OF}})`, '{{class}} limit'],
      ]),
      lines('Let in and refused', 'reqps', [
        [perSecond(`smartant_admission_admitted_total{${OF}}`, ['class']), '{{class}}'],
        [perSecond(`smartant_admission_refused_total{${OF}}`, ['class', 'reason']), '{{class}} refused: {{reason}}'],
        [perSecond(`smartant_request_rate_limited_total{${OF}}`, ['app']), 'too many from one caller'],
      ]),
      lines('Watch streams cut, since nobody read them', 'cps', [[perSecond(`smartant_watch_stalled_total{${OF}}`, ['app']), '{{app}}']]),
    ),
    row(
      'Event loop',
      lines('At work', 'percentunit', [[`smartant:event_loop_utilisation:ratio_rate5m{${OF}}`, '{{app}} {{instance}}']]),
      lines('Lag', 's', [
        [`nodejs_eventloop_lag_p50_seconds{${OF}}`, '{{instance}} p50'],
        [`nodejs_eventloop_lag_p99_seconds{${OF}}`, '{{instance}} p99'],
      ]),
      lines('Delay that admission goes by', 's', [[`smartant_admission_loop_delay_seconds{${OF}}`, '{{instance}}']]),
    ),
    row(
      'Pools, slots and gates',
      lines('Connections to PostgreSQL', 'short', [
        [`sum by (app, pool, state) (smartant_pool_connections{${OF}})`, '{{pool}} {{state}}'],
        [`sum by (app, pool) (smartant_pool_limit{${OF}})`, '{{pool}} limit'],
      ]),
      lines('Statements that wait for a connection', 'short', [[`sum by (app, pool) (smartant_pool_waiting{${OF}})`, '{{pool}}']]),
      lines('Slots of workers', 'short', [
        [`sum by (app) (smartant_worker_slots_busy{${OF}})`, '{{app}} busy'],
        [`sum by (app) (smartant_worker_slots{${OF}})`, '{{app}} all'],
      ]),
      lines('Gates in use', 'percentunit', [
        [`sum by (gate) (smartant_storage_gate_in_use{${OF}}) / sum by (gate) (smartant_storage_gate_limit{${OF}})`, '{{gate}}'],
      ]),
      lines('Waiting at gates', 'short', [[`sum by (gate) (smartant_storage_gate_waiting{${OF}})`, '{{gate}}']]),
    ),
    row(
      'Events and the audit trail',
      lines('Oldest event that is not published', 's', [[`max by (app) (smartant_outbox_age_seconds{${OF}})`, '{{app}}']]),
      lines('Events parked, or of an unknown type', 'cps', [
        [perSecond(`smartant_events_parked_total{${OF}}`, ['topic', 'group']), '{{topic}} {{group}}'],
        [perSecond(`smartant_events_unknown_total{${OF}}`, ['app']), '{{app}} unknown'],
      ]),
      lines('Audit entries: sealed, and the oldest that waits', 'short', [
        [perSecond(`smartant_audit_sealed_total{${OF}}`, ['app']), 'sealed a second'],
        [`max by (app) (smartant_audit_pending_age_seconds{${OF}})`, 'seconds waited'],
        [`sum by (app) (smartant_audit_broken_total{${OF}})`, 'found changed'],
      ]),
      lines('Gateway has all keys', 'short', [[`min by (app) (smartant_gateway_keys_in_order{${OF}})`, '{{app}}']]),
    ),
    row(
      'Process',
      lines('Processor', 'percentunit', [[`rate(process_cpu_seconds_total{${OF}}[$__rate_interval])`, '{{app}} {{instance}}']]),
      lines('Memory', 'bytes', [[`process_resident_memory_bytes{${OF}}`, '{{app}} {{instance}}']]),
      lines('Heap in use', 'bytes', [[`nodejs_heap_size_used_bytes{${OF}}`, '{{app}} {{instance}}']]),
      lines('Time in garbage collection', 'percentunit', [
        [perSecond(`nodejs_gc_duration_seconds_sum{${OF}}`, ['app', 'kind']), '{{app}} {{kind}}'],
      ]),
      lines('Open files', 'short', [
        [`process_open_fds{${OF}}`, '{{app}} {{instance}}'],
        [`process_max_fds{${OF}}`, '{{app}} {{instance}} limit'],
      ]),
      lines('Time since the start', 's', [[`time() - process_start_time_seconds{${OF}}`, '{{app}} {{instance}}']]),
    ),
  ],
});
