import { createHash } from 'node:crypto';
import { SmartantError } from '@smartant/kernel';
import { qualified, quoteName, quoteText } from '../catalog/catalog';
import { UNCHANGED } from '../replication/decode-message';
import type { Tuple } from '../replication/messages';
import type { PgParameter } from '../session/pg-session';
import type { AddedRows } from './added-rows';
import { copyBinary } from './copy-binary';
import { copyText } from './copy-text';
import type { RowStep, SetStep, Step, TruncateStep } from './plan-steps';
import { bytesOf, isUnchanged, valueOf, type TargetColumn, type TargetTable } from './target-table';
import { untoldValue, VALUES_UNTOLD } from './untold-value';
import { arrayOf, TEXT_OID } from './value-array';

export interface Statement {
  /** Under which the server keeps it; null: it is run once. */
  name: string | null;
  sql: string;
  parameters: PgParameter[];
  /** Of a COPY. */
  data?: readonly Buffer[];
  /** Rows that it has to meet; null: as many as it likes. */
  expected: number | null;
  /** `check`: that a table still is what its statements were made for; it is locked by them. */
  kind: 'insert' | 'update' | 'delete' | 'truncate' | 'check';
  /** It cannot be made: this is what the server would say. */
  failure?: SmartantError;
  unit: string;
}

/** A COPY costs less a row, a prepared statement less to begin. */
const COPY_FROM_ROWS = 50;

export function statementsOf(step: Step): Statement[] {
  if (step.kind === 'set') return setStatements(step);
  return [step.kind === 'row' ? rowStatement(step) : truncateStatement(step)];
}

function setStatements({ table, deletes, updates, inserts }: SetStep): Statement[] {
  const statements: Statement[] = [];
  if (deletes.length > 0) statements.push(deleteSet(table, deletes));
  // Rows whose untold values differ cannot share a list of columns.
  for (const [untold, rows] of Map.groupBy(updates, untoldColumns)) {
    const statement = updateSet(table, rows, untold);
    if (statement) statements.push(statement);
  }
  if (inserts.count > 0) statements.push(...insertSet(table, inserts));
  return statements;
}

function untoldColumns(row: Tuple): string {
  if (!row.isPartial) return '';
  return row.spans.flatMap((_, at) => (at % 2 === 0 && isUnchanged(row, at / 2) ? [at / 2] : [])).join('_');
}

function deleteSet(table: TargetTable, rows: Tuple[]): Statement {
  const source = valuesOf(table, rows, keyThere(table));
  return {
    name: `d${table.shape}`,
    sql: `DELETE FROM ${only(table)} AS t USING ${source.sql} WHERE ${keyMatches(table)}`,
    parameters: source.parameters,
    expected: rows.length,
    kind: 'delete',
    unit: table.unit,
  };
}

/** Undefined where there is nothing to set: all columns are of the key, or not told. */
function updateSet(table: TargetTable, rows: Tuple[], untold: string): Statement | undefined {
  const left = new Set([...table.key, ...untold.split('_').filter(Boolean).map(Number)]);
  const set = moved(table).filter(([index, column]) => !left.has(index) && !column.isAlways);
  if (set.length === 0) return undefined;
  const source = valuesOf(table, rows, [...keyThere(table), ...set.map(([index]) => index)]);
  const assignments = set.map(([index, column]) => `${quoteName(column.name)} = ${typed(table, index, column)}`);
  return {
    name: `u${table.shape}_${untold.length > 40 ? createHash('sha256').update(untold).digest('hex').slice(0, 40) : untold}`,
    sql: `UPDATE ${only(table)} AS t SET ${assignments.join(', ')} FROM ${source.sql} WHERE ${keyMatches(table)}`,
    parameters: source.parameters,
    expected: rows.length,
    kind: 'update',
    unit: table.unit,
  };
}

