import { SmartantError } from '@smartant/kernel';
import { quoteName, quoteText } from '../catalog/catalog';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { formatLsn, parseLsn } from './lsn';

/** What a slot is known by. Written down when it is made; holds no secret. */
export interface SlotIdentity {
  name: string;
  systemIdentifier: string;
  timeline: number;
  database: string;
  /** The stream has each transaction whose commit is at or after this position; the slot's snapshot has all others. */
  consistentPoint: string;
}

export interface CreatedSlot {
  slot: SlotIdentity;
  /** That made it. Only it may read from a temporary slot; anything that it is asked ends the snapshot. */
  session: PgSession;
  /** For SET TRANSACTION SNAPSHOT in other sessions, until `close`. */
  snapshotName: string;
  /** Ends the session that exports the snapshot; a temporary slot goes with it. */
  close: () => Promise<void>;
  /** The server ended it: whoever has not imported the snapshot yet cannot any more. Raises DATABASE_UNREACHABLE. */
  assertOpen: (signal: AbortSignal) => Promise<void>;
}

export interface SlotState {
  plugin: string;
  database: string;
  activePid: number | null;
  restartLsn: string | null;
  confirmedFlushLsn: string | null;
  /** reserved, extended, unreserved or lost; null below 13, which keep all log that a slot needs. */
  walStatus: string | null;
  /** Log that the server keeps for the slot. */
  retainedBytes: number;
  /** The end of the server's log, as LAST_LSN. */
  lastLsn: string;
}

const OPTIONS_IN_BRACKETS_FROM = 150_000;
const WAL_STATUS_FROM = 130_000;
const END_OTHER_TRIES = 100;

/**
 * Makes a logical slot and the snapshot that its stream goes on from: a transaction is either in the snapshot or in the stream. Waits for
 * transactions that write at this moment. A slot of this name that there is (of an attempt that died) is dropped first, since its snapshot is gone.
 */
export async function createSlot(
  source: PgEndpoint,
  { name, temporary = false, signal }: { name: string; temporary?: boolean; signal: AbortSignal },
): Promise<CreatedSlot> {
  const session = await source.open({ applicationName: `smartant slot ${name}`, replication: true, signal });
  try {
    await dropSlot(session, name, signal);
    const identity = await identify(session, signal);
    const snapshot = session.serverVersion >= OPTIONS_IN_BRACKETS_FROM ? "(SNAPSHOT 'export')" : 'EXPORT_SNAPSHOT';
    const [row] = await session.query(
      `CREATE_REPLICATION_SLOT ${quoteName(name)} ${temporary ? 'TEMPORARY ' : ''}LOGICAL pgoutput ${snapshot}`,
      undefined,
      signal,
    );
    return {
      slot: { name, ...identity, database: source.database, consistentPoint: row?.['consistent_point'] ?? '' },
      session,
      snapshotName: row?.['snapshot_name'] ?? '',
      close: () => session.close(),
      // Anything that the server is asked on this session ends the snapshot, so another one looks.
      assertOpen: (within) => assertBackend(source, session.backendPid, within),
    };
  } catch (error) {
    session.destroy();
    throw error;
  }
}

async function assertBackend(source: PgEndpoint, pid: number, signal: AbortSignal): Promise<void> {
  const session = await source.open({ applicationName: 'smartant slot watch', signal });
  try {
    const found = await session.query('SELECT FROM pg_stat_activity WHERE pid = $1', [String(pid)], signal);
    if (found.length > 0) return;
    throw new SmartantError('DATABASE_UNREACHABLE', 'The session that holds the snapshot was lost.', { kind: 'unavailable' });
  } finally {
    await session.close();
  }
}

/** Who the server is, asked on a replication session: needs no other right. */
export async function identify(replication: PgSession, signal?: AbortSignal): Promise<Pick<SlotIdentity, 'systemIdentifier' | 'timeline'>> {
  const [row] = await replication.query('IDENTIFY_SYSTEM', undefined, signal);
  return { systemIdentifier: row?.['systemid'] ?? '', timeline: Number(row?.['timeline']) };
}

