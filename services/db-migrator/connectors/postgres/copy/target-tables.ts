import { SmartantError } from '@smartant/kernel';
import { movedColumns, nameAtTarget, type Table, type TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import type { PgSession } from '../session/pg-session';

const TABLES_AT_ONCE = 500;

export interface TargetTable {
  kind: string;
  /** `type` as format_type writes it. */
  columns: Map<string, { typeOid: string; type: string; isGenerated: boolean }>;
}

/** The target's tables of these names, by `nameOf`; those that are not there are left out. */
export async function readTargetTables(session: PgSession, names: TableName[], signal: AbortSignal): Promise<Map<string, TargetTable>> {
  const found = new Map<string, TargetTable>();
  for (let at = 0; at < names.length; at += TABLES_AT_ONCE) {
    const page = names.slice(at, at + TABLES_AT_ONCE);
    for (const row of await session.query(TABLES, [JSON.stringify(page)], signal)) {
      const columns = JSON.parse(row['columns'] ?? '[]') as [string, string, string, boolean][];
      found.set(nameOf({ schema: row['schema'] ?? '', table: row['name'] ?? '' }), {
        kind: row['kind'] ?? '',
        columns: new Map(columns.map(([name, typeOid, type, isGenerated]) => [name, { typeOid, type, isGenerated }])),
      });
    }
  }
  return found;
}

const TABLES = `SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind,
  (SELECT json_agg(json_build_array(a.attname, a.atttypid::text, format_type(a.atttypid, a.atttypmod), a.attgenerated <> '')) FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
  FROM json_to_recordset($1::json) AS w("schema" text, "table" text)
  JOIN pg_namespace n ON n.nspname = w."schema" JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w."table"
  WHERE c.relkind IN ('r', 'p', 'f')`;

/** The target's table, where the rows of a table can be put into it; else raises DATABASE_TABLE_DIFFERS. */
export function checkTarget(table: Table, target: TargetTable | undefined, targetName: TableName): TargetTable {
  const differs = (problem: string) =>
    new SmartantError('DATABASE_TABLE_DIFFERS', `${nameOf(table)} cannot be copied into ${nameOf(targetName)}: ${problem}.`, {
      kind: 'precondition',
      hint: 'Make the table at the target as it is at the source, or let the migration make it.',
    });
  if (!target) throw differs('the target has no such table');
  for (const name of movedColumns(table).map(nameAtTarget)) {
    const column = target.columns.get(name);
    if (!column) throw differs(`the target's has no column "${name}"`);
    if (column.isGenerated) throw differs(`the target generates the column "${name}"`);
  }
  return target;
}

/**
 * Types whose binary form is the same on both servers, by oid: the server's own that keep their oid over versions, on either side, but for
 * those that stand for an oid of this database (regclass and its like) and xml, whose binary form names an encoding.
 */
export async function readBinaryTypes(session: PgSession, signal: AbortSignal): Promise<Set<string>> {
  const rows = await session.query(BINARY_TYPES, undefined, signal);
  return new Set(rows.map((row) => row['oid'] ?? ''));
}

const BINARY_TYPES = `SELECT t.oid FROM pg_type t LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
  WHERE t.oid < 10000 AND t.typtype IN ('b', 'r', 'm') AND t.typsend <> 0 AND t.typreceive <> 0 AND t.typname !~ '^_?(reg|xml$)'
    AND (e.oid IS NULL OR e.typsend <> 0)`;

/** Whether a table's rows mean the same in binary form at both ends; else they are copied as text. */
export function isBinaryExact(table: Table, target: TargetTable, binaryTypes: ReadonlySet<string>): boolean {
  const columns = movedColumns(table);
  return (
    columns.length > 0 &&
    columns.every((column) => binaryTypes.has(column.typeOid) && target.columns.get(nameAtTarget(column))?.typeOid === column.typeOid)
  );
}