function insertSet(table: TargetTable, rows: AddedRows): Statement[] {
  const columns = moved(table);
  const common = { kind: 'insert' as const, unit: table.unit, expected: null };
  if (columns.length === 0) {
    return rows.begins.map(() => ({
      ...common,
      name: `e${table.shape}`,
      sql: `INSERT INTO ${qualified(table.target)} DEFAULT VALUES`,
      parameters: [],
    }));
  }
  const places = columns.map(([index]) => index);
  const names = columns.map(([, { name }]) => quoteName(name)).join(', ');
  if (rows.count >= COPY_FROM_ROWS) {
    const isBinary = table.form === 'binary';
    const sql = `COPY ${qualified(table.target)} (${names}) FROM STDIN${isBinary ? ' (FORMAT binary)' : ''}`;
    return orUntold(common, () => {
      const copy = { ...common, name: null, sql, parameters: [], data: isBinary ? copyBinary(rows, places) : copyText(rows, places) };
      return isBinary ? [copy, typeCheck(table, columns)] : [copy];
    });
  }
  const tuples = rows.tuples();
  if (tuples.some((row) => row.isPartial && places.some((index) => isUnchanged(row, index))))
    return [{ ...common, ...NOTHING, failure: untoldValue(UNCHANGED) }];
  const source = valuesOf(table, tuples, places);
  const values = columns.map(([index, column]) => typed(table, index, column)).join(', ');
  const sql = `INSERT INTO ${qualified(table.target)} (${names}) OVERRIDING SYSTEM VALUE SELECT ${values} FROM ${source.sql}`;
  return [{ ...common, name: `i${table.shape}`, sql, parameters: source.parameters }];
}

const NOTHING = { name: null, sql: '', parameters: [] };

function orUntold(common: Pick<Statement, 'kind' | 'unit' | 'expected'>, statements: () => Statement[]): Statement[] {
  try {
    return statements();
  } catch (error) {
    if (!(error instanceof SmartantError) || error.code !== VALUES_UNTOLD) throw error;
    return [{ ...common, ...NOTHING, failure: error }];
  }
}

/**
 * The types of a table are read when the source tells of it, and may be others by now: of many of them the server would take the same bytes for
 * another value, without a word. Whoever changes them waits for the COPY before, or has come before that.
 */
function typeCheck({ shape, target, unit }: TargetTable, columns: readonly [number, TargetColumn][]): Statement {
  const pairs = columns.map(([, { name, typeOid }]) => `(${quoteText(name)}::name, ${typeOid}::oid)`).join(', ');
  return {
    ...{ name: `c${shape}`, kind: 'check', unit, parameters: [], expected: columns.length },
    sql: `SELECT 1 FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass(${quoteText(qualified(target))})
      AND NOT a.attisdropped AND (a.attname, a.atttypid) IN (${pairs})`,
  };
}

/** One row by its old key or, in a table without one, the first that has all its values. */
function rowStatement({ change }: RowStep): Statement {
  const { table } = change;
  const old = change.kind === 'update' ? (change.old ?? change.row) : change.old;
  const values = new RowValues(table);
  const match =
    table.key.length > 0
      ? keyOfRow(table, old, values)
      : `t.ctid = (SELECT s.ctid FROM ${only(table)} AS s WHERE ${wholeRow(table, old, values)} LIMIT 1)`;
  const common = { name: null, parameters: values.parameters, expected: 1, unit: table.unit };
  if (change.kind === 'delete') return { ...common, kind: 'delete', sql: `DELETE FROM ${only(table)} AS t WHERE ${match}` };
  const set = moved(table).filter(([index, column]) => !isUnchanged(change.row, index) && !column.isAlways);
  const assignments = set.map(([index, column]) => `${quoteName(column.name)} = ${values.add(change.row, index, column).value}`);
  if (assignments.length === 0) return { ...common, kind: 'update', expected: null, parameters: [], sql: 'SELECT 1' };
  return { ...common, kind: 'update', sql: `UPDATE ${only(table)} AS t SET ${assignments.join(', ')} WHERE ${match}` };
}

/** Values of single rows as parameters, in the form that they came in. */
class RowValues {
  readonly parameters: PgParameter[] = [];

  constructor(private readonly table: TargetTable) {}

