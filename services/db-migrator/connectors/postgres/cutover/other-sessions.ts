import { SmartantError } from '@smartant/kernel';
import { endOwnSessions } from '../session/end-own-sessions';
import type { PgSession } from '../session/pg-session';

export interface OtherSession {
  pid: string;
  user: string;
  application: string;
  hasTransactionId: boolean;
}

/**
 * Sessions on the same database that could write: those of clients, without ours (the user's own, with the migration's id in their
 * application name) and without replication. A role without pg_read_all_stats does not see what kind some are: they count as clients.
 */
export async function otherSessions(session: PgSession, migrationId: string, signal?: AbortSignal): Promise<OtherSession[]> {
  const rows = await session.query(OTHERS, [migrationId], signal);
  return rows.map((row) => ({
    pid: row['pid'] ?? '',
    user: row['usename'] ?? '',
    application: row['application_name'] ?? '',
    hasTransactionId: row['backend_xid'] !== null,
  }));
}

/**
 * Ends them, as far as the role may: only a superuser ends a superuser's. Resolves with those that it may not end. An ended session
 * is gone a moment later, so what must not go on has to be looked for again.
 */
export async function endOtherSessions(session: PgSession, migrationId: string, signal?: AbortSignal): Promise<OtherSession[]> {
  const spared: OtherSession[] = [];
  for (const other of await otherSessions(session, migrationId, signal)) {
    try {
      await session.query('SELECT pg_terminate_backend($1)', [other.pid], signal);
    } catch (error) {
      if (!(error instanceof SmartantError && error.code === 'DATABASE_ACCESS_DENIED')) throw error;
      spared.push(other);
    }
  }
  return spared;
}

/** As the sessions are called that hold a barrier. */
export function freezeName(migrationId: string): string {
  return `smartant freeze ${migrationId}`;
}

/** Ends what former holders of the migration's work left open to keep writers out of this database. */
export function endFormerHolders(session: PgSession, migrationId: string, signal?: AbortSignal): Promise<void> {
  return endOwnSessions(session, freezeName(migrationId), signal);
}

export interface PreparedTransaction {
  gid: string;
  owner: string;
}

/** Two-phase transactions of the database that are neither committed nor rolled back. They outlive sessions and crashes. */
export async function preparedTransactions(session: PgSession, signal?: AbortSignal): Promise<PreparedTransaction[]> {
  const rows = await session.query(
    'SELECT gid, owner FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared',
    undefined,
    signal,
  );
  return rows.map((row) => ({ gid: row['gid'] ?? '', owner: row['owner'] ?? '' }));
}

const OTHERS = `SELECT pid, usename, application_name, backend_xid FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND coalesce(backend_type, 'client backend') = 'client backend'
    AND NOT (usename = current_user AND position($1 IN coalesce(application_name, '')) > 0)`;
