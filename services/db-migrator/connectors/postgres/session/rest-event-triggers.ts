import type { PgSession } from './pg-session';

/** Whether the role may let triggers rest, as a condition. */
export const maySetReplicationRoleSql = (version: number): string =>
  version >= 150_000
    ? `pg_catalog.has_parameter_privilege('session_replication_role', 'SET')`
    : `(SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)`;

/** Event triggers rest, as ordinary triggers do, where the role may say so; else nothing happens. */
const sql = ({ serverVersion }: PgSession, isLocal: boolean, where = 'true') =>
  `SELECT pg_catalog.set_config('session_replication_role', 'replica', ${isLocal}) WHERE ${maySetReplicationRoleSql(serverVersion)} AND ${where}`;

/** A statement for the transaction that it stands in, which is about what this program itself has there: no event trigger has to know of that, or may refuse it. */
export const restingEventTriggersSql = (session: PgSession): string => sql(session, true);

/**
 * For the whole session, once the source's event triggers are at the target (as smartant.schema_entry tells, which has to be there): what is made anew or later has been
 * let pass by them at the source.
 */
export async function restRestoredEventTriggers(session: PgSession, signal: AbortSignal): Promise<void> {
  const isRestored = `EXISTS (SELECT FROM smartant.schema_entry WHERE kind = 'EVENT TRIGGER' AND state = 'done')`;
  await session.query(sql(session, false, isRestored), undefined, signal);
}
