import type { Table, TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { readCatalog } from '../catalog/read-catalog';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { fromSql } from './row-digest';
import { keyCondition } from './row-keys';
import { hashesByKey, hashesOf, rowsByKeySql, withBothSides } from './rows-by-key';
import { drawSeed } from './verify-tables';

export interface RowsBesideOptions {
  source: PgEndpoint;
  target: PgEndpoint;
  migrationId: string;
  tables: readonly Table[];
  targetName: (name: TableName) => TableName;
  /** Conditions of the scope as they read at the target, by tables' names at the source. */
  conditions: readonly { table: string; where: string }[];
  /** False: rows are only counted. */
  byContent: boolean;
  signal: AbortSignal;
}

/** Rows of a table at the target that its condition does not hold for. */
export interface RowsBeside {
  /** "schema.table" at the source. */
  table: string;
  rows: number;
  /** Null: they were not compared. */
  differing: { count: number; first: string } | null;
}

const ROWS_AT_ONCE = 500;

/**
 * Rows that applications wrote at the target beside a table's condition, and whether the source has each of them: by their keys, since what else the source has
 * beside the condition was never migrated. Both sides stand still. Tables without such rows are left out.
 */
export async function compareRowsBeside(options: RowsBesideOptions): Promise<RowsBeside[]> {
  return options.conditions.length === 0 ? [] : withBothSides(options, (source, target) => compareAll(source, target, options));
}

async function compareAll(source: PgSession, target: PgSession, options: RowsBesideOptions): Promise<RowsBeside[]> {
  const { tables, targetName, conditions, byContent, signal } = options;
  const atTarget = new Map((await readCatalog(target, signal)).tables.map((table) => [nameOf(table), table]));
  const found: RowsBeside[] = [];
  for (const table of tables) {
    const where = conditions.find((condition) => condition.table === nameOf(table))?.where;
    const other = atTarget.get(nameOf(targetName(table)));
    if (where === undefined || !other) continue;
    const beside = `(${where}\n) IS NOT TRUE`;
    const isCompared = byContent && table.primaryKey.length > 0;
    const result = isCompared
      ? await compareByKey(source, target, { table, other, beside }, options)
      : await count(target, other, beside, signal);
    if (result.rows > 0) found.push({ table: nameOf(table), ...result });
  }
  return found;
}

async function count(target: PgSession, table: Table, where: string, signal: AbortSignal): Promise<Omit<RowsBeside, 'table'>> {
  const from = fromSql({ table, rowBytes: '', where, withPartitions: table.kind === 'p' });
  const [row] = await target.query(`SELECT count(*) AS n ${from}`, undefined, signal);
  return { rows: Number(row?.['n'] ?? 0), differing: null };
}

async function compareByKey(
  source: PgSession,
  target: PgSession,
  { table, other, beside }: { table: Table; other: Table; beside: string },
  { targetName, signal }: RowsBesideOptions,
): Promise<Omit<RowsBeside, 'table'>> {
  const sql = rowsByKeySql(table, targetName(table), other, { source: keyCondition(table), target: beside }, drawSeed());
  const differing = { count: 0, first: '' };
  let rows = 0;
  await target.query(`BEGIN READ ONLY; DECLARE smartant_beside NO SCROLL CURSOR FOR ${sql.target}`, undefined, signal);
  for (;;) {
    const ours = hashesOf(await target.query(`FETCH ${ROWS_AT_ONCE} FROM smartant_beside`, undefined, signal));
    if (ours.size === 0) break;
    const keys = [...ours.keys()];
    const theirs = await hashesByKey(
      source,
      sql.source,
      keys.map((key) => JSON.parse(key) as string[]),
      signal,
    );
    const unlike = keys.filter((key) => theirs.get(key) !== ours.get(key));
    rows += ours.size;
    differing.first ||= unlike[0] ?? '';
    differing.count += unlike.length;
  }
  await target.query('ROLLBACK', undefined, signal);
  return { rows, differing };
}
