import { SmartantError } from '@smartant/kernel';
import type { Finding, JobState } from '../../../application/ports/database-engine';
import { quoteName, type Table } from '../catalog/catalog';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { granteeSql, loadFreezeRecord, planFreeze, saveFreezeRecord, type FreezeRecord, type FrozenSide } from './freeze-record';
import { thawWrites } from './thaw-writes';
import { endFormerHolders, freezeName } from './other-sessions';
import { raiseWriteBarrier, type WriteBarrier } from './write-barrier';

export interface FreezeOptions {
  endpoint: PgEndpoint;
  /** The target is frozen for a rollback. */
  side: FrozenSide;
  state: JobState;
  migrationId: string;
  /** Ordinary tables whose writers are kept out; partitions, not their roots. */
  tables: readonly Table[];
  /** Roles that may still connect beside ours, for example monitoring. */
  keepRoles?: readonly string[];
  /** How long to try to keep writers out. Default 30 s. */
  deadlineMs?: number;
  signal: AbortSignal;
}

export interface Freeze {
  /** Every change of the tables was committed before this position. Flushed, and passed by the decoder also when nothing else happens. */
  frozenLsn: string;
  /** RFC 3339, by the server's clock. */
  frozenAt: string;
  /** Holds until the target is open: assert it before that, then release it. */
  barrier: WriteBarrier;
  findings: Finding[];
}

const DEADLINE_MS = 30_000;

/**
 * Takes away the right to write on a database: `default_transaction_read_only` for new sessions, CONNECT from everybody but us, the sessions
 * that there are; then raises the barrier that proves it (`WriteBarrier`). What it changes is kept in the state before, so that
 * `thawWrites` undoes it after a crash. Called again, it raises the barrier anew and resolves with a later position.
 *
 * When it fails, the database is thawed again; when it is aborted it is not, since whoever goes on may have frozen it already.
 * Raises DATABASE_PREPARED_TRANSACTION, DATABASE_FREEZE_TIMEOUT.
 */
export async function freezeWrites(options: FreezeOptions): Promise<Freeze> {
  const { endpoint, migrationId, signal } = options;
  const control = await endpoint.open({ applicationName: freezeName(migrationId), signal });
  try {
    await endFormerHolders(control, migrationId, signal);
    const findings = await takeRights(control, options);
    const barrier = await raiseWriteBarrier(control, {
      endpoint,
      migrationId,
      tables: options.tables.filter(({ kind }) => kind === 'r'),
      deadlineMs: options.deadlineMs ?? DEADLINE_MS,
      signal,
    });
    if (barrier.kind === 'observed') findings.push(unproven(barrier.unlocked, options.side));
    try {
      return { ...(await markFrozen(control, migrationId, signal)), barrier, findings };
    } catch (error) {
      await barrier.release();
      throw error;
    }
  } catch (error) {
    // Where the server is gone, the record stays, and who comes next thaws or freezes again.
    if (!signal.aborted) await thawWrites(control, options).catch(() => undefined);
    throw error;
  } finally {
    await control.close();
  }
}

/** What `freezeWrites` will do to the session's database, a sentence each; changes nothing. */
export async function describeFreeze(session: PgSession, keepRoles: readonly string[] = [], signal?: AbortSignal): Promise<string[]> {
  const plan = await planFreeze(session, keepRoles, signal);
  const [sessions] = await session.query(SESSION_COUNT, undefined, signal);
  const steps = (await mayAlter(session, signal))
    ? changesOf(plan).map((statement) => `Run: ${statement}`)
    : ['Nothing is set for the database, since the role does not own it.'];
  return [
    ...steps,
    `End the ${sessions?.['count']} other sessions of the database (as far as the role may).`,
    'Lock the migrated tables against writers (LOCK TABLE … IN SHARE MODE) until the target is open, which waits for transactions that write.',
    'When the cutover fails or is undone, everything is set back as it was.',
  ];
}

async function takeRights(control: PgSession, options: FreezeOptions): Promise<Finding[]> {
  const { state, side, signal } = options;
  if (!(await mayAlter(control, signal))) return [notOwner(side)];
  let record = await loadFreezeRecord(state, side);
  if (!record) {
    record = await planFreeze(control, options.keepRoles ?? [], signal);
    await saveFreezeRecord(state, side, record);
  }
  const changes = changesOf(record);
  await control.transaction(async () => {
    for (const statement of changes) await control.query(statement, undefined, signal);
  }, 'BEGIN READ WRITE');
  return [];
}

function changesOf({ database, revoked, grantedTo }: FreezeRecord): string[] {
  const name = quoteName(database);
  return [
    `ALTER DATABASE ${name} SET default_transaction_read_only = on`,
    ...grantedTo.map((role) => `GRANT CONNECT ON DATABASE ${name} TO ${quoteName(role)}`),
    ...revoked.map((grant) => `REVOKE CONNECT ON DATABASE ${name} FROM ${granteeSql(grant)} CASCADE`),
  ];
}

async function mayAlter(session: PgSession, signal?: AbortSignal): Promise<boolean> {
  const [row] = await session.query(
    `SELECT pg_has_role(datdba, 'USAGE') AS may FROM pg_database WHERE datname = current_database()`,
    undefined,
    signal,
  );
  return row?.['may'] === 't';
}

/**
 * The position after everything that was committed. The commit of a message of ours is then written and flushed after it, so that the decoder,
 * which is sent only what is flushed, passes it on a source where nothing else happens.
 */
async function markFrozen(control: PgSession, migrationId: string, signal: AbortSignal): Promise<{ frozenLsn: string; frozenAt: string }> {
  const [row] = await control.query(
    `SELECT pg_current_wal_insert_lsn() AS lsn, to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at`,
    undefined,
    signal,
  );
  await control.transaction(async () => {
    await control.query('SET LOCAL synchronous_commit = on', undefined, signal);
    await control.query(`SELECT pg_logical_emit_message(true, 'smartant', $1)`, [`frozen ${migrationId}`], signal);
  }, 'BEGIN READ WRITE');
  const lsn = row?.['lsn'];
  if (!lsn) throw new SmartantError('DATABASE_ANSWER_INVALID', 'The server did not tell its position.', { kind: 'internal' });
  return { frozenLsn: lsn, frozenAt: row['at'] ?? '' };
}

const SESSION_COUNT = `SELECT count(*) AS count FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND coalesce(backend_type, 'client backend') = 'client backend'`;

function notOwner(side: FrozenSide): Finding {
  return {
    severity: 'warning',
    code: 'DATABASE_FREEZE_NOT_OWNER',
    message: 'The role does not own the database, so new sessions could not be made read-only or be kept away.',
    hint: 'Writers are kept out by locks alone. Grant the owner’s role to the migration’s, or stop the writers before the cutover.',
    subject: side,
  };
}

function unproven(tables: string[], side: FrozenSide): Finding {
  return {
    severity: 'warning',
    code: 'DATABASE_FREEZE_UNPROVEN',
    message: `${tables.length} tables could not be locked against writers (first: ${tables[0]}); that nothing wrote was observed, not proved.`,
    hint: 'Grant UPDATE on the migrated tables to the migration’s role (it never updates them), or raise max_locks_per_transaction.',
    subject: side,
  };
}
