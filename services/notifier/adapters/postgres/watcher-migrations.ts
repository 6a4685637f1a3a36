import type { Migration } from '@smartant/platform/postgres';

/** Tables of the watchers of Kubernetes, for the notifier's schema. */
export const watcherMigrations: Migration[] = [
  {
    name: 'watchers-0001-tables',
    up: `
-- Who watches. Every write of a leader holds this row against whoever would take over, and names its epoch.
CREATE TABLE watcher_lease (
  name       text PRIMARY KEY,
  holder     text NOT NULL,
  epoch      bigint NOT NULL,
  expires_at timestamptz NOT NULL
);

-- Up to where the changes of a stream are in the tables below; written in the transaction that puts them there.
CREATE TABLE watcher_position (
  scope            text PRIMARY KEY,
  resource_version text NOT NULL,
  updated_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What is, or was, wrong. Without starts_at it has not lasted or happened enough to be told; told and over, its row is gone.
CREATE TABLE watcher_condition (
  fingerprint   text PRIMARY KEY,
  scope         text NOT NULL,
  object        text NOT NULL,
  name          text NOT NULL,
  severity      text NOT NULL,
  labels        jsonb NOT NULL,
  annotations   jsonb NOT NULL,
  hold_seconds  integer NOT NULL DEFAULT 0,
  -- Of what happens and has no end: over when it was not seen for so long.
  quiet_seconds integer,
  threshold     integer NOT NULL DEFAULT 1,
  occurrences   bigint NOT NULL DEFAULT 1,
  first_seen_at timestamptz NOT NULL,
  last_seen_at  timestamptz NOT NULL,
  starts_at     timestamptz,
  ends_at       timestamptz,
  -- Moves with starts_at and ends_at; told_revision is the one that the intake has.
  revision      bigint NOT NULL DEFAULT 0,
  told_revision bigint NOT NULL DEFAULT 0,
  told_at       timestamptz
);
CREATE INDEX watcher_condition_object ON watcher_condition (scope, object);

-- How often each record of the cluster has happened, as far as that is counted; it goes when the cluster forgets the record.
CREATE TABLE watcher_event (
  scope   text NOT NULL,
  uid     text NOT NULL,
  count   bigint NOT NULL,
  list_id bigint NOT NULL,
  PRIMARY KEY (scope, uid)
);
`,
  },
];
