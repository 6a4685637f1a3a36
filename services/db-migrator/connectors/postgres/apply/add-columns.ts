import { SmartantError } from '@smartant/kernel';
import { qualified, quoteName, quoteText, type TableName } from '../catalog/catalog';
import type { RelationMessage } from '../replication/messages';
import type { PgEndpoint, PgRow, PgSession } from '../session/pg-session';
import type { ColumnNames } from './column-names';
import type { StreamChangesOptions } from './stream-options';

/** A column as it was added, with what it is now. */
interface AddedColumn {
  name: string;
  type: string;
  collation: string | null;
  isRequired: boolean;
  /** What rows hold that were there when it was added, as a literal; null: NULL. */
  valueOfOldRows: string | null;
  /** What it is given where an insert leaves it out; null: NULL. */
  fallback: string | null;
}

/**
 * `onNewColumns` of a stream from `from`: columns that were added there are added here, with their type, collation, constant default and
 * nullability, so that old rows hold what they hold there. Everything else is refused with DATABASE_TABLE_CHANGED, which puts the
 * table aside: a column that was renamed, generated or an identity, or whose value for old rows was worked out row by row.
 */
export function addingColumns(from: PgEndpoint, columns: ColumnNames): NonNullable<StreamChangesOptions['onNewColumns']> {
  return async (relation, missing, session, target) => {
    const signal = AbortSignal.timeout(30_000);
    const source = await from.open({ applicationName: 'smartant columns', signal });
    let rows: PgRow[];
    try {
      rows = await source.query(COLUMNS, [relation.schema, relation.table], signal);
      await refuseUnknownPartition(source, relation, missing, columns, signal);
    } finally {
      await source.close();
    }
    const known = new Map(rows.map((row) => [row['name'] ?? '', row]));
    const added = missing.map((column) => addedColumn(relation, known.get(column.name), column, columns));
    await refuseRenamed(relation, columns, target, session);
    await addAll(session, relation, target, added);
    return true;
  };
}

/** One that was attached since the catalogue was read goes by what is said of its root's columns, which the stream does not know of it. */
async function refuseUnknownPartition(
  source: PgSession,
  relation: RelationMessage,
  missing: readonly { name: string }[],
  columns: ColumnNames,
  signal: AbortSignal,
): Promise<void> {
  const [root] = await source.query(ROOT_NAME, [relation.schema, relation.table], signal);
  if (!root) return;
  const name = { schema: root['schema'] ?? '', table: root['name'] ?? '' };
  if (missing.some((column) => columns.nameOf(name, column.name) !== columns.nameOf(relation, column.name)))
    throw changed(relation, `it became a partition of ${name.schema}.${name.table}`);
}

function addedColumn(
  relation: RelationMessage,
  row: PgRow | undefined,
  { name, typeOid }: { name: string; typeOid: number },
  columns: ColumnNames,
): AddedColumn {
  if (!row || Number(row['type_oid']) !== typeOid) throw changed(relation, `its column "${name}" was changed again since`);
  if (row['identity'] !== '') throw changed(relation, `its new column "${name}" is an identity`);
  if (row['fallback'] !== null && row['has_missing'] !== 't') {
    throw changed(relation, `what older rows hold in its new column "${name}" was worked out row by row`);
  }
  return {
    name: columns.nameOf(relation, name) ?? name,
    type: row['type'] ?? '',
    collation: row['collation'] ?? null,
    isRequired: row['not_null'] === 't',
    valueOfOldRows: row['has_missing'] === 't' ? (row['missing'] ?? null) : null,
    fallback: row['fallback'] ?? null,
  };
}

/** A column that only the target has may be the new one under its old name. */
async function refuseRenamed(relation: RelationMessage, columns: ColumnNames, target: TableName, session: PgSession): Promise<void> {
  const there = await session.query(NAMES, [target.schema, target.table]);
  const names = new Set(relation.columns.map(({ name }) => columns.nameOf(relation, name)));
  const other = there.find((row) => !names.has(row['name'] ?? '') && !columns.isAlone(relation, row['name'] ?? ''));
  if (other) throw changed(relation, `the target has a column "${other['name']}" that the source does not have: it was renamed or dropped`);
}

/** Within the session's transaction, which goes on when this fails. A partition has the columns of its root. */
async function addAll(session: PgSession, relation: RelationMessage, target: TableName, added: AddedColumn[]): Promise<void> {
  const [row] = await session.query(ROOT, [qualified(target)]);
  const table = row?.['root'] ?? qualified(target);
  await session.query('SAVEPOINT columns');
  try {
    for (const column of added) for (const statement of statementsOf(table, column)) await session.query(statement);
    await session.query('RELEASE SAVEPOINT columns');
  } catch (error) {
    if (!(error instanceof SmartantError) || error.retryable) throw error;
    await session.query('ROLLBACK TO SAVEPOINT columns; RELEASE SAVEPOINT columns');
    throw changed(relation, `its new columns could not be added at the target: ${error.message}`);
  }
}

function statementsOf(table: string, { name, type, collation, isRequired, valueOfOldRows, fallback }: AddedColumn): string[] {
  const column = quoteName(name);
  const collate = collation === null ? '' : ` COLLATE ${collation}`;
  const given = valueOfOldRows === null ? '' : ` DEFAULT ${quoteText(valueOfOldRows)}::${type}`;
  const now = fallback === null ? 'DROP DEFAULT' : `SET DEFAULT ${fallback}`;
  return [
    `ALTER TABLE ${table} ADD COLUMN ${column} ${type}${collate}${given}${isRequired ? ' NOT NULL' : ''}`,
    ...(given === '' ? [] : [`ALTER TABLE ${table} ALTER COLUMN ${column} ${now}`]),
  ];
}

function changed({ schema, table }: RelationMessage, what: string): SmartantError {
  return new SmartantError(
    'DATABASE_TABLE_CHANGED',
    `${schema}.${table} was changed at the source in a way that is not followed: ${what}.`,
    {
      kind: 'precondition',
      hint: 'Change the table at the target in the same way, then retry it: it is copied again.',
    },
  );
}

/** The value of old rows is kept in a one-element array (atthasmissing); what was rewritten row by row has none. */
const COLUMNS = `SELECT a.attname AS name, a.atttypid AS type_oid, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null,
    a.attidentity AS identity, a.atthasmissing AS has_missing, (a.attmissingval::text::text[])[1] AS missing, pg_get_expr(d.adbin, d.adrelid) AS fallback,
    CASE WHEN a.attcollation <> t.typcollation THEN (SELECT quote_ident(n.nspname) || '.' || quote_ident(c.collname)
      FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace WHERE c.oid = a.attcollation) END AS collation
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = (SELECT r.oid FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace WHERE n.nspname = $1 AND r.relname = $2)
    AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''`;

const NAMES = `SELECT a.attname AS name FROM pg_attribute a JOIN pg_class r ON r.oid = a.attrelid JOIN pg_namespace n ON n.oid = r.relnamespace
  WHERE n.nspname = $1 AND r.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''`;

const ROOT_NAME = `SELECT n.nspname AS schema, r.relname AS name FROM pg_class c JOIN pg_namespace cn ON cn.oid = c.relnamespace JOIN pg_class r ON r.oid = pg_partition_root(c.oid) AND r.oid <> c.oid
  JOIN pg_namespace n ON n.oid = r.relnamespace WHERE c.relispartition AND cn.nspname = $1 AND c.relname = $2`;

const ROOT = `SELECT pg_partition_root($1::regclass)::text AS root`;
