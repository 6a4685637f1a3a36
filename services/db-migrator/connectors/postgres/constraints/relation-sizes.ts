import { keyOf } from '../schema/schema-scope';
import type { PgSession } from '../session/pg-session';

/** Bytes of tables and materialized views at the target, by `keyOf` of their names, and which of them are partitioned roots. */
export interface RelationSizes {
  bytes: (key: string | null) => number;
  isPartitioned: (key: string | null) => boolean;
  /** It inherits from another, but not as a partition. */
  isHeir: (key: string | null) => boolean;
}

export async function relationSizes(session: PgSession, signal: AbortSignal): Promise<RelationSizes> {
  const rows = await session.query(
    `SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind,
       NOT c.relispartition AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid) AS is_heir, CASE WHEN c.relkind = 'p' THEN 0 ELSE pg_table_size(c.oid) END AS bytes
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`,
    undefined,
    signal,
  );
  const known = new Map(rows.map((row) => [keyOf({ schema: row['schema'] ?? '', table: row['name'] ?? '' }), row]));
  return {
    bytes: (key) => Number(known.get(key ?? '')?.['bytes'] ?? 0),
    isPartitioned: (key) => known.get(key ?? '')?.['kind'] === 'p',
    isHeir: (key) => known.get(key ?? '')?.['is_heir'] === 't',
  };
}