/** Null: there is none of this name. */
export async function readSlot(session: PgSession, name: string, signal?: AbortSignal): Promise<SlotState | null> {
  const status = session.serverVersion >= WAL_STATUS_FROM ? 'wal_status' : 'NULL AS wal_status';
  // Written as text: a replication session takes no parameters.
  const [row] = await session.query(
    `SELECT plugin, database, active_pid, restart_lsn, confirmed_flush_lsn, ${status},
       pg_wal_lsn_diff(${LAST_LSN}, restart_lsn) AS retained, ${LAST_LSN} AS last
     FROM pg_replication_slots WHERE slot_name = ${quoteText(name)} AND slot_type = 'logical'`,
    undefined,
    signal,
  );
  if (!row) return null;
  return {
    plugin: row['plugin'] ?? '',
    database: row['database'] ?? '',
    activePid: row['active_pid'] ? Number(row['active_pid']) : null,
    restartLsn: row['restart_lsn'] ?? null,
    confirmedFlushLsn: row['confirmed_flush_lsn'] ?? null,
    walStatus: row['wal_status'] ?? null,
    retainedBytes: Number(row['retained'] ?? 0),
    lastLsn: row['last'] ?? '0/0',
  };
}

/** The end of the log as it is on the disk; of a standby, what it has replayed. */
export const LAST_LSN = 'CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END';

/**
 * Raises unless the slot is the one that was made, on the server that it was made on, and still has everything after `appliedLsn`.
 * `replication` is a replication session on the source.
 */
export async function assertSlot(replication: PgSession, slot: SlotIdentity, appliedLsn: string, signal?: AbortSignal): Promise<void> {
  const server = await identify(replication, signal);
  if (server.systemIdentifier !== slot.systemIdentifier) throw changed('It is another server (another system identifier).');
  if (server.timeline !== slot.timeline)
    throw changed(`Its timeline is ${server.timeline} instead of ${slot.timeline}: a failover or a restore.`);
  const state = await readSlot(replication, slot.name, signal);
  if (!state) throw changed(`The replication slot "${slot.name}" is gone.`);
  if (state.walStatus === 'lost' || state.restartLsn === null) throw slotLost(slot.name);
  if (state.plugin !== 'pgoutput' || state.database !== slot.database) {
    throw changed(`The replication slot "${slot.name}" is of another kind or database.`);
  }
  // It would leave out all changes up to there without a word. A server sends what is on its disk, so that no crash takes it back.
  if (parseLsn(state.lastLsn) < parseLsn(appliedLsn)) {
    throw changed(`Its log ends at ${state.lastLsn}, and ${appliedLsn} was read from it before: an older state of it was put back.`);
  }
  const confirmed = parseLsn(state.confirmedFlushLsn ?? '0/0');
  // The server would begin there without a word, and what is in between would be missing.
  if (confirmed > parseLsn(appliedLsn)) {
    throw changed(
      `The replication slot "${slot.name}" begins at ${formatLsn(confirmed)}, after ${appliedLsn}: it was made again, or the target restored.`,
    );
  }
}

export function slotLost(name: string): SmartantError {
  return new SmartantError('DATABASE_SLOT_LOST', `The source no longer has the log that the replication slot "${name}" needs.`, {
    kind: 'precondition',
    actor: 'operator',
    hint: 'Raise max_slot_wal_keep_size at the source, and begin the migration again.',
  });
}

function changed(text: string): SmartantError {
  return new SmartantError('DATABASE_SOURCE_CHANGED', `The source is not the one that the stream began at. ${text}`, {
    kind: 'precondition',
    actor: 'operator',
    hint: 'Changes may be missing: begin the migration again.',
  });
}

/** Ends whoever reads from the slot, and drops it. Nothing when there is none. `session`: any on the source, also a replication session. */
export async function dropSlot(session: PgSession, name: string, signal?: AbortSignal): Promise<void> {
  await endReader(session, name, signal);
  await session.query(
    `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = ${quoteText(name)}`,
    undefined,
    signal,
  );
}

/** Ends a reader that is left over. Waits up to ten seconds, then raises DATABASE_BUSY. */
export async function endReader(session: PgSession, name: string, signal?: AbortSignal): Promise<void> {
  for (let tries = 0; tries < END_OTHER_TRIES; tries += 1) {
    const [row] = await session.query(
      `SELECT active_pid, pg_terminate_backend(active_pid), pg_sleep(0.1) FROM pg_replication_slots
       WHERE slot_name = ${quoteText(name)} AND active_pid IS NOT NULL`,
      undefined,
      signal,
    );
    if (!row) return;
  }
  throw new SmartantError('DATABASE_BUSY', `The replication slot "${name}" is in use.`, { kind: 'conflict', retry: { kind: 'backoff' } });
}
