import type { DatabaseScope } from '../../../domain/database-scope';
import { keyOf, renamedColumns, type Table } from '../catalog/catalog';
import { objectsOfColumns, type ObjectOfColumn } from '../schema/objects-of-columns';
import { nameFilter } from '../schema/schema-scope';
import { sqlTokens } from '../schema/sql-tokens';
import type { PgSession } from '../session/pg-session';
import type { PairFinding } from './pair-finding';
import { firstOf } from './table-rules';

const NAMED = 8;

/** What is made of columns that are left out or renamed. `chosen`: tables as they are migrated; `scoped`: those that are. */
export async function neededColumnFindings(
  session: PgSession,
  chosen: readonly Table[],
  scoped: readonly Table[],
  scope: DatabaseScope,
  signal: AbortSignal,
): Promise<PairFinding[]> {
  const filter = nameFilter({ ...scope, tables: scoped });
  const isMigrated = ({ kind, schema, relation, name }: Pick<ObjectOfColumn, 'kind' | 'schema' | 'relation' | 'name'>) => {
    if (relation !== null)
      return filter.table({ schema, table: relation }) || chosen.some((table) => keyOf(table) === keyOf({ schema, table: relation }));
    return (
      kind === 'partition key' ||
      (kind === 'view' || kind === 'sequence' ? filter.relation({ schema, table: name }) : filter.schema(schema))
    );
  };
  // Of partitions, what they have by their root is told of the root.
  const objects = (await objectsOfColumns(session, chosen, signal)).filter(isMigrated);
  const roots = new Set(chosen.filter(({ root }) => root === null).map((table) => keyOf(table)));
  const told = objects.filter(
    (each) => each.relation === null || roots.has(keyOf({ schema: each.schema, table: each.relation })) || each.hasMore,
  );
  const byColumn = Map.groupBy(told, ({ of, column }) => `"${column}" of ${of}`);
  return [
    ...[...byColumn].flatMap(([column, all]) => [
      ...needed(
        column,
        all.filter(({ hasMore }) => hasMore),
      ),
      ...takenAlong(
        column,
        all.filter(({ hasMore, kind }) => !hasMore && kind !== 'sequence'),
      ),
    ]),
    ...(await joinedFindings(session, chosen, isMigrated, signal)),
  ];
}

function needed(column: string, objects: ObjectOfColumn[]): PairFinding[] {
  if (objects.length === 0) return [];
  const hasView = objects.some(({ kind }) => kind === 'view');
  return [
    {
      severity: 'blocker',
      code: 'DATABASE_COLUMN_NEEDED',
      subject: 'source',
      message: `The column ${column} cannot be left out, because something that is migrated is made of it: ${listed(objects)}.`,
      hint: `Take the column along; or leave out what needs it${hasView ? ' (views: --exclude-table)' : ''}; or drop that at the source.`,
    },
  ];
}

function takenAlong(column: string, objects: ObjectOfColumn[]): PairFinding[] {
  if (objects.length === 0) return [];
  return [
    {
      severity: 'warning',
      code: 'DATABASE_COLUMN_TAKES_ALONG',
      subject: 'source',
      message: `With the column ${column} the target is not given: ${listed(objects)}.`,
      hint: 'Nothing is to be done, unless applications rely on them at the target: then take the column along.',
    },
  ];
}

function listed(objects: readonly ObjectOfColumn[]): string {
  const names = [
    ...new Set(objects.map(({ kind, schema, relation, name }) => `${kind} ${[schema, relation, name].filter(Boolean).join('.')}`)),
  ];
  return firstOf(names, NAMED);
}

/**
 * A join by columns of one name (USING, NATURAL) goes on when one of them is renamed, but the server writes it in another form then: at the cutover
 * nobody could tell whether it is the same.
 */
async function joinedFindings(
  session: PgSession,
  chosen: readonly Table[],
  isMigrated: (view: Pick<ObjectOfColumn, 'kind' | 'schema' | 'relation' | 'name'>) => boolean,
  signal: AbortSignal,
): Promise<PairFinding[]> {
  const renamed = chosen.flatMap((table) => renamedColumns(table).map(({ from }) => ({ oid: table.oid, column: from })));
  if (renamed.length === 0) return [];
  const rows = await session.query(QUERIES, [JSON.stringify(renamed)], signal);
  const joined = rows.filter((row) => {
    const [schema, name] = [row['schema'] ?? '', row['name'] ?? ''];
    const of =
      row['is_view'] === 't'
        ? ({ kind: 'view', schema, relation: null, name } as const)
        : ({ kind: 'rule', schema, relation: name, name } as const);
    return isMigrated(of) && namesJoined(row['definition'] ?? '').has(row['column'] ?? '');
  });
  if (joined.length === 0) return [];
  const names = [...new Set(joined.map((row) => `${row['schema']}.${row['name']} ("${row['column']}")`))];
  return [
    {
      severity: 'blocker',
      code: 'DATABASE_COLUMN_JOINED',
      subject: 'source',
      message: `Columns that are renamed are joined by their name (USING, NATURAL JOIN) in: ${firstOf(names, NAMED)}.`,
      hint: 'Write these joins with ON at the source; or leave the views out (--exclude-table); or keep the column’s name.',
    },
  ];
}

/** Names in the brackets behind USING. */
function namesJoined(definition: string): Set<string> {
  const names = new Set<string>();
  const tokens = sqlTokens(definition).filter(({ kind }) => kind !== 'space' && kind !== 'comment');
  tokens.forEach(({ name, kind }, index) => {
    if (kind !== 'name' || name !== 'using' || tokens[index + 1]?.text !== '(') return;
    for (let at = index + 2; at < tokens.length && tokens[at]!.text !== ')'; at += 1)
      if (tokens[at]!.name !== '') names.add(tokens[at]!.name);
  });
  return names;
}

const QUERIES = `SELECT DISTINCT n.nspname AS schema, v.relname AS name, v.relkind IN ('v', 'm') AS is_view, w."column", pg_get_ruledef(r.oid) AS definition
  FROM json_to_recordset($1::json) w(oid oid, "column" text) JOIN pg_attribute a ON a.attrelid = w.oid AND a.attname = w."column"
  JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = w.oid AND d.refobjsubid = a.attnum AND d.classid = 'pg_rewrite'::regclass JOIN pg_rewrite r ON r.oid = d.objid
  JOIN pg_class v ON v.oid = r.ev_class JOIN pg_namespace n ON n.oid = v.relnamespace ORDER BY 1, 2, 4`;
