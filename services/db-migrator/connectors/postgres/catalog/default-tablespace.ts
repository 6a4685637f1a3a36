import type { PgSession } from '../session/pg-session';

const DEFAULT_ONE = `SELECT t.spcname AS name FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE d.datname = current_database()`;

/** The tablespace of the session's database; a dump names none for what lies in it. */
export async function defaultTablespace(session: PgSession, signal: AbortSignal): Promise<string> {
  return (await session.query(DEFAULT_ONE, undefined, signal))[0]?.['name'] ?? '';
}
