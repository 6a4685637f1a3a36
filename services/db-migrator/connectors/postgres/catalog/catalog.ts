/** What is known of a database's tables and sequences, as of one moment. Names are unquoted; `quoteName` and `qualified` write them. */
export interface Catalog {
  serverVersion: number;
  database: string;
  /** pg_control_system: differs for every initdb, the same for a standby. */
  systemIdentifier: string;
  timeline: number;
  databaseOid: string;
  encoding: string;
  tables: Table[];
  sequences: Sequence[];
}

export interface TableName {
  schema: string;
  table: string;
}

export interface Table extends TableName {
  oid: string;
  /** r: ordinary, p: partitioned root (holds no rows itself), f: foreign. */
  kind: 'r' | 'p' | 'f';
  /** Set for a partition: the root that it belongs to in the end. */
  root: TableName | null;
  /** What it is a partition of or inherits from, directly. */
  parents: TableName[];
  isUnlogged: boolean;
  /** Bytes of the heap with TOAST, as the server estimates rows from its statistics (-1: never analysed). */
  bytes: number;
  pages: number;
  estimatedRows: number;
  columns: Column[];
  /** Columns of the primary key in its order; empty: none. */
  primaryKey: string[];
  /** d: primary key, i: an index, f: the whole row, n: nothing. */
  replicaIdentity: 'd' | 'i' | 'f' | 'n';
  /** Columns by which the server names an old row in the change stream: of the key, of the index, all, or none. */
  identityColumns: string[];
  hasRowSecurity: boolean;
  /** Columns that a scope does not give to the target, those that are generated first; they are not among `columns`. Absent: none. */
  leftOutColumns?: string[];
}

export interface Column {
  name: string;
  /** Where a scope gives it another one; absent: its own. */
  nameAtTarget?: string;
  /** attnum. */
  number: number;
  /** As format_type writes it, with schema where it is not pg_catalog. */
  type: string;
  typeOid: string;
  notNull: boolean;
  /** a: always, d: by default; empty: no identity column. */
  identity: '' | 'a' | 'd';
  /** s: stored, v: virtual (18); empty: not generated. Generated columns are neither copied nor streamed. */
  generated: '' | 's' | 'v';
  collation: string | null;
}

export interface Sequence {
  schema: string;
  name: string;
  /** last_value and is_called as they are now; text, for bigint. */
  lastValue: string | null;
  isCalled: boolean;
  /** Table and column that own it. */
  ownedBy: (TableName & { column: string }) | null;
}

/** A table's name as a key of maps and sets: names may hold any character. */
export function keyOf({ schema, table }: TableName): string {
  return JSON.stringify([schema, table]);
}

/** A name as SQL takes it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function qualified({ schema, table }: TableName): string {
  return `${quoteName(schema)}.${quoteName(table)}`;
}

/** A text as a literal of SQL with standard_conforming_strings on. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** The columns whose values are moved: those that are not generated. */
export function movedColumns(table: Pick<Table, 'columns'>): Column[] {
  return table.columns.filter(({ generated }) => generated === '');
}

/** Longer ones are cut. https://www.postgresql.org/docs/18/sql-syntax-lexical.html */
export const LONGEST_NAME_BYTES = 63;

export function nameAtTarget({ name, nameAtTarget: other }: Pick<Column, 'name' | 'nameAtTarget'>): string {
  return other ?? name;
}

/** Columns that have another name at the target. */
export function renamedColumns({ columns }: Pick<Table, 'columns'>): { from: string; to: string }[] {
  return columns.flatMap(({ name, nameAtTarget: to }) => (to === undefined ? [] : [{ from: name, to }]));
}

/** A table of the source with its columns called as at the target. */
export function withTargetColumns(table: Table): Table {
  const names = new Map(renamedColumns(table).map(({ from, to }) => [from, to]));
  const renamed = (name: string) => names.get(name) ?? name;
  return {
    ...table,
    columns: table.columns.map(({ nameAtTarget: other, ...column }) => ({ ...column, name: other ?? column.name })),
    primaryKey: table.primaryKey.map(renamed),
    identityColumns: table.identityColumns.map(renamed),
  };
}
