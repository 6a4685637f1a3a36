import type { PgSession } from './pg-session';

/** What the server keeps of an application's name. */
const LONGEST_NAME = 63;

/**
 * Ends the role's other sessions of that application name on this database. For what earlier holders of a work left: a process that is stopped keeps
 * its locks as long as it lives, and one whose machine is gone without a word until the server's keepalive finds out.
 */
export async function endOwnSessions(session: PgSession, applicationName: string, signal?: AbortSignal): Promise<void> {
  await session.query(OWN, [applicationName.slice(0, LONGEST_NAME)], signal);
}

const OWN = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = current_user AND application_name = $1`;
