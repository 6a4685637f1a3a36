import type { PgSession } from '../session/pg-session';
import { keyOf } from '../schema/schema-scope';

/** By what is not the server's own: a function, an operator's function or a domain's check may read other tables. */
const INDEXES = `SELECT n.nspname AS schema, c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL) AND EXISTS (
    SELECT FROM pg_depend d LEFT JOIN pg_type t ON d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid
    WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid AND d.refobjid >= 16384
      AND (d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass) OR t.typtype = 'd'))`;

/**
 * Indexes of the source, by `keyOf` of their names, whose entries may depend on rows of other tables, whatever their functions are declared as:
 * built before those are copied, they would be wrong.
 */
export async function indexesThatWait(source: PgSession, signal: AbortSignal): Promise<Set<string>> {
  const rows = await source.query(INDEXES, undefined, signal);
  return new Set(rows.map((row) => keyOf({ schema: row['schema'] ?? '', table: row['name'] ?? '' })));
}
