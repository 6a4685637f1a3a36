import { SmartantError } from '@smartant/kernel';
import { quoteText } from '../catalog/catalog';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { restRestoredEventTriggers } from '../session/rest-event-triggers';
import { SchemaRecord, type SchemaStep } from './schema-record';

export interface SchemaHolder {
  target: PgEndpoint;
  migrationId: string;
  /** Grows with each holder of the work. */
  epoch: number;
  signal: AbortSignal;
}

/**
 * As pg_restore has them: names are written with their schemas, and bodies of functions are not looked into. Commits do not wait for the disk:
 * an object and the record of it are lost together or not at all, and each step ends with a commit that does wait.
 */
const SETTINGS = {
  check_function_bodies: 'off',
  xmloption: 'content',
  row_security: 'off',
  client_min_messages: 'warning',
  standard_conforming_strings: 'on',
  synchronous_commit: 'off',
};
const LOCK_WAIT_MS = 30_000;

/**
 * Runs `work` as the only holder of the migration's schema at the target: sessions that an older holder left behind are ended, and an advisory
 * lock of the session keeps others out. Raises SCHEMA_COPY_BUSY (backoff) when one stays, and DATABASE_EPOCH_STALE when we are the older one.
 */
export async function holdSchema<T>(
  holder: SchemaHolder,
  work: (held: { session: PgSession; record: SchemaRecord; step: SchemaStep }) => Promise<T>,
): Promise<T> {
  const { signal } = holder;
  const session = await openRestoreSession(holder, {});
  try {
    const record = new SchemaRecord(holder.migrationId, holder.epoch);
    await record.take(session, signal);
    await restRestoredEventTriggers(session, signal);
    await endOlderHolders(session, holder);
    await lock(session, holder);
    // Whoever had the lock until now may have come further.
    return await work({ session, record, step: await record.take(session, signal) });
  } finally {
    await session.close();
  }
}

/** A session for statements of a dump. */
export function openRestoreSession(
  { target, migrationId, epoch, signal }: SchemaHolder,
  settings: Record<string, string>,
): Promise<PgSession> {
  return target.open({ applicationName: `${applicationName(migrationId)}${epoch}`, settings: { ...SETTINGS, ...settings }, signal });
}

const applicationName = (migrationId: string) => `smartant schema ${migrationId} `;

async function endOlderHolders(session: PgSession, { migrationId, epoch, signal }: SchemaHolder): Promise<void> {
  await session.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
     AND starts_with(application_name, $1) AND substr(application_name, length($1) + 1) ~ '^[0-9]+$' AND substr(application_name, length($1) + 1)::bigint < $2::bigint`,
    [applicationName(migrationId), String(epoch)],
    signal,
  );
}

async function lock(session: PgSession, { migrationId, signal }: SchemaHolder): Promise<void> {
  await session.query(`SET lock_timeout = ${LOCK_WAIT_MS}`);
  try {
    await session.query(`SELECT pg_advisory_lock(hashtextextended(${quoteText(`smartant schema ${migrationId}`)}, 0))`, undefined, signal);
  } catch (error) {
    if (!(error instanceof SmartantError) || error.code !== 'DATABASE_BUSY') throw error;
    throw new SmartantError('SCHEMA_COPY_BUSY', 'Another process is at the schema of this migration.', {
      kind: 'conflict',
      retry: { kind: 'backoff' },
      actor: 'operator',
      cause: error,
    });
  }
  await session.query('SET lock_timeout = 0');
}