  /** As a value of the column's type, and as the text that the type's output function gives. */
  add(row: Tuple, index: number, column: TargetColumn): { value: string; text: string } {
    if (this.table.form === 'binary') {
      const value = `$${this.parameters.push(bytesOf(row, index))}::${column.type}`;
      return { value, text: `pg_catalog.concat(${value})` };
    }
    const text = `$${this.parameters.push(valueOf(row, index))}::pg_catalog.text`;
    return { value: cast(text, column), text };
  }
}

function keyOfRow(table: TargetTable, old: Tuple, values: RowValues): string {
  return table.key
    .flatMap((index) => {
      const column = table.columns[index];
      return column ? [`t.${quoteName(column.name)} ${equals(column)} ${values.add(old, index, column).value}`] : [];
    })
    .join(' AND ');
}

/**
 * By equality, which an index may help with, and by text, since 1.0 equals 1.00. `concat` writes values by their type's output function,
 * as the change stream does; a cast to text does not for some types. A composite of nulls is no null, though IS NULL says so.
 */
function wholeRow(table: TargetTable, old: Tuple, values: RowValues): string {
  const conditions = moved(table)
    .filter(([index]) => !isUnchanged(old, index))
    .map(([index, column]) => {
      const name = `s.${quoteName(column.name)}`;
      if (bytesOf(old, index) === null) return `${name} IS NOT DISTINCT FROM NULL`;
      const { value, text } = values.add(old, index, column);
      const equal = column.equality === null ? '' : `${name} ${equals(column)} ${value} AND `;
      return `${equal}${name} IS DISTINCT FROM NULL AND pg_catalog.concat(${name}) = ${text}`;
    });
  return conditions.length > 0 ? conditions.join(' AND ') : 'true';
}

function truncateStatement({ change }: TruncateStep): Statement {
  const tables = change.tables.map(only).join(', ');
  return {
    name: null,
    sql: `TRUNCATE ${tables}${change.restartsIdentities ? ' RESTART IDENTITY' : ''}`,
    parameters: [],
    expected: null,
    kind: 'truncate',
    unit: change.tables.map(({ unit }) => unit).join(', '),
  };
}

/** Columns of the key that the target does not make itself. */
function keyThere({ key, columns }: TargetTable): number[] {
  return key.filter((index) => columns[index]);
}

/** Columns that are moved, with their place in the source's rows. */
function moved(table: TargetTable): [number, TargetColumn][] {
  return table.columns.flatMap((column, index) => (column ? [[index, column] as [number, TargetColumn]] : []));
}

function valuesOf(table: TargetTable, rows: Tuple[], columns: number[]): { sql: string; parameters: Buffer[] } {
  const typeOf = (index: number) => (table.form === 'binary' ? table.columns[index] : undefined);
  const arrays = columns
    .map((index, place) => `pg_catalog.unnest($${place + 1}::${typeOf(index)?.type ?? 'pg_catalog.text'}[])`)
    .join(', ');
  const names = columns.map((index) => `c${index}`).join(', ');
  return {
    sql: `ROWS FROM (${arrays}) AS v(${names})`,
    parameters: columns.map((index) => arrayOf(rows, index, typeOf(index)?.typeOid ?? TEXT_OID)),
  };
}

/** A column of `valuesOf` in its type. */
function typed({ form }: TargetTable, index: number, column: TargetColumn): string {
  return form === 'binary' ? `v.c${index}` : cast(`v.c${index}`, column);
}

function keyMatches(table: TargetTable): string {
  return table.key
    .flatMap((index) => {
      const column = table.columns[index];
      return column ? [`t.${quoteName(column.name)} ${equals(column)} ${typed(table, index, column)}`] : [];
    })
    .join(' AND ');
}

const equals = ({ equality }: TargetColumn) => `OPERATOR(${equality ?? 'pg_catalog'}.=)`;

/** By the type's input function. Of a table's name alone the cast is another function, which refuses numbers. */
function cast(text: string, { type }: TargetColumn): string {
  if (type === '"pg_catalog"."regclass"') return `pg_catalog.regclassin(pg_catalog.textout(${text}))`;
  return `${text}::${type}`;
}

/** Tables that inherit hold rows of their own; partitions of a partitioned table are meant with it. */
function only({ kind, target }: TargetTable): string {
  return kind === 'r' ? `ONLY ${qualified(target)}` : qualified(target);
}
