import { dashboard, lines, row, variable } from './panels.mjs';

const TOPIC = 'topic=~"smartant[.].*"';
const PG = 'instance=~"$instance"';
const rate = (metric, by = 'datname') => `sum by (${by}) (rate(${metric}{${PG}, datname!~"template.*"}[$__rate_interval]))`;

export default dashboard({
  uid: 'kafka-postgres',
  title: 'Kafka and PostgreSQL',
  description: 'What the services stand on, by kafka_exporter and postgres_exporter.',
  variables: [variable('instance', 'pg_stat_activity_count')],
  rows: [
    row(
      'Kafka',
      lines('Events published', 'cps', [
        [`sum by (topic) (rate(kafka_topic_partition_current_offset{${TOPIC}}[$__rate_interval]))`, '{{topic}}'],
      ]),
      lines('Events that are not consumed yet', 'short', [
        [`sum by (consumergroup, topic) (kafka_consumergroup_lag{${TOPIC}})`, '{{consumergroup}} {{topic}}'],
      ]),
      lines('Oldest event in an outbox', 's', [['max by (app) (smartant_outbox_age_seconds)', '{{app}}']]),
      lines('Brokers', 'short', [['max(kafka_brokers)', 'brokers']]),
      lines('Partitions with too few replicas', 'short', [
        [`sum by (topic) (kafka_topic_partition_under_replicated_partition{${TOPIC}})`, '{{topic}}'],
      ]),
      lines('Members of consumer groups', 'short', [['sum by (consumergroup) (kafka_consumergroup_members)', '{{consumergroup}}']]),
    ),
    row(
      'PostgreSQL',
      lines('Connections by state', 'short', [
        [`sum by (state) (pg_stat_activity_count{${PG}})`, '{{state}}'],
        [`sum(pg_settings_max_connections{${PG}})`, 'limit'],
      ]),
      lines('Transactions', 'cps', [
        [rate('pg_stat_database_xact_commit'), '{{datname}} committed'],
        [rate('pg_stat_database_xact_rollback'), '{{datname}} rolled back'],
      ]),
      lines('Longest transaction', 's', [[`max by (datname) (pg_stat_activity_max_tx_duration{${PG}})`, '{{datname}}']]),
      lines('Blocks found in memory', 'percentunit', [
        [
          `${rate('pg_stat_database_blks_hit')} / (${rate('pg_stat_database_blks_hit')} + ${rate('pg_stat_database_blks_read')})`,
          '{{datname}}',
        ],
      ]),
      lines('Deadlocks', 'cps', [[rate('pg_stat_database_deadlocks'), '{{datname}}']]),
      lines('Locks', 'short', [[`sum by (mode) (pg_locks_count{${PG}})`, '{{mode}}']]),
      lines('Size', 'bytes', [[`max by (datname) (pg_database_size_bytes{${PG}})`, '{{datname}}']]),
      lines('Delay of replicas', 's', [[`max by (instance) (pg_replication_lag_seconds{${PG}})`, '{{instance}}']]),
      lines('Pools of the services: waiting', 'short', [['sum by (app, pool) (smartant_pool_waiting)', '{{pool}}']]),
    ),
  ],
});
