import { withTargetColumns, type Table, type TableName } from '../catalog/catalog';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { columnsAtTarget, fromSql, hashSql, rowBytesSql, verifiedColumns } from './row-digest';
import { keySql } from './row-keys';

/** Which rows of either side, as a condition; `$1`: what is given with the question. */
export interface RowsAsked {
  source: string;
  target: string;
}

/**
 * SQL of either side for rows of a table with a primary key: each one's key, as the differences tell it, and its hash by the text of its values. `other`: the target's
 * table, where there is one.
 */
export function rowsByKeySql(table: Table, name: TableName, other: Table | undefined, asked: RowsAsked, seed: string): RowsAsked {
  const columns = verifiedColumns(table);
  const ours = columnsAtTarget(columns, other?.columns ?? []);
  const select = (side: TableName, primaryKey: string[], rowBytes: string, where: string, withPartitions = false) =>
    `SELECT ${keySql(primaryKey)} AS key, ${hashSql(rowBytes, seed)} AS hash ${fromSql({ table: side, rowBytes, where, withPartitions })}`;
  return {
    source: select(table, table.primaryKey, rowBytesSql(columns, ours, 'text'), asked.source),
    target: select(name, withTargetColumns(table).primaryKey, rowBytesSql(ours, columns, 'text'), asked.target, other?.kind === 'p'),
  };
}

/** A session of each side that sees what is committed at each question. */
export async function withBothSides<T>(
  { source, target, migrationId, signal }: { source: PgEndpoint; target: PgEndpoint; migrationId: string; signal: AbortSignal },
  work: (source: PgSession, target: PgSession) => Promise<T>,
): Promise<T> {
  const how = {
    applicationName: `smartant verify ${migrationId}`,
    settings: { row_security: 'off', lc_monetary: 'C', jit: 'off' },
    signal,
  };
  const from = await source.open(how);
  try {
    const to = await target.open(how);
    return await work(from, to).finally(() => to.close());
  } finally {
    await from.close();
  }
}

/** Hashes of rows by their keys, each as JSON writes it. */
export async function hashesByKey(session: PgSession, sql: string, keys: string[][], signal: AbortSignal): Promise<Map<string, string>> {
  return hashesOf(await session.query(sql, [JSON.stringify(keys)], signal));
}

export function hashesOf(rows: readonly Record<string, string | null>[]): Map<string, string> {
  return new Map(rows.map((row) => [JSON.stringify(JSON.parse(row['key'] ?? '[]')), row['hash'] ?? '']));
}
