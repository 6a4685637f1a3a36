import { quoteText } from '../catalog/catalog';
import type { PgSession } from '../session/pg-session';
import type { ValueForm } from './messages';

/**
 * Types of the server's own whose binary form says exactly what their text does, in the same bytes on 12 to 18, by their oid. Not so: what names
 * other types by numbers of one database (arrays, composites), intervals (those that are infinite, of 17 on, are other values before), xml (the
 * encoding it declares) and money (digits by locale).
 */
export const EXACT_TYPES: ReadonlyMap<number, string> = new Map([
  [16, 'bool'],
  [17, 'bytea'],
  [20, 'int8'],
  [21, 'int2'],
  [23, 'int4'],
  [25, 'text'],
  [26, 'oid'],
  [114, 'json'],
  [650, 'cidr'],
  [700, 'float4'],
  [701, 'float8'],
  [869, 'inet'],
  [1042, 'bpchar'],
  [1043, 'varchar'],
  [1082, 'date'],
  [1083, 'time'],
  [1114, 'timestamp'],
  [1184, 'timestamptz'],
  [1266, 'timetz'],
  [1700, 'numeric'],
  [2950, 'uuid'],
  [3802, 'jsonb'],
]);

/** pgoutput sends binary values from 14 on. */
const BINARY_FROM = 140_000;

/**
 * Binary where every column of every published table has an exact type, or is an enumeration, whose binary form is its label.
 * `session`: any on the source, also a replication session.
 */
export async function formOfPublications(session: PgSession, publications: readonly string[], signal?: AbortSignal): Promise<ValueForm> {
  if (session.serverVersion < BINARY_FROM) return 'text';
  const [row] = await session.query(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_publication_tables p JOIN pg_catalog.pg_namespace n ON n.nspname = p.schemaname
       JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename
       JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
       JOIN pg_catalog.pg_type t ON t.oid = a.atttypid AND t.typtype <> 'e'
     WHERE p.pubname IN (${publications.map(quoteText).join(', ')}) AND a.atttypid NOT IN (${[...EXACT_TYPES.keys()].join(', ')})) AS others`,
    undefined,
    signal,
  );
  return row?.['others'] === 'f' ? 'binary' : 'text';
}
