import { SmartantError } from '@smartant/kernel';
import { movedColumns, qualified, quoteName, withTargetColumns, type Table, type TableName } from '../catalog/catalog';
import type { PgSession } from '../session/pg-session';
import { keyCondition, keySql } from './row-keys';

export interface RepairOptions {
  source: PgSession;
  target: PgSession;
  /** Of the source, with a primary key. */
  table: Table;
  targetName: (name: TableName) => TableName;
  /** Keys of the rows, as the differences tell them (`keyValues`). */
  keys: readonly (readonly string[])[];
  /** The scope's condition: a row that does not meet it is taken away at the target. */
  where?: string;
  /** The source is known not to have these rows: it is not asked again. */
  onlyRemoves?: boolean;
  signal: AbortSignal;
}

export interface RepairReport {
  /** Written at the target as they are at the source. */
  written: number;
  /** Taken away at the target, since the source has no such row. */
  removed: number;
}

const AT_ONCE = 200;
/** No column of a table has this name by accident. */
const KEY_NAME = 'smartant: key';
const KEY = quoteName(KEY_NAME);

/**
 * Copies rows again by their keys, each batch in one transaction of the target: what is there under a key goes, what the source has comes. Only while
 * nothing is streamed to the table (the source is frozen or the stream is paused): a change that comes later would meet rows of a later
 * time. Where the role may, triggers and foreign keys of the target stay out of it; otherwise rows are updated in place, so that
 * deleting does not cascade. Can be repeated. Raises DATABASE_TABLE_WITHOUT_KEY.
 */
export async function repairRows(options: RepairOptions): Promise<RepairReport> {
  const { table, keys, target, signal } = options;
  if (table.primaryKey.length === 0) {
    throw new SmartantError(
      'DATABASE_TABLE_WITHOUT_KEY',
      `The rows of "${table.schema}.${table.table}" cannot be repaired one by one: it has no primary key.`,
      {
        kind: 'precondition',
        hint: 'Resync the table.',
      },
    );
  }
  const isQuiet = await maySilenceTriggers(target, signal);
  const report: RepairReport = { written: 0, removed: 0 };
  for (let at = 0; at < keys.length; at += AT_ONCE) await repairBatch(options, keys.slice(at, at + AT_ONCE), isQuiet, report);
  return report;
}

async function repairBatch(
  options: RepairOptions,
  keys: readonly (readonly string[])[],
  isQuiet: boolean,
  report: RepairReport,
): Promise<void> {
  const { source, target, table, signal } = options;
  const name = options.targetName(table);
  const atTarget = withTargetColumns(table);
  const columns = movedColumns(table);
  const list = columns.map((column) => quoteName(column.name)).join(', ');
  const filter = options.where ? ` AND (${options.where}\n)` : '';
  const asked = `SELECT ${list}, ${keySql(table.primaryKey)} AS ${KEY} FROM ONLY ${qualified(table)} WHERE ${keyCondition(table)}${filter}`;
  const rows = options.onlyRemoves ? [] : await source.query(asked, [JSON.stringify(keys)], signal);
  await target.transaction(async () => {
    if (isQuiet) await target.query('SET LOCAL session_replication_role = replica', undefined, signal);
    const remove = (some: readonly (readonly string[])[]) =>
      target.execute(`DELETE FROM ONLY ${qualified(name)} WHERE ${keyCondition(atTarget)}`, [JSON.stringify(some)], signal);
    const there = new Set(rows.map((row) => JSON.stringify(JSON.parse(row[KEY_NAME] ?? '[]'))));
    const isThere = (key: readonly string[]) => there.has(JSON.stringify(key));
    report.removed += await remove(keys.filter((key) => !isThere(key)));
    if (isQuiet) await remove(keys.filter(isThere));
    const insert = insertSql(name, atTarget, isQuiet);
    for (const row of rows)
      await target.query(
        insert,
        columns.map((column) => row[column.name] ?? null),
        signal,
      );
    report.written += rows.length;
  }, 'BEGIN READ WRITE');
}

/** `table`: as at the target. The values are parameters of the columns' own types, so the server reads them as it wrote them. */
function insertSql(name: TableName, table: Table, isQuiet: boolean): string {
  const columns = movedColumns(table);
  const values = columns.map((_, index) => `$${index + 1}`).join(', ');
  const list = columns.map((column) => quoteName(column.name));
  // A column that is GENERATED ALWAYS AS IDENTITY takes no UPDATE.
  const sets = columns
    .filter(({ identity }) => identity !== 'a')
    .map(({ name: column }) => `${quoteName(column)} = excluded.${quoteName(column)}`);
  const action = sets.length > 0 ? `UPDATE SET ${sets.join(', ')}` : 'NOTHING';
  const upsert = ` ON CONFLICT (${table.primaryKey.map(quoteName).join(', ')}) DO ${action}`;
  return `INSERT INTO ${qualified(name)} (${list.join(', ')}) OVERRIDING SYSTEM VALUE VALUES (${values})${isQuiet ? '' : upsert}`;
}

async function maySilenceTriggers(session: PgSession, signal: AbortSignal): Promise<boolean> {
  try {
    await session.transaction(() => session.query('SET LOCAL session_replication_role = replica', undefined, signal));
    return true;
  } catch (error) {
    if (error instanceof SmartantError && error.code === 'DATABASE_ACCESS_DENIED') return false;
    throw error;
  }
}
