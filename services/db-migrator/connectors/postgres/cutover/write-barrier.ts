import { setTimeout as delay } from 'node:timers/promises';
import { SmartantError } from '@smartant/kernel';
import { qualified, type Table } from '../catalog/catalog';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { endOtherSessions, freezeName, otherSessions, preparedTransactions } from './other-sessions';

/**
 * What keeps writers out of the migrated tables from the frozen position on, and proves it.
 *
 * **Locked.** One transaction of ours holds `LOCK TABLE ONLY … IN SHARE MODE` on every migrated table until the target is open.
 * Every way to change rows (INSERT, UPDATE, DELETE, COPY, MERGE, TRUNCATE, a function, a superuser, a replication worker, a session that
 * set itself back to read-write, a prepared transaction) holds ROW EXCLUSIVE or more on the table until its transaction has
 * ended, which conflicts with SHARE. So
 *  1. when the locks are ours, no transaction that changed one of the tables is still open: each one released its lock, which a
 *     server does only after the commit record is in the log; every such record is before the insert position that is read next;
 *  2. as long as they are ours, none can change the tables: it waits for us.
 * The frozen position is read between both. No setting, no look at pg_stat_activity and no waiting proves as much: a setting binds
 * only whoever does not change it back, and a look is over before the next statement begins. SHARE, not EXCLUSIVE, since readers,
 * `SELECT … FOR UPDATE` and CREATE INDEX change no row; and not ACCESS EXCLUSIVE, since the verification reads.
 * Not covered: tables that are made meanwhile (the comparison of definitions finds them), nextval (sequences are moved after the
 * drain, from the source as it then is) and writes that take no lock at all (pg_surgery, the data files).
 *
 * **Observed.** A role without UPDATE, DELETE or TRUNCATE on a table may not lock it. Then the sessions of the database are ended until
 * two looks in a row find no transaction with a transaction id; that is as strong as the settings that were made before, and no proof.
 */
export interface WriteBarrier {
  kind: 'locked' | 'observed';
  /** Tables that could not be locked. */
  unlocked: string[];
  /** Raises DATABASE_FREEZE_LOST when the locks were lost (the connection broke): what came since is unknown. */
  assertHeld(signal: AbortSignal): Promise<void>;
  /**
   * Lets go. Whoever waited for a lock is ended first: its write would land behind the frozen position. Does nothing more to the database when the
   * locks were lost: another holder has taken over, and may have given it back to its applications.
   */
  release(): Promise<void>;
}

export interface BarrierOptions {
  endpoint: PgEndpoint;
  migrationId: string;
  tables: readonly Table[];
  /** How long to try before giving up. */
  deadlineMs: number;
  signal: AbortSignal;
}

/** Longer than `deadlock_timeout` (1 s), after which a server itself cancels an autovacuum that stands in a lock's way. */
const LOCK_TRY_MS = 2_500;
const RELEASE_MS = 10_000;
const LOOK_AGAIN_MS = 100;

/** Raises DATABASE_PREPARED_TRANSACTION, DATABASE_FREEZE_TIMEOUT. */
export async function raiseWriteBarrier(control: PgSession, options: BarrierOptions): Promise<WriteBarrier> {
  const { endpoint, migrationId, tables, signal } = options;
  const lockable = await lockableTables(control, tables, signal);
  const unlocked = tables.filter((table) => !lockable.includes(table)).map(qualified);
  const holder = await endpoint.open({ applicationName: freezeName(migrationId), signal });
  try {
    const deadline = performance.now() + options.deadlineMs;
    let fits = true;
    if (lockable.length > 0) fits = await lockAll(control, holder, lockable, deadline, options);
    if (!fits) unlocked.push(...lockable.map(qualified));
    if (unlocked.length > 0) await observeNoWriters(control, holder, deadline, options);
  } catch (error) {
    await holder.close();
    throw error;
  }
  return new HeldBarrier(unlocked.length === 0 ? 'locked' : 'observed', unlocked, holder, options);
}

class HeldBarrier implements WriteBarrier {
  constructor(
    readonly kind: 'locked' | 'observed',
    readonly unlocked: string[],
    private readonly holder: PgSession,
    private readonly options: BarrierOptions,
  ) {}

