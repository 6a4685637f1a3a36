import type { Migration } from '@smartant/platform/postgres';

/** Tables of the audit trail, in the scheduler's schema. */
export const auditMigrations: Migration[] = [
  {
    name: 'audit-001-pending',
    up: `
      -- Written in the transaction of the change. Sequence order is not commit order, so entries are put into the chain afterwards.
      CREATE TABLE audit_pending (
        id text PRIMARY KEY,
        workspace_id text,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        entry json NOT NULL
      );
    `,
  },
];
