import { SmartantError } from '@smartant/kernel';
import type { TableName } from '../catalog/catalog';
import { choiceOf, type ColumnChoice } from '../catalog/column-choices';
import { nameOf } from '../catalog/target-name';

/** How the columns of a stream's tables are called where its changes go. Tables are named as the stream names them. */
export interface ColumnNames {
  /** Null: there is none, and none is to be made. Raises DATABASE_TABLE_CHANGED for a column that meets one which the scope is about. */
  nameOf(table: TableName, column: string): string | null;
  /** Whether a column of the table that changes go to (named as there) has no counterpart on purpose. */
  isAlone(table: TableName, column: string): boolean;
}

export const SAME_NAMES: ColumnNames = { nameOf: (_table, column) => column, isAlone: () => false };

type RootOf = (name: TableName) => TableName | null;

/** From source to target. */
export function columnsForth(choices: readonly ColumnChoice[], rootOf: RootOf): ColumnNames {
  if (choices.length === 0) return SAME_NAMES;
  return {
    nameOf: (table, column) => {
      const choice = choiceOf(choices, { ...table, root: rootOf(table) });
      if (choice?.exclude.includes(column)) return null;
      return choice?.renames.find(({ from }) => from === column)?.to ?? column;
    },
    isAlone: () => false,
  };
}

/** From target to source. What the target was never given, the source keeps to itself. `sourceName`, `rootOf`: of tables of the target. */
export function columnsBack(choices: readonly ColumnChoice[], sourceName: (name: TableName) => TableName, rootOf: RootOf): ColumnNames {
  if (choices.length === 0) return SAME_NAMES;
  const of = (table: TableName) => {
    const root = rootOf(table);
    return choiceOf(choices, sourceName(root ?? table));
  };
  return {
    nameOf: (table, column) => {
      const choice = of(table);
      const from = choice?.renames.find(({ to }) => to === column)?.from;
      if (from === undefined && choice?.exclude.includes(column)) throw taken(table, column);
      return from ?? column;
    },
    isAlone: (table, column) => of(table)?.exclude.includes(column) ?? false,
  };
}

function taken(table: TableName, column: string): SmartantError {
  return new SmartantError(
    'DATABASE_TABLE_CHANGED',
    `${nameOf(table)} has a column "${column}" at the target, which is the name of one at the source that the scope leaves out: its values have no place to go back to.`,
    { kind: 'precondition', hint: 'Give the column another name at the target, then retry the table.' },
  );
}
