import type { Finding } from '../../../application/ports/database-engine';
import type { PgSession } from '../session/pg-session';
import { keyOf, type SchemaScope } from './schema-scope';

/** Ordinary ones rest while rows are applied (session_replication_role = replica); these do not. */
const FIRING = `
  SELECT n.nspname AS schema, c.relname AS name, 'trigger ' || t.tgname AS what FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE t.tgenabled IN ('A', 'R') AND NOT t.tgisinternal AND t.tgname !~ '^smartant_'
  UNION ALL SELECT n.nspname, c.relname, 'rule ' || r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE r.ev_enabled IN ('A', 'R')`;

/** Triggers and rules of the scope's tables that would fire at the target for each row that we write there. */
export async function firingTriggers(source: PgSession, scope: SchemaScope, signal: AbortSignal): Promise<Finding[]> {
  const tables = new Set(scope.tables.map((table) => keyOf(table)));
  const rows = await source.query(FIRING, undefined, signal);
  return rows
    .filter((row) => tables.has(keyOf({ schema: row['schema'] ?? '', table: row['name'] ?? '' })))
    .map((row) => ({
      severity: 'warning',
      code: 'SCHEMA_TRIGGER_ALWAYS_FIRES',
      subject: 'source',
      message: `The ${row['what']} of ${row['schema']}.${row['name']} fires also for rows that replication writes, so its effects would be there twice.`,
      hint: 'Enable it the ordinary way at the source (ALTER TABLE … ENABLE TRIGGER), or disable it at the target until the cutover.',
    }));
}
