import { SmartantError } from '@smartant/kernel';
import { quoteName, type TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import type { RelationColumn, RelationMessage } from '../replication/messages';
import type { PgRow, PgSession } from '../session/pg-session';
import type { ColumnNames } from './column-names';
import { hashOfText } from './key-hash';
import type { Split, TargetColumn, TargetTable } from './target-table';

export interface TargetLookup {
  session: PgSession;
  targetName: (name: TableName) => TableName;
  /** The root of a partition of the source; null: it is none. */
  rootOf: (name: TableName) => TableName | null;
  columns: ColumnNames;
}

let shapes = 0;

/** Types whose values are equal exactly when they are written alike, so that a row's key is always the same bytes. Not so 1.0 and 1.00. */
const ONE_TEXT = '{bool,int2,int4,int8,oid,uuid,text,varchar,bytea,date,time,timestamp,timestamptz}';

/**
 * Finds where a source's table goes: to its namesake, or, for a partition that the target does not have, to the namesake of its root.
 * Raises DATABASE_TABLE_MISSING, and DATABASE_TABLE_CHANGED where two columns would be one; `missing` are columns that the target does not have.
 */
export async function readTargetTable(
  lookup: TargetLookup,
  relation: RelationMessage,
): Promise<{ table: TargetTable; missing: RelationColumn[] }> {
  const source = { schema: relation.schema, table: relation.table };
  const root = lookup.rootOf(source);
  for (const name of root ? [source, root] : [source]) {
    const target = lookup.targetName(name);
    const rows = await lookup.session.query(COLUMNS, [target.schema, target.table, ONE_TEXT]);
    if (rows.length > 0) return tableOf(relation, namesThere(lookup.columns, relation), target, rows);
  }
  throw new SmartantError('DATABASE_TABLE_MISSING', `The target has no table for ${relation.schema}.${relation.table}.`, {
    kind: 'precondition',
    hint: 'Make the table at the target, or leave it out of the migration.',
  });
}

/** One row a column, and one with nulls for a table without any. */
const COLUMNS = `SELECT c.relkind AS kind, a.attname AS name, a.attgenerated AS generated, a.attidentity AS identity,
  tn.nspname AS type_schema, (SELECT count(*) FROM pg_index i WHERE i.indrelid = c.oid AND (i.indisunique OR i.indisexclusion)) AS uniques,
  (SELECT count(*) FROM pg_index i WHERE i.indrelid = c.oid AND (i.indisunique OR i.indisexclusion) AND a.attnum = ANY (i.indkey::int2[])
    AND i.indexprs IS NULL) AS own_uniques,
  EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgenabled IN ('R', 'A'))
    OR EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_enabled IN ('R', 'A')) AS acts,
  (t.typtype = 'e' OR tn.nspname = 'pg_catalog' AND t.typname = ANY ($3::text[]))
    AND (a.attcollation = 0 OR EXISTS (SELECT FROM pg_collation l WHERE l.oid = a.attcollation AND l.collisdeterministic)) AS one_text,
   t.typname AS type_name, t.oid AS type_oid, t.typtype = 'e' AS is_enum,
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

/** Null: no column of the target. */
type Names = readonly (string | null)[];

function namesThere(columns: ColumnNames, relation: RelationMessage): Names {
  const names = relation.columns.map(({ name }) => columns.nameOf(relation, name));
  const twice = names.find((name, index) => name !== null && names.indexOf(name) < index);
  if (twice === undefined) return names;
  throw new SmartantError('DATABASE_TABLE_CHANGED', `Two columns of ${nameOf(relation)} would be "${twice}" at the other side.`, {
    kind: 'precondition',
    hint: 'One of them was added meanwhile, and the scope gives its name to the other one. Call it otherwise, then retry the table.',
  });
}

function tableOf(
  relation: RelationMessage,
  names: Names,
  target: TableName,
  rows: PgRow[],
): { table: TargetTable; missing: RelationColumn[] } {
  const byName = new Map(rows.filter(({ name }) => name !== null).map((row) => [row['name'] ?? '', row]));
  const missing = relation.columns.filter((_, index) => names[index] !== null && !byName.has(names[index] ?? ''));
  const columns = names.map((name) => columnOf(name === null ? undefined : byName.get(name)));
  const key = keyOf(relation, names, byName);
  return {
    missing,
    table: {
      unit: `${relation.schema}.${relation.table}`,
      source: { schema: relation.schema, table: relation.table },
      target,
      kind: rows[0]?.['kind'] as 'r' | 'p',
      columns,
      key,
      shape: (shapes += 1),
      split: splitOf(rows, new Set(key.map((index) => names[index] ?? ''))),
      form: 'text',
      nameHash: hashOfText(nameOf(target)),
      relation,
    },
  };
}

function columnOf(row: PgRow | undefined): TargetColumn | null {
  if (!row || row['generated'] !== '') return null;
  return {
    name: row['name'] ?? '',
    type: `${quoteName(row['type_schema'] ?? '')}.${quoteName(row['type_name'] ?? '')}`,
    typeOid: Number(row['type_oid']),
    isEnum: row['is_enum'] === 't',
    isAlways: row['identity'] === 'a',
    equality: row['equality'] ? quoteName(row['equality']) : null,
  };
}

/** What the source names old rows by; where that is the whole row, the target's primary key does it as well. */
function keyOf(relation: RelationMessage, names: Names, byName: Map<string, PgRow>): number[] {
  const place = (name: string) => Number(byName.get(name)?.['key_place'] ?? 0);
  if (relation.replicaIdentity === 'd' || relation.replicaIdentity === 'i') {
    return relation.columns.flatMap(({ isKey }, index) => (isKey ? [index] : []));
  }
  const key = names.flatMap((name, index) => (name !== null && place(name) > 0 ? [index] : []));
  const whole = [...byName.keys()].filter((name) => place(name) > 0).length;
  return key.length === whole ? key : [];
}

/**
 * Rows are independent of each other where nothing but their key has to be unique among them. A trigger that fires here may look at whatever it
 * likes, and a partitioned table shares its rows with those that changes of other tables go to.
 */
function splitOf(rows: PgRow[], key: ReadonlySet<string>): Split {
  const [first] = rows;
  if (first?.['acts'] !== 'f' || first['kind'] !== 'r') return 'none';
  if (key.size === 0 || rows.some(({ name, one_text: isOneText }) => key.has(name ?? '') && isOneText !== 't')) return 'table';
  const uniques = Number(first['uniques']);
  const isOfKey = rows.every((row) => Number(row['own_uniques']) > 0 === key.has(row['name'] ?? ''));
  return uniques === 0 || (uniques === 1 && isOfKey) ? 'row' : 'table';
}
