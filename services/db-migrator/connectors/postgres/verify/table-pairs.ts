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
}

export interface PairingOptions {
  /** Of the source; only ordinary tables (and partitions, not their roots) hold rows. */
  tables: readonly Table[];
  targetName: (name: TableName) => TableName;
  /** Conditions of the scope: only these rows of the source have to be at the target. "schema.table" at the source. */
  rows: readonly { table: string; where: string }[];
}

export function pairTables({ tables, targetName, rows }: PairingOptions, atTarget: readonly Table[]): TablePair[] {
  const others = new Map(atTarget.map((table) => [nameOf(table), table]));
  return tables
    .filter(({ kind }) => kind === 'r')
    .map((table) => ({
      table,
      target: matching(table, others.get(nameOf(targetName(table)))),
      where: rowFilterOf(table, rows) ?? undefined,
    }));
}

/** The condition of the scope holds for the source; everything at the target has to be one of those rows. */
export function pairQueries({ table, target, where }: TablePair, form: RowForm): [RowsQuery, RowsQuery] {
  const columns = verifiedColumns(table);
  const ours = columnsAtTarget(columns, target?.columns ?? withTargetColumns(table).columns);
  return [
    { table, rowBytes: rowBytesSql(columns, ours, form), where },
    { table: target ?? table, rowBytes: rowBytesSql(ours, columns, form), withPartitions: target?.kind === 'p' },
  ];
}

/** A table of the target, of its own rows or partitioned, that has all columns which are moved. */
function matching(table: Table, target: Table | undefined): Table | null {
  if (!target || target.kind === 'f') return null;
  const names = new Set(target.columns.map(({ name }) => name));
  return verifiedColumns(table).every((column) => names.has(nameAtTarget(column))) ? target : null;
}
