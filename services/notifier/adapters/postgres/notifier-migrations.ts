import { processedEventMigrations } from '@smartant/platform/events';
import type { Migration } from '@smartant/platform/postgres';
import { watcherMigrations } from './watcher-migrations';

export const NOTIFIER_SCHEMA = 'notifier';

/** The steps of the notifier's schema, oldest first. */
export function notifierMigrations(): Migration[] {
  return [
    ...processedEventMigrations(),
    { name: 'notifier-0001', up: `${CHANNELS};${ALERTS};${DELIVERIES}` },
    ...watcherMigrations,
    { name: 'notifier-0002-expiry-and-origins', up: EXPIRY_AND_ORIGINS },
  ];
}

const EXPIRY_AND_ORIGINS = `
-- When it ends unless it is said again; null: its source says the end. And whether its end was such a one.
ALTER TABLE alert ADD COLUMN expires_at timestamptz, ADD COLUMN expired boolean NOT NULL DEFAULT false;
-- Of the trace that is in trace_id.
ALTER TABLE alert ADD COLUMN span_id text NOT NULL DEFAULT '';
ALTER TABLE delivery ADD COLUMN span_id text NOT NULL DEFAULT '';
CREATE INDEX alert_expiring ON alert (expires_at) WHERE expires_at IS NOT NULL`;

const CHANNELS = `CREATE TABLE channel (
  id text PRIMARY KEY,
  workspace_id text NOT NULL,
  name text NOT NULL,
  type text NOT NULL,
  settings jsonb NOT NULL,
  -- Sealed, bound to workspace and id.
  secrets bytea,
  secret_names text[] NOT NULL,
  language text NOT NULL,
  enabled boolean NOT NULL,
  fallback_channel_id text,
  version bigint NOT NULL,
  request_id text UNIQUE,
  health text NOT NULL DEFAULT 'unused',
  -- In a row.
  failures integer NOT NULL DEFAULT 0,
  last_error_code text NOT NULL DEFAULT '',
  last_error_message text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT channel_name UNIQUE (workspace_id, name)
);
CREATE TABLE quota_bucket (
  channel_id text PRIMARY KEY REFERENCES channel ON DELETE CASCADE,
  tokens double precision NOT NULL,
  refilled_at timestamptz NOT NULL,
  -- Until then the channel takes nothing: its bucket is empty, or its provider said so.
  ready_at timestamptz NOT NULL
);
CREATE TABLE routing (
  workspace_id text PRIMARY KEY,
  version bigint NOT NULL,
  document jsonb NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL
);
CREATE TABLE silence (
  id text PRIMARY KEY,
  workspace_id text NOT NULL,
  matchers jsonb NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  comment text NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  request_id text UNIQUE
);
CREATE INDEX silence_by_workspace ON silence (workspace_id, ends_at);
CREATE TABLE template (
  workspace_id text NOT NULL,
  channel_type text NOT NULL,
  language text NOT NULL,
  title text NOT NULL,
  body text NOT NULL,
  version bigint NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL,
  PRIMARY KEY (workspace_id, channel_type, language)
)`;

const ALERTS = `CREATE TABLE alert (
  id text PRIMARY KEY,
  workspace_id text NOT NULL,
  fingerprint text NOT NULL UNIQUE,
  name text NOT NULL,
  severity text NOT NULL,
  status text NOT NULL,
  labels jsonb NOT NULL,
  annotations jsonb NOT NULL,
  source text NOT NULL,
  migration_id text NOT NULL,
  trace_id text NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz,
  acknowledged_at timestamptz,
  acknowledged_by text NOT NULL DEFAULT '',
  acknowledged_comment text NOT NULL DEFAULT '',
  -- Its groups are yet to hear of its last change.
  route_due boolean NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX alert_to_route ON alert (id) WHERE route_due;
CREATE INDEX alert_by_workspace ON alert (workspace_id, id);
CREATE INDEX alert_firing ON alert (workspace_id, name, id) WHERE status = 'firing';
CREATE INDEX alert_by_migration ON alert (migration_id, id) WHERE migration_id <> '';
CREATE INDEX alert_over ON alert (changed_at) WHERE status = 'resolved';
CREATE TABLE alert_group (
  id text PRIMARY KEY,
  workspace_id text NOT NULL,
  labels jsonb NOT NULL,
  route jsonb NOT NULL,
  due_at timestamptz,
  last_notified_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX alert_group_due ON alert_group (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX alert_group_by_workspace ON alert_group (workspace_id);
CREATE TABLE alert_group_member (
  group_id text NOT NULL REFERENCES alert_group ON DELETE CASCADE,
  alert_id text NOT NULL REFERENCES alert ON DELETE CASCADE,
  -- Something is to be told of it.
  pending boolean NOT NULL,
  -- What was told last of it: firing, resolved, or nothing yet.
  told text,
  first_told_at timestamptz,
  -- Steps of the escalation that it has taken.
  escalated integer NOT NULL DEFAULT 0,
  PRIMARY KEY (group_id, alert_id)
);
CREATE INDEX alert_group_member_pending ON alert_group_member (group_id, alert_id) WHERE pending;
CREATE INDEX alert_group_member_by_alert ON alert_group_member (alert_id)`;

const DELIVERIES = `CREATE TABLE delivery (
  id text PRIMARY KEY,
  workspace_id text NOT NULL,
  channel_id text NOT NULL,
  group_id text NOT NULL,
  kind text NOT NULL,
  state text NOT NULL,
  message jsonb NOT NULL,
  title text NOT NULL,
  alert_ids text[] NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  -- Of these in a row, since it was last begun anew.
  failures integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL,
  give_up_at timestamptz NOT NULL,
  -- Set while a process sends it; what has run out without an outcome may have been taken.
  lease text,
  lease_until timestamptz,
  -- Channels that it was for before this one.
  tried_channels text[] NOT NULL DEFAULT '{}',
  trace_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  settled_at timestamptz
);
CREATE INDEX delivery_due ON delivery (channel_id, next_attempt_at) WHERE state = 'pending' AND lease IS NULL;
CREATE INDEX delivery_leased ON delivery (lease_until) WHERE lease IS NOT NULL;
CREATE INDEX delivery_waiting ON delivery (created_at) WHERE state = 'pending';
CREATE INDEX delivery_by_workspace ON delivery (workspace_id, id);
CREATE INDEX delivery_by_channel ON delivery (channel_id, id);
CREATE INDEX delivery_by_alert ON delivery USING gin (alert_ids);
CREATE INDEX delivery_settled ON delivery (settled_at) WHERE settled_at IS NOT NULL;
CREATE TABLE delivery_attempt (
  delivery_id text NOT NULL REFERENCES delivery ON DELETE CASCADE,
  number integer NOT NULL,
  at timestamptz NOT NULL,
  outcome text NOT NULL,
  error_code text NOT NULL,
  error_message text NOT NULL,
  provider_id text NOT NULL,
  provider_code text NOT NULL,
  duration_ms integer NOT NULL,
  PRIMARY KEY (delivery_id, number)
)`;
