import { SmartantError } from '@smartant/kernel';
import { quoteName, type TableName } from '../catalog/catalog';
import type { RelationColumn, RelationMessage } from '../replication/messages';
import type { PgRow, PgSession } from '../session/pg-session';
import type { TargetColumn, TargetTable } from './target-table';

export interface TargetLookup {
  session: PgSession;
  targetName: (name: TableName) => TableName;
  /** The root of a partition of the source; null: it is none. */
  rootOf: (name: TableName) => TableName | null;
}

let shapes = 0;

/**
 * Finds where a source's table goes: to its namesake, or, for a partition that the target does not have, to the namesake of its root.
 * Raises DATABASE_TABLE_MISSING; `missing` are columns that the target does not have.
 */
export async function readTargetTable(
  lookup: TargetLookup,
  relation: RelationMessage,
): Promise<{ table: TargetTable; missing: RelationColumn[] }> {
  const source = { schema: relation.schema, table: relation.table };
  const root = lookup.rootOf(source);
  for (const name of root ? [source, root] : [source]) {
    const target = lookup.targetName(name);
    const rows = await lookup.session.query(COLUMNS, [target.schema, target.table]);
    if (rows.length > 0) return tableOf(relation, target, rows);
  }
  throw new SmartantError('DATABASE_TABLE_MISSING', `The target has no table for ${relation.schema}.${relation.table}.`, {
    kind: 'precondition',
    hint: 'Make the table at the target, or leave it out of the migration.',
  });
}

/** One row a column, and one with nulls for a table without any. */
const COLUMNS = `SELECT c.relkind AS kind, a.attname AS name, a.attgenerated AS generated, a.attidentity AS identity,
  tn.nspname AS type_schema, t.typname AS type_name,
  COALESCE((SELECT x.n FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY x(attnum, n)
    WHERE i.indrelid = c.oid AND i.indisprimary AND x.attnum = a.attnum AND x.n <= i.indnkeyatts), 0) AS key_place,
  COALESCE((SELECT n.nspname FROM pg_opclass o JOIN pg_am m ON m.oid = o.opcmethod AND m.amname = 'btree'
      JOIN pg_amop p ON p.amopfamily = o.opcfamily AND p.amopstrategy = 3 AND p.amoplefttype = o.opcintype AND p.amoprighttype = o.opcintype
      JOIN pg_operator r ON r.oid = p.amopopr JOIN pg_namespace n ON n.oid = r.oprnamespace
      WHERE o.opcdefault AND o.opcintype = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END LIMIT 1),
    CASE WHEN t.typtype IN ('e', 'r', 'm') OR t.typname = 'varchar' THEN 'pg_catalog' END) AS equality
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_namespace tn ON tn.oid = t.typnamespace
  WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p') ORDER BY a.attnum`;

function tableOf(relation: RelationMessage, target: TableName, rows: PgRow[]): { table: TargetTable; missing: RelationColumn[] } {
  const byName = new Map(rows.filter(({ name }) => name !== null).map((row) => [row['name'] ?? '', row]));
  const missing = relation.columns.filter(({ name }) => !byName.has(name));
  const columns = relation.columns.map(({ name }) => columnOf(byName.get(name)));
  return {
    missing,
    table: {
      unit: `${relation.schema}.${relation.table}`,
      source: { schema: relation.schema, table: relation.table },
      target,
      kind: rows[0]?.['kind'] as 'r' | 'p',
      columns,
      key: keyOf(relation, byName),
      shape: (shapes += 1),
      relation,
    },
  };
}

function columnOf(row: PgRow | undefined): TargetColumn | null {
  if (!row || row['generated'] !== '') return null;
  return {
    name: row['name'] ?? '',
    type: `${quoteName(row['type_schema'] ?? '')}.${quoteName(row['type_name'] ?? '')}`,
    isAlways: row['identity'] === 'a',
    equality: row['equality'] ? quoteName(row['equality']) : null,
  };
}

/** What the source names old rows by; where that is the whole row, the target's primary key does it as well. */
function keyOf(relation: RelationMessage, byName: Map<string, PgRow>): number[] {
  const place = (name: string) => Number(byName.get(name)?.['key_place'] ?? 0);
  if (relation.replicaIdentity === 'd' || relation.replicaIdentity === 'i') {
    return relation.columns.flatMap(({ isKey }, index) => (isKey ? [index] : []));
  }
  const key = relation.columns.flatMap(({ name }, index) => (place(name) > 0 ? [index] : []));
  const whole = [...byName.keys()].filter((name) => place(name) > 0).length;
  return key.length === whole ? key : [];
}
