import { SmartantError } from '@smartant/kernel';
import type { PgSession } from '../session/pg-session';
import type { Catalog } from './catalog';

export type Server = Pick<Catalog, 'serverVersion' | 'database' | 'systemIdentifier' | 'timeline' | 'databaseOid' | 'encoding'>;

export interface ReadServerOptions {
  signal?: AbortSignal;
  /** A session that takes replication commands, for a role that may not read the control file. */
  openReplication?: () => Promise<PgSession>;
}

/**
 * What a server and the session's database are. Their identity comes from the control file, or, where the role may not read it (some
 * providers take that away), from IDENTIFY_SYSTEM. Raises DATABASE_ACCESS_DENIED when neither may be asked.
 */
export async function readServer(session: PgSession, { signal, openReplication }: ReadServerOptions = {}): Promise<Server> {
  // Asked before, since a refused statement would end the session's transaction.
  const [row] = await session.query(DATABASE, undefined, signal);
  const mayRead = row?.['may_read_control'] === 't';
  const identity = mayRead ? await fromControlFile(session, signal) : await fromReplication(openReplication, signal);
  return {
    serverVersion: session.serverVersion,
    database: row?.['database'] ?? '',
    databaseOid: row?.['database_oid'] ?? '',
    encoding: row?.['encoding'] ?? '',
    ...identity,
  };
}

type Identity = Pick<Server, 'systemIdentifier' | 'timeline'>;

const DATABASE = `SELECT current_database() AS database, d.oid AS database_oid, pg_encoding_to_char(d.encoding) AS encoding,
  has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AND has_function_privilege('pg_catalog.pg_control_checkpoint()', 'EXECUTE') AS may_read_control
  FROM pg_database d WHERE d.datname = current_database()`;

async function fromControlFile(session: PgSession, signal?: AbortSignal): Promise<Identity> {
  const [row] = await session.query(CONTROL, undefined, signal);
  return { systemIdentifier: row?.['system_identifier'] ?? '', timeline: Number(row?.['timeline']) };
}

/** The control file's timeline is the one of the last checkpoint, which may be older than a promotion: a primary knows its own. */
const CONTROL = `SELECT s.system_identifier,
  CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())
    ELSE ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int END AS timeline
  FROM pg_control_system() s`;

async function fromReplication(open: ReadServerOptions['openReplication'], signal?: AbortSignal): Promise<Identity> {
  if (!open) {
    throw new SmartantError('DATABASE_ACCESS_DENIED', 'The role may not ask the server which one it is.', {
      kind: 'forbidden',
      hint: 'Grant it REPLICATION, or EXECUTE on pg_control_system() and pg_control_checkpoint().',
    });
  }
  const session = await open();
  try {
    const [row] = await session.query('IDENTIFY_SYSTEM', undefined, signal);
    return { systemIdentifier: row?.['systemid'] ?? '', timeline: Number(row?.['timeline']) };
  } finally {
    await session.close();
  }
}
