import { movedColumns, nameAtTarget, qualified, quoteName, type Column, type Table } from '../catalog/catalog';

/**
 * How a row is written before it is hashed. `binary`: as the server sends its columns in binary where that is one form for one value, which is
 * several times cheaper; `text`: every column as text, which is what counts. Rows that are equal in text may differ in binary
 * (a type's own padding), never the other way round, so a difference in binary is asked again in text.
 */
export type RowForm = 'binary' | 'text' | 'count';

/**
 * Types whose binary form is fixed over the versions 12 to 18 and has one form for a value: bool, bytea, name, int8, int2, int4, text, oid, bpchar,
 * varchar, date, time, timestamp, timestamptz, interval, timetz, numeric, uuid, jsonb, json. Text is sent in the
 * session's encoding, UTF-8, whatever the database's is. Not: floats (NaN has many), arrays (a flag for nulls that are not there).
 */
const SENT_AS_THEY_ARE = new Set(
  [16, 17, 19, 20, 21, 23, 25, 26, 1042, 1043, 1082, 1083, 1114, 1184, 1186, 1266, 1700, 2950, 3802, 114].map(String),
);
const FIRST_USER_OID = 16_384;
const QUOTED_CHAR = '18';
const BPCHAR = '1042';

/**
 * The bytes of one row as an SQL expression: the columns that are moved, in the source's order. `others` are the same columns at the other side: one goes in
 * binary only where both have the same type.
 */
export function rowBytesSql(columns: readonly Column[], others: readonly Column[], form: RowForm): string {
  const values = columns.map((column, index) => valueSql(column, form === 'binary' && others[index]?.typeOid === column.typeOid));
  return `record_send(ROW(${values.join(', ')}))`;
}

function valueSql({ name, typeOid }: Column, sameType: boolean): string {
  const quoted = quoteName(name);
  if (sameType && SENT_AS_THEY_ARE.has(typeOid)) return quoted;
  // Version 16 writes bytes above 127 in another way.
  if (typeOid === QUOTED_CHAR) return `${quoted}::int4`;
  // A cast to text trims char(n) and may be any function for a type of a user's: a record is written by the type's own output function.
  return typeOid === BPCHAR || Number(typeOid) >= FIRST_USER_OID ? `ROW(${quoted})::text` : `${quoted}::text`;
}

export interface RowsQuery {
  /** The table on its side. */
  table: Pick<Table, 'schema' | 'table'>;
  /** As `rowBytesSql` writes it. */
  rowBytes: string;
  /** A condition of the scope over its columns. */
  where?: string;
  /** A partitioned table, whose rows are in others. */
  withPartitions?: boolean;
  /** Blocks of the heap, from and to (exclusive); the last has no end. */
  blocks?: { from: number; to: number | null };
}

/** Only rows of the table itself: children and partitions are tables of their own. */
export function fromSql({ table, where, blocks, withPartitions }: RowsQuery): string {
  const conditions = [
    ...(where ? [`(${where}\n)`] : []),
    ...(blocks && blocks.from > 0 ? [`ctid >= '(${blocks.from},0)'`] : []),
    ...(blocks && blocks.to !== null ? [`ctid < '(${blocks.to},0)'`] : []),
  ];
  return `FROM ${withPartitions ? '' : 'ONLY '}${qualified(table)}${conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : ''}`;
}

/**
 * Rows, sum of the rows' hashes and bytes hashed. A hash is 64 bits keyed by `seed`, which is drawn after both sides stand still: nobody can have made
 * rows that meet under it. The sum is a whole number, not one modulo 2^64, so it does not depend on order or on how a table was
 * divided, and a row that is there twice counts twice.
 */
export function digestSql(query: RowsQuery, seed: string): string {
  // OFFSET 0 keeps the bytes of a row from being made twice.
  return `SELECT count(*) AS rows, coalesce(sum(h), 0) AS sum, coalesce(sum(n), 0) AS bytes FROM (
    SELECT ${hashSql('r', seed)} AS h, length(r) AS n FROM (SELECT ${query.rowBytes} AS r ${fromSql(query)} OFFSET 0) a) b`;
}

export function countSql(query: RowsQuery): string {
  return `SELECT count(*) AS rows, 0 AS sum, 0 AS bytes ${fromSql(query)}`;
}

/** The only hash over bytes with 64 bits and a key that versions 12 to 18 have in SQL, with the same result in each. */
export function hashSql(bytes: string, seed: string): string {
  return `hash_array_extended(ARRAY[${bytes}], ${seed})`;
}

export function verifiedColumns(table: Table): Column[] {
  return movedColumns(table);
}

/** The same columns at the target, in their order; those that it lacks are as at the source. `atTarget`: columns of its table. */
export function columnsAtTarget(columns: readonly Column[], atTarget: readonly Column[]): Column[] {
  const byName = new Map(atTarget.map((column) => [column.name, column]));
  return columns.map((column) => byName.get(nameAtTarget(column)) ?? { ...column, name: nameAtTarget(column) });
}
