import { keyOf, qualified, quoteName, renamedColumns, type Table, type TableName } from '../catalog/catalog';
import { tablesNamed } from './rename-in-statement';

/** Columns with another name at the target. A partition's are those of its root, which is the table to alter. */
export interface RenamedColumns {
  /** At the target. */
  table: TableName;
  renames: readonly { from: string; to: string }[];
}

/** By `keyOf` of tables (and partitions) at the source. */
export type ColumnRenames = ReadonlyMap<string, RenamedColumns>;

export function columnRenamesOf(tables: readonly Table[], targetName: (name: TableName) => TableName): ColumnRenames {
  const found = new Map<string, RenamedColumns>();
  for (const table of tables) {
    const renames = renamedColumns(table);
    if (renames.length > 0) found.set(keyOf(table), { table: targetName(table.root ?? table), renames });
  }
  return found;
}

/** Statements that make a restored table what the scope wants of its columns. The server knows columns by number: whatever is upon them follows. */
export function columnStatements(table: Table, target: TableName): string[] {
  const dropped = (table.leftOutColumns ?? []).map((name) => `DROP COLUMN ${quoteName(name)}`);
  const renamed = columnRenamesOf([table], () => target).get(keyOf(table));
  return [
    ...(dropped.length > 0 ? [`ALTER TABLE ${qualified(target)} ${dropped.join(', ')};`] : []),
    ...(renamed ? renamingStatements(renamed.table, renamed.renames) : []),
  ];
}

/**
 * A statement of a dump in which columns go by their names at the source: the tables that it names get those back for its time, in its transaction.
 * So it is the server that tells a column from a function, a type or another table's column of that name. `original`: with the names of tables at
 * the source.
 */
export function withOldColumns(sql: string, original: string, columns: ColumnRenames): string {
  if (columns.size === 0) return sql;
  const named = new Map(tablesNamed(original, columns).map(({ to }) => [keyOf(to.table), to]));
  if (named.size === 0) return sql;
  const swapped = ({ renames }: RenamedColumns) => renames.map(({ from, to }) => ({ from: to, to: from }));
  return [
    ...[...named.values()].flatMap((each) => renamingStatements(each.table, swapped(each))),
    sql,
    ...[...named.values()].flatMap((each) => renamingStatements(each.table, each.renames)),
  ].join('\n');
}

/** Where the new name of one is the old name of another, all go by way of a third. */
function renamingStatements(table: TableName, renames: RenamedColumns['renames']): string[] {
  const rename = (from: string, to: string) => `ALTER TABLE ${qualified(table)} RENAME COLUMN ${quoteName(from)} TO ${quoteName(to)};`;
  const olds = new Set(renames.map(({ from }) => from));
  if (!renames.some(({ to }) => olds.has(to))) return renames.map(({ from, to }) => rename(from, to));
  const between = (index: number) => `smartant_rename_${index}`;
  return [...renames.map(({ from }, index) => rename(from, between(index))), ...renames.map(({ to }, index) => rename(between(index), to))];
}
