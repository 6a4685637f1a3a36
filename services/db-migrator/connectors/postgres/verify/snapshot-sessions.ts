import { importSnapshotSql, snapshotRefused } from '../session/import-snapshot';
import type { PgEndpoint, PgSession } from '../session/pg-session';

/** Several sessions of one side that see the same moment. */
export interface SnapshotSessions {
  sessions: PgSession[];
  /** Everything that is seen was committed before this position of the side's log. */
  lsn: string;
  close(): Promise<void>;
}

export interface SnapshotPair {
  source: SnapshotSessions;
  target: SnapshotSessions;
}

/** The server's own parallelism would count double; compiling costs more than it brings for one pass. */
const SETTINGS: Record<string, string> = {
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  // An index that lacks rows would lack them for whoever compares, too.
  enable_indexonlyscan: 'off',
  // Row security hides rows in silence; this makes it an error.
  row_security: 'off',
  lc_monetary: 'C',
  // Rows that are looked up by their keys, of which the planner does not know how many there are.
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
};

/**
 * For reading all rows of a table, up to the savepoint before: an index that lacks some, as one may whose collation has changed, would hide those of a
 * condition from the comparison as it hid them from the copy.
 */
export const FROM_THE_TABLE = 'SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off';

const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
/** A server may end transactions that last. */
const untimed = ({ serverVersion }: PgSession) => (serverVersion >= 170_000 ? '; SET LOCAL transaction_timeout = 0' : '');
const importing = (snapshot: string) => `; ${importSnapshotSql(snapshot)}`;

/**
 * Opens `count` sessions under one snapshot, which holds back the side's vacuum until they are closed. `exported`: a snapshot that another session
 * holds; else one of its own. Raises DATABASE_SNAPSHOT_LOST.
 */
export async function openSnapshotSessions(
  endpoint: PgEndpoint,
  count: number,
  applicationName: string,
  signal: AbortSignal,
  exported?: string,
): Promise<SnapshotSessions> {
  const sessions: PgSession[] = [];
  const close = async () => void (await Promise.all(sessions.map((session) => session.close())));
  try {
    const first = await endpoint.open({ applicationName, settings: SETTINGS, signal });
    sessions.push(first);
    const under = exported === undefined ? '' : importing(exported);
    await first.query(`${BEGIN}${under}${untimed(first)}`, undefined, signal).catch(snapshotRefused);
    const id = exported ?? (await first.query('SELECT pg_export_snapshot() AS id', undefined, signal))[0]?.['id'] ?? '';
    const [position] = await first.query(POSITION, undefined, signal);
    const others = Array.from({ length: count - 1 }, async () => {
      const session = await endpoint.open({ applicationName, settings: SETTINGS, signal });
      sessions.push(session);
      await session.query(`${BEGIN}${importing(id)}${untimed(session)}`, undefined, signal).catch(snapshotRefused);
    });
    await Promise.all(others);
    return { sessions, lsn: position?.['lsn'] ?? '', close };
  } catch (error) {
    await close();
    throw error;
  }
}

const POSITION = `SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END AS lsn`;