  async assertHeld(signal: AbortSignal): Promise<void> {
    try {
      await this.holder.query('SELECT 1', undefined, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw new SmartantError('DATABASE_FREEZE_LOST', 'The connection that kept writers out of the frozen tables was lost.', {
        kind: 'unavailable',
        hint: 'The cutover freezes again and drains what came since.',
        cause: error,
      });
    }
  }

  async release(): Promise<void> {
    const { endpoint, migrationId } = this.options;
    // Also for work that is aborted, and from a server that does not answer any more.
    const signal = AbortSignal.timeout(RELEASE_MS);
    try {
      await this.assertHeld(signal);
      const control = await endpoint.open({ applicationName: freezeName(migrationId), signal });
      try {
        await endOtherSessions(control, migrationId, signal);
        await endWaiters(control, this.holder, signal);
      } finally {
        await control.close();
      }
      await this.holder.query('ROLLBACK', undefined, signal);
    } catch (error) {
      if (!(error instanceof SmartantError)) throw error;
      // The server lets go of the locks when it sees that the connection is gone.
    } finally {
      this.holder.destroy();
    }
  }
}

/** Tables that the role may lock: by ownership or by one of the rights that LOCK TABLE asks for. */
async function lockableTables(session: PgSession, tables: readonly Table[], signal: AbortSignal): Promise<Table[]> {
  const maintain = session.serverVersion >= 170000 ? `, MAINTAIN` : '';
  const rows = await session.query(
    `SELECT o::text AS oid FROM unnest($1::oid[]) o WHERE has_table_privilege(o, 'UPDATE, DELETE, TRUNCATE${maintain}')`,
    [oidsOf(tables)],
    signal,
  );
  const allowed = new Set(rows.map((row) => row['oid']));
  return tables.filter(({ oid }) => allowed.has(oid));
}

/** False: the server's lock table is too small for so many (max_locks_per_transaction). */
async function lockAll(
  control: PgSession,
  holder: PgSession,
  tables: readonly Table[],
  deadline: number,
  { migrationId, signal }: BarrierOptions,
): Promise<boolean> {
  // In one order for everybody, so that two of ours never wait for each other.
  const names = tables.map(qualified).sort();
  const statement = `LOCK TABLE ${names.map((name) => `ONLY ${name}`).join(', ')} IN SHARE MODE`;
  for (;;) {
    await endOtherSessions(control, migrationId, signal);
    await cancelAutovacuum(control, tables, signal);
    try {
      await holder.query('BEGIN READ WRITE', undefined, signal);
      await holder.query(`SET LOCAL lock_timeout = ${LOCK_TRY_MS}`, undefined, signal);
      if (holder.serverVersion >= 170000) await holder.query('SET LOCAL transaction_timeout = 0', undefined, signal);
      await holder.query(statement, undefined, signal);
      return true;
    } catch (error) {
      await holder.query('ROLLBACK');
      if (!(error instanceof SmartantError)) throw error;
      if (error.details['sqlState'] === '53200') return false;
      if (error.code !== 'DATABASE_BUSY') throw error;
      await refusePrepared(control, tables, signal);
      if (performance.now() > deadline) throw await freezeTimeout(control, tables, migrationId, signal);
    }
  }
}

/** Without this the freeze would wait for `deadlock_timeout`, and for one against wraparound until it is done. Where the role may not, the server does the first. */
async function cancelAutovacuum(control: PgSession, tables: readonly Table[], signal: AbortSignal): Promise<void> {
  try {
    await control.query(
      `SELECT pg_cancel_backend(a.pid) FROM pg_stat_activity a WHERE a.backend_type = 'autovacuum worker'
        AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'relation' AND l.relation = ANY ($1::oid[]))`,
      [oidsOf(tables)],
      signal,
    );
  } catch (error) {
    if (!(error instanceof SmartantError && error.code === 'DATABASE_ACCESS_DENIED')) throw error;
  }
}

/** Also what is no client: a replication connection takes statements too, and extensions have workers. */
async function endWaiters(control: PgSession, holder: PgSession, signal: AbortSignal): Promise<void> {
  const rows = await control.query(
    'SELECT DISTINCT pid FROM pg_locks WHERE NOT granted AND $1::int = ANY (pg_blocking_pids(pid))',
    [String(holder.backendPid)],
    signal,
  );
  for (const row of rows) {
    // A role that is no superuser may not end a superuser's session, which nothing but its owner keeps from writing to an old source.
    await control.query('SELECT pg_terminate_backend($1)', [row['pid'] ?? null], signal).catch(() => undefined);
  }
}

/** A prepared transaction keeps its locks for ever: only its coordinator knows how it ends. */
async function refusePrepared(control: PgSession, tables: readonly Table[], signal: AbortSignal): Promise<void> {
  const rows = await control.query(
    `SELECT DISTINCT p.gid FROM pg_locks l JOIN pg_locks x ON x.virtualtransaction = l.virtualtransaction AND x.locktype = 'transactionid'
      JOIN pg_prepared_xacts p ON p.transaction = x.transactionid
      WHERE l.pid IS NULL AND l.locktype = 'relation' AND l.relation = ANY ($1::oid[]) AND p.database = current_database() ORDER BY 1`,
    [oidsOf(tables)],
    signal,
  );
  if (rows.length > 0) throw preparedError(rows.map((row) => row['gid'] ?? ''));
}

function preparedError(gids: string[]): SmartantError {
  const shown = gids.slice(0, 5).map((gid) => `"${gid}"`);
  return new SmartantError('DATABASE_PREPARED_TRANSACTION', `Prepared transactions hold migrated tables: ${shown.join(', ')}.`, {
    kind: 'precondition',
    hint: 'End each by COMMIT PREPARED or ROLLBACK PREPARED, as its coordinator decides, then cut over again.',
    details: { count: String(gids.length), gids: shown.join(', ') },
  });
}

async function freezeTimeout(
  control: PgSession,
  tables: readonly Table[],
  migrationId: string,
  signal: AbortSignal,
): Promise<SmartantError> {
  const blockers = await control.query(
    `SELECT DISTINCT a.pid, a.usename, a.application_name, a.backend_type FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE l.locktype = 'relation' AND l.granted AND l.relation = ANY ($1::oid[])
        AND l.mode IN ('RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')`,
    [oidsOf(tables)],
    signal,
  );
  const shown = blockers.slice(0, 5).map((row) => `${row['backend_type'] ?? 'session'} ${row['pid']} of ${row['usename'] ?? 'the server'}`);
  const others =
    shown.length > 0
      ? []
      : (await otherSessions(control, migrationId, signal)).slice(0, 5).map(({ pid, user }) => `session ${pid} of ${user}`);
  return timeoutError([...shown, ...others]);
}

function timeoutError(who: string[]): SmartantError {
  return new SmartantError(
    'DATABASE_FREEZE_TIMEOUT',
    `Writers could not be kept out in time. In the way: ${who.join(', ') || 'nobody any more'}.`,
    {
      kind: 'timeout',
      actor: 'user',
      hint: 'End these sessions (a superuser’s only a superuser may end), then cut over again. The source takes writes again.',
      details: { sessions: who.join(', ') },
    },
  );
}

async function observeNoWriters(
  control: PgSession,
  holder: PgSession,
  deadline: number,
  { migrationId, signal }: BarrierOptions,
): Promise<void> {
  for (let quietLooks = 0; quietLooks < 2;) {
    const prepared = await preparedTransactions(control, signal);
    if (prepared.length > 0) throw preparedError(prepared.map(({ gid }) => gid));
    await endOtherSessions(control, migrationId, signal);
    const writers = await writingSessions(control, holder, signal);
    if (writers.length === 0) {
      quietLooks += 1;
    } else {
      if (performance.now() > deadline) throw timeoutError(writers);
      quietLooks = 0;
    }
    await delay(LOOK_AGAIN_MS, undefined, { signal });
  }
}

/** Everything of the database that has a transaction id, whatever it is. Seen by every role. */
async function writingSessions(control: PgSession, holder: PgSession, signal: AbortSignal): Promise<string[]> {
  const rows = await control.query(
    `SELECT pid, usename FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid NOT IN (pg_backend_pid(), $1)`,
    [String(holder.backendPid)],
    signal,
  );
  return rows.map((row) => `session ${row['pid']} of ${row['usename'] ?? 'the server'}`);
}

function oidsOf(tables: readonly Table[]): string {
  return `{${tables.map(({ oid }) => oid).join(',')}}`;
}
