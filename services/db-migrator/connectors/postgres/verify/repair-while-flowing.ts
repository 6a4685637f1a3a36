import type { Table } from '../catalog/catalog';
import { qualified } from '../catalog/catalog';
import type { PgSession } from '../session/pg-session';
import { repairRows, type RepairOptions, type RepairReport } from './repair-rows';
import { keyCondition, keySql } from './row-keys';

export interface FlowingRepairOptions extends RepairOptions {
  /** Resolves once the target has everything of the source up to a position of its log. */
  waitApplied: (lsn: string, signal: AbortSignal) => Promise<void>;
}

const AT_ONCE = 200;
/** A row that is put in while its like is taken away is looked at again. */
const ROUNDS = 5;

/**
 * Copies rows again by their keys while changes flow. Each batch is locked at the source (FOR SHARE), so that nobody changes it; once the target has
 * everything up to there, no change of these rows is on its way, and what is read is what the target has to have. Writers of just these rows wait
 * for so long. A row that the source does not have cannot be locked: when it is taken away at the target, the source is asked once more. Raises
 * what the source raises where the role may not lock rows (UPDATE is asked for). Can be repeated.
 */
export async function repairWhileFlowing(options: FlowingRepairOptions): Promise<RepairReport> {
  const report: RepairReport = { written: 0, removed: 0 };
  let left = options.keys;
  for (let round = 0; left.length > 0 && round < ROUNDS; round += 1) {
    const missing: (readonly string[])[] = [];
    for (let at = 0; at < left.length; at += AT_ONCE) missing.push(...(await repairLocked(options, left.slice(at, at + AT_ONCE), report)));
    left = await withKeys(options, missing);
  }
  return report;
}

/** Resolves with the keys that the source did not have. */
async function repairLocked(
  options: FlowingRepairOptions,
  keys: readonly (readonly string[])[],
  report: RepairReport,
): Promise<(readonly string[])[]> {
  const { source, signal } = options;
  return source.transaction(async () => {
    await source.query(`SET LOCAL lock_timeout = '10s'`, undefined, signal);
    const there = await keysThere(source, options.table, keys, signal, ' FOR SHARE');
    const [position] = await source.query('SELECT pg_current_wal_insert_lsn() AS lsn', undefined, signal);
    await options.waitApplied(position?.['lsn'] ?? '0/0', signal);
    const isLocked = (key: readonly string[]) => there.has(JSON.stringify(key));
    const missing = keys.filter((key) => !isLocked(key));
    // A row that comes at the source from here on comes by the stream, which would meet it at the target if it was written there as well.
    for (const part of [{ keys: keys.filter(isLocked) }, { keys: missing, onlyRemoves: true }]) {
      const { written, removed } = await repairRows({ ...options, ...part });
      report.written += written;
      report.removed += removed;
    }
    return missing;
  }, 'BEGIN READ WRITE');
}

async function withKeys(
  { source, table, signal }: FlowingRepairOptions,
  keys: readonly (readonly string[])[],
): Promise<(readonly string[])[]> {
  if (keys.length === 0) return [];
  const there = await keysThere(source, table, keys, signal);
  return keys.filter((key) => there.has(JSON.stringify(key)));
}

async function keysThere(
  source: PgSession,
  table: Table,
  keys: readonly (readonly string[])[],
  signal: AbortSignal,
  lock = '',
): Promise<Set<string>> {
  const sql = `SELECT ${keySql(table.primaryKey)} AS key FROM ONLY ${qualified(table)} t WHERE ${keyCondition(table)}${lock === '' ? '' : `${lock} OF t`}`;
  const rows = await source.query(sql, [JSON.stringify(keys)], signal);
  return new Set(rows.map((row) => JSON.stringify(JSON.parse(row['key'] ?? '[]'))));
}
