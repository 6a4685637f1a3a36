import { movedColumns, nameAtTarget, qualified, quoteName, type Column, type Table } from '../catalog/catalog';

/**
 * How a row is written before it is hashed. `binary`: as the server sends its columns in binary where that is one form for one value, which is
 * several times cheaper; `text`: every column as text, which is what counts. Rows that are equal in text may differ in binary
 * (a type's own padding), never the other way round, so a difference in binary is asked again in text.
 */
export type RowForm = 'binary' | 'text' | 'count';

/**
 * Types whose binary form is fixed over the versions 12 to 18 and has one form for a value: bool, bytea, name, int8, int2, int4, text, oid, bpchar,
 * varchar, date, time, timestamp, timestamptz, interval, timetz, numeric, uuid, jsonb, json. By their oid, with the server's function that sends
 * one, and whether all values are of one length. Text is sent in the session's encoding, UTF-8, whatever the database's is. Not: floats (NaN has many),
 * arrays (a flag for nulls that are not there).
 */
const SENT_AS_THEY_ARE = new Map<string, { send: string; isFixed: boolean }>([
  ...Object.entries({
    ...{ 16: 'boolsend', 20: 'int8send', 21: 'int2send', 23: 'int4send', 26: 'oidsend', 1082: 'date_send', 1083: 'time_send' },
    ...{ 1114: 'timestamp_send', 1184: 'timestamptz_send', 1186: 'interval_send', 1266: 'timetz_send', 2950: 'uuid_send' },
  }).map(([oid, send]) => [oid, { send, isFixed: true }] as const),
  ...Object.entries({
    ...{ 17: 'byteasend', 19: 'namesend', 25: 'textsend', 114: 'json_send', 1042: 'bpcharsend', 1043: 'varcharsend' },
    ...{ 1700: 'numeric_send', 3802: 'jsonb_send' },
  }).map(([oid, send]) => [oid, { send, isFixed: false }] as const),
]);
const FIRST_USER_OID = 16_384;
const QUOTED_CHAR = '18';
const BPCHAR = '1042';

/**
 * The bytes of one row as an SQL expression, an array of bytea: the columns that are moved, in the source's order. `others` are the same columns at the other
 * side: one goes in binary only where both have the same type. One element is the row, be it as a record or packed; a second one, which is null, tells a record
 * among packed rows.
 */
export function rowBytesSql(columns: readonly Column[], others: readonly Column[], form: RowForm): string {
  const values = columns.map((column, index) => valueOf(column, form === 'binary' && others[index]?.typeOid === column.typeOid));
  const record = `record_send(ROW(${values.map(({ sql }) => sql).join(', ')}))`;
  const packed = packedSql(values);
  if (packed === null) return `ARRAY[${record}]`;
  const isWhole = columns.map(({ name }) => `${quoteName(name)} IS NOT NULL`).join(' AND ');
  return `CASE WHEN ${isWhole} THEN ARRAY[${packed}] ELSE ARRAY[${record}, NULL] END`;
}

interface Value {
  sql: string;
  /** How it is sent by itself; null: as text, or the other side has it as another type. */
  sent: { send: string; isFixed: boolean } | null;
}

/** More are not sent in less time by themselves than as a record. */
const MOST_PACKED = 64;

function valueOf({ name, typeOid }: Column, sameType: boolean): Value {
  const quoted = quoteName(name);
  const sent = sameType ? SENT_AS_THEY_ARE.get(typeOid) : undefined;
  if (sent) return { sql: quoted, sent };
  // Version 16 writes bytes above 127 in another way.
  if (typeOid === QUOTED_CHAR) return { sql: `${quoted}::int4`, sent: sameType ? { send: 'int4send', isFixed: true } : null };
  // A cast to text trims char(n) and may be any function for a type of a user's: a record is written by the type's own output function.
  const sql = typeOid === BPCHAR || Number(typeOid) >= FIRST_USER_OID ? `ROW(${quoted})::text` : `${quoted}::text`;
  return { sql, sent: null };
}

/**
 * Values without anything between them, the one that has no fixed length last: what each byte belongs to is clear without a record's lengths and types, which
 * are what takes a record most of its time. Null: several have none, or one is not sent by itself.
 */
function packedSql(values: readonly Value[]): string | null {
  const sent = values.flatMap(({ sql, sent: how }) => (how ? [{ ...how, sql }] : []));
  const [fixed, open] = [sent.filter(({ isFixed }) => isFixed), sent.filter(({ isFixed }) => !isFixed)];
  if (sent.length === 0 || sent.length < values.length || sent.length > MOST_PACKED || open.length > 1) return null;
  return joinedSql([...fixed, ...open].map(({ sql, send }) => `${send}(${sql})`));
}

/** In halves: each byte is copied as often as it is halved, and not once for each value behind it. */
function joinedSql(parts: readonly string[]): string {
  if (parts.length === 1) return parts[0]!;
  const half = parts.length >> 1;
  return `(${joinedSql(parts.slice(0, half))} || ${joinedSql(parts.slice(half))})`;
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
    SELECT ${hashSql('r', seed)} AS h, length(r[1]) AS n FROM (SELECT ${query.rowBytes} AS r ${fromSql(query)} OFFSET 0) a) b`;
}

export function countSql(query: RowsQuery): string {
  return `SELECT count(*) AS rows, 0 AS sum, 0 AS bytes ${fromSql(query)}`;
}

/** The only hash over bytes with 64 bits and a key that versions 12 to 18 have in SQL, with the same result in each. */
export function hashSql(bytes: string, seed: string): string {
  return `hash_array_extended(${bytes}, ${seed})`;
}

export function verifiedColumns(table: Table): Column[] {
  return movedColumns(table);
}

/** The same columns at the target, in their order; those that it lacks are as at the source. `atTarget`: columns of its table. */
export function columnsAtTarget(columns: readonly Column[], atTarget: readonly Column[]): Column[] {
  const byName = new Map(atTarget.map((column) => [column.name, column]));
  return columns.map((column) => byName.get(nameAtTarget(column)) ?? { ...column, name: nameAtTarget(column) });
}
