import type { Migration } from '@smartant/platform/postgres';
import { RUN_TABLES } from '@smartant/runs/adapters';

export const WAYS_STEP = 'storage-0003-ways-to-endpoints';

/**
 * The tables of schema storage_migrator, beside those of the shards and the outbox. Keys are compared byte by byte
 * (COLLATE "C"), which for UTF-8 is the order in which stores list them.
 */
export function storageMigrations(): Migration[] {
  return [
    { name: 'storage-0001-tables', up: TABLES },
    { name: 'storage-0002-upload-intents', up: UPLOAD_INTENTS },
    // Runs are stored whose endpoints have ways or choices of TLS: versions that would leave them out are locked out.
    { name: WAYS_STEP, kind: 'contract', onDemand: true, up: 'SELECT 1' },
  ];
}

const UPLOAD_INTENTS = `
CREATE TABLE upload_intent (
  intent_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  migration_id text NOT NULL,
  key          text COLLATE "C" NOT NULL,
  begun_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX upload_intent_of_migration ON upload_intent (migration_id, key);
`;

const TABLES = `${RUN_TABLES}
CREATE TABLE upload (
  migration_id    text NOT NULL,
  key             text COLLATE "C" NOT NULL,
  upload_id       text NOT NULL,
  part_size_bytes bigint NOT NULL,
  change_id       text NOT NULL,
  started_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (migration_id, key)
);

CREATE TABLE upload_part (
  migration_id text NOT NULL,
  key          text COLLATE "C" NOT NULL,
  upload_id    text NOT NULL,
  part_number  integer NOT NULL,
  etag         text NOT NULL,
  size         bigint NOT NULL,
  crc32        text,
  PRIMARY KEY (migration_id, key, part_number),
  FOREIGN KEY (migration_id, key) REFERENCES upload ON DELETE CASCADE
);

CREATE TABLE shard_digest (
  shard_id text NOT NULL,
  run_id   text NOT NULL,
  kind     text NOT NULL,
  state    bytea NOT NULL,
  PRIMARY KEY (shard_id, kind)
);
CREATE INDEX shard_digest_run ON shard_digest (run_id);

CREATE TABLE difference (
  run_id       text NOT NULL,
  migration_id text NOT NULL,
  key          text COLLATE "C" NOT NULL,
  kind         text NOT NULL,
  detail       text NOT NULL,
  waived       boolean NOT NULL,
  PRIMARY KEY (run_id, key)
);
CREATE INDEX difference_of_migration ON difference (migration_id, key);
`;
