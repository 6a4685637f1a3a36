import type { DatabaseScope } from '../../../domain/database-scope';
import type { Table, TableName } from './catalog';
import { nameOf } from './target-name';

/** What a scope says of a table's columns. */
export type ColumnChoice = DatabaseScope['columns'][number];

/** A partition has the columns of its root, and so what is said of them. */
export function choiceOf(
  choices: readonly ColumnChoice[],
  { root, ...table }: TableName & { root?: TableName | null },
): ColumnChoice | undefined {
  if (choices.length === 0) return undefined;
  const name = nameOf(root ?? table);
  return choices.find((choice) => choice.table === name);
}

/**
 * Tables as they are migrated: columns that the target is not given are gone from them (but named in `leftOutColumns`), the others know their names
 * there. Whatever copies, streams or compares a table goes by its columns.
 */
export function withColumnChoices(tables: Table[], choices: readonly ColumnChoice[]): Table[] {
  if (choices.length === 0) return tables;
  return tables.map((table) => {
    const choice = choiceOf(choices, table);
    return choice ? chosen(table, choice) : table;
  });
}

function chosen(table: Table, { exclude, renames }: ColumnChoice): Table {
  const excluded = new Set(exclude);
  const names = new Map(renames.map(({ from, to }) => [from, to]));
  const leftOut = table.columns.filter(({ name }) => excluded.has(name));
  return {
    ...table,
    columns: table.columns
      .filter(({ name }) => !excluded.has(name))
      .map((column) => (names.has(column.name) ? { ...column, nameAtTarget: names.get(column.name)! } : column)),
    // Generated ones are made of others, which can go only when they are gone.
    leftOutColumns: [...leftOut.filter(({ generated }) => generated !== ''), ...leftOut.filter(({ generated }) => generated === '')].map(
      ({ name }) => name,
    ),
    identityColumns: table.identityColumns.filter((name) => !excluded.has(name)),
  };
}
