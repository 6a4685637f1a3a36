import { movedColumns, nameAtTarget, qualified, quoteName, type Table } from '../catalog/catalog';
import type { PgSession } from '../session/pg-session';
import type { TargetTable } from './target-tables';

/** The server can trim bytes at their end. */
const BYTES_TRIMMED_SINCE = 140000;
const FILLED_TYPE = /^character\(\d+\)$/;
/** Of smaller tables, a look would take as long as it saves. */
const FEWEST_TABLE_BYTES = 8 * 1024 * 1024;
const LOOKED_AT_PAGES = 32;
/** Bytes of padding in a value of a column, and in a row, from which leaving them out pays: taking them away is work for the source. */
const FEWEST_OF_COLUMN = 16;
const FEWEST_OF_ROW = 32;
/** The share of values that are nothing but padding from which to ask for that first. */
const MANY_BLANK = 0.5;

/** What is not carried of a table's rows. */
export interface Padding {
  /** How columns are read whose padding is left out, by their names; others are read as they are. */
  columns: ReadonlyMap<string, string>;
  /** Bytes of it in a row, on average. */
  rowBytes: number;
}

export const NO_PADDING: Padding = { columns: new Map(), rowBytes: 0 };

/**
 * Columns of char(n) at both ends: a server fills every value up with blanks to n characters, also one that it is given without. Only in binary form, whose
 * bytes are the same with fewer blanks.
 */
export function filledColumns(
  table: Table,
  target: TargetTable,
  { isBinary, serverVersion }: { isBinary: boolean; serverVersion: number },
): string[] {
  if (!isBinary || serverVersion < BYTES_TRIMMED_SINCE || table.bytes < FEWEST_TABLE_BYTES) return [];
  return movedColumns(table)
    .filter((column) => FILLED_TYPE.test(column.type) && target.columns.get(nameAtTarget(column))?.type === column.type)
    .map(({ name }) => name);
}

/** Looks at some pages of the table for how much of these columns is padding. The session is under the snapshot. */
export async function measurePadding(source: PgSession, table: Table, columns: readonly string[], signal: AbortSignal): Promise<Padding> {
  if (columns.length === 0 || !(await isHeap(source, table, signal))) return NO_PADDING;
  const percent = Math.min(100, (100 * LOOKED_AT_PAGES) / Math.max(1, table.pages));
  const looks = columns
    .map(quoteName)
    .map(
      (name) =>
        `json_build_array(avg(coalesce(octet_length(${name}) - octet_length(${name}::pg_catalog.text), 0)), avg((${isBlankSql(name)})::int))`,
    );
  const [row] = await source.query(
    `SELECT json_build_array(${looks.join(', ')}) AS looks FROM ONLY ${qualified(table)} TABLESAMPLE SYSTEM (${percent})`,
    undefined,
    signal,
  );
  const found = JSON.parse(row?.['looks'] ?? '[]') as [bytes: number | null, blank: number | null][];
  const seen = columns.map((name, at) => ({ name, bytes: found[at]?.[0] ?? 0, blank: found[at]?.[1] ?? 0 }));
  const worth = seen.filter(({ bytes }) => bytes >= FEWEST_OF_COLUMN);
  const rowBytes = worth.reduce((sum, { bytes }) => sum + bytes, 0);
  if (rowBytes < FEWEST_OF_ROW) return NO_PADDING;
  const read = worth.map(({ name, blank }) => [name, withoutPaddingSql(quoteName(name), blank >= MANY_BLANK)] as const);
  return { columns: new Map(read), rowBytes };
}

/** Other ways of storing rows may not let pages be picked. */
async function isHeap(source: PgSession, { oid }: Table, signal: AbortSignal): Promise<boolean> {
  const sql = `SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_am a ON a.oid = c.relam WHERE c.oid = ${oid} AND a.amname = 'heap'`;
  return (await source.query(sql, undefined, signal)).length > 0;
}

/**
 * The binary form of a char(n) without the blanks at its end. Of what a server offers, this takes the least time: the cast to text looks at each character of the
 * padding (370 ns for 84 of them, this 70), and a comparison with nothing takes half of that for values that are nothing else.
 */
function withoutPaddingSql(column: string, areManyBlank: boolean): string {
  const trimmed = `pg_catalog.rtrim(pg_catalog.bpcharsend(${column}), '\\x20'::pg_catalog.bytea)`;
  return areManyBlank ? `CASE WHEN ${isBlankSql(column)} THEN ''::pg_catalog.bytea ELSE ${trimmed} END` : trimmed;
}

/** By its bytes: other collations may take more for nothing than blanks. */
function isBlankSql(column: string): string {
  return `${column} COLLATE pg_catalog."C" = ''`;
}
