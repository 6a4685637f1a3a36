// A schema job for run-schema-job.spec.ts. Its one argument says what its last step is like.
import type { Migration } from '@smartant/platform/postgres';
import { runSchemaJob } from '../index';

const last: Record<string, Migration> = {
  expands: { name: '0002-note', up: 'ALTER TABLE account ADD note text' },
  contracts: { name: '0002-no-balance', kind: 'contract', up: 'ALTER TABLE account DROP COLUMN balance' },
  fails: { name: '0002-broken', up: 'CREATE TABLE half (id int); SELECT no_such_function()' },
};

void runSchemaJob({
  name: 'bank',
  schema: 'bank',
  migrations: [{ name: '0001-account', up: 'CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL)' }, last[process.argv[2]!]!],
});
