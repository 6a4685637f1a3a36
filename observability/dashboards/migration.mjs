import { dashboard, lines, p95, perSecond, row } from './panels.mjs';

const NS = 'namespace=~"$namespace"';

export default dashboard({
  uid: 'migration',
  title: 'Migrations',
  description: 'How migrations go, by kind. A single migration is seen in the console, the API and its trace.',
  rows: [
    row(
      'All kinds',
      lines(
        'Migrations by phase',
        'short',
        [[`sum by (phase) (smartant:migrations:count{${NS}, status=~"running|waiting"})`, '{{phase}}']],
        {
          stack: true,
        },
      ),
      lines('Changes', 'cps', [[perSecond(`smartant_migration_changes_total{${NS}}`, ['change']), '{{change}}']]),
      lines('Time of a phase, 95th percentile', 's', [[p95(`smartant_migration_phase_seconds_bucket{${NS}}`, ['phase']), '{{phase}}']]),
      lines('Delay of scheduling, 95th percentile', 's', [[p95(`smartant_scheduling_delay_seconds_bucket{${NS}}`, []), 'p95']]),
      lines('Effects', 'cps', [[perSecond(`smartant_scheduler_effects_total{${NS}}`, ['effect', 'outcome']), '{{effect}} {{outcome}}']]),
      lines(
        'Time of an effect, 95th percentile',
        's',
        [[p95(`smartant_scheduler_effect_seconds_bucket{${NS}}`, ['effect']), '{{effect}}']],
        {
          exemplars: true,
        },
      ),
      lines('Migrations whose next effect does not get through', 'short', [
        [`max by (effect) (smartant_effects_stuck{${NS}})`, '{{effect}}'],
      ]),
    ),
    row(
      'Shards',
      lines('Shards that wait', 'short', [[`smartant:shards_pending:count{${NS}}`, '{{app}}']]),
      lines('Slots of workers in use', 'percentunit', [
        [`sum by (app) (smartant_worker_slots_busy{${NS}}) / sum by (app) (smartant_worker_slots{${NS}})`, '{{app}}'],
      ]),
      lines('Claims and takeovers', 'cps', [
        [perSecond(`smartant_shard_claims_total{${NS}}`, ['app', 'stage']), '{{app}} {{stage}}'],
        [perSecond(`smartant_shard_takeovers_total{${NS}}`, ['app']), '{{app}} taken over'],
      ]),
    ),
    row(
      'Object storage and files',
      lines('Bytes', 'Bps', [[perSecond(`smartant_storage_bytes_total{${NS}}`, ['stage']), '{{stage}}']]),
      lines('Objects', 'cps', [[perSecond(`smartant_storage_objects_total{${NS}}`, ['outcome']), '{{outcome}}']]),
      lines('Requests that were repeated', 'cps', [[perSecond(`smartant_storage_retries_total{${NS}}`, ['code']), '{{code}}']]),
    ),
    row(
      'Databases',
      lines('Bytes', 'Bps', [[perSecond(`smartant_database_bytes_total{${NS}}`, ['stage']), '{{stage}}']]),
      lines('Rows and changes', 'cps', [[perSecond(`smartant_database_rows_total{${NS}}`, ['stage']), '{{stage}}']]),
      lines('Streams of changes', 'short', [[`sum(smartant_database_streams{${NS}})`, 'streams']]),
      lines('Lag', 's', [[`max by (migration) (smartant_database_lag_seconds{${NS}})`, '{{migration}}']]),
      lines('Log that is not applied', 'bytes', [[`max by (migration) (smartant_database_lag_bytes{${NS}})`, '{{migration}}']]),
      lines('Log that the source keeps', 'bytes', [[`max by (migration) (smartant_database_retained_bytes{${NS}})`, '{{migration}}']]),
      lines('Comparisons that wait for the stream', 'short', [
        [`max by (migration) (smartant_database_comparisons_wait{${NS}})`, '{{migration}}'],
      ]),
      lines('Definitions that differ', 'short', [
        [`max by (migration) (smartant_database_definition_differences{${NS}})`, '{{migration}}'],
      ]),
    ),
    row(
      'Hosts',
      lines('Bytes', 'Bps', [[perSecond(`smartant_host_bytes_total{${NS}}`, ['stage']), '{{stage}}']]),
      lines('Files', 'cps', [[perSecond(`smartant_host_files_total{${NS}}`, ['stage']), '{{stage}}']]),
    ),
  ],
});
