import { nameAtTarget, withTargetColumns, type Table, type TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { rowFilterOf } from '../copy/row-filter';
import { columnsAtTarget, rowBytesSql, verifiedColumns, type RowForm, type RowsQuery } from './row-digest';

/** A table at both sides. */
export interface TablePair {
  /** Of the source. */
  table: Table;
  /** Null: the table, or one of its columns, is missing at the target. */
  target: Table | null;
  /** A condition of the scope over its columns. */
  where?: string;
  /** The same over those of the target. Absent: all of its rows have to be among those that the condition holds for. */
  whereAtTarget?: string;
}

export interface PairingOptions {
  /** Of the source; only ordinary tables (and partitions, not their roots) hold rows. */
  tables: readonly Table[];
  targetName: (name: TableName) => TableName;
  /** Conditions of the scope: only these rows of the source have to be at the target. "schema.table" at the source. */
  rows: readonly { table: string; where: string }[];
  /** As they read at the target, where rows that they do not hold for may be there too. Tables by their names at the source, also partitions. */
  rowsAtTarget?: readonly { table: string; where: string }[];
}

export function pairTables({ tables, targetName, rows, rowsAtTarget = [] }: PairingOptions, atTarget: readonly Table[]): TablePair[] {
  const others = new Map(atTarget.map((table) => [nameOf(table), table]));
  const conditions = new Map(rowsAtTarget.map(({ table, where }) => [table, where]));
  return tables
    .filter(({ kind }) => kind === 'r')
    .map((table) => ({
      table,
      target: matching(table, others.get(nameOf(targetName(table)))),
      where: rowFilterOf(table, rows) ?? undefined,
      whereAtTarget: conditions.get(nameOf(table)),
    }));
}

/** The condition of the scope holds for the source, and at the target for everything, unless it is said how it reads there. */
export function pairQueries({ table, target, where, whereAtTarget }: TablePair, form: RowForm): [RowsQuery, RowsQuery] {
  const columns = verifiedColumns(table);
  const ours = columnsAtTarget(columns, target?.columns ?? withTargetColumns(table).columns);
  return [
    { table, rowBytes: rowBytesSql(columns, ours, form), where },
    { table: target ?? table, rowBytes: rowBytesSql(ours, columns, form), where: whereAtTarget, withPartitions: target?.kind === 'p' },
  ];
}

/** A table of the target, of its own rows or partitioned, that has all columns which are moved. */
function matching(table: Table, target: Table | undefined): Table | null {
  if (!target || target.kind === 'f') return null;
  const names = new Set(target.columns.map(({ name }) => name));
  return verifiedColumns(table).every((column) => names.has(nameAtTarget(column))) ? target : null;
}
