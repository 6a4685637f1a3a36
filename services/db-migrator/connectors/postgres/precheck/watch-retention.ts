import type { PgSession } from '../session/pg-session';

export interface Retention {
  /**
   * `lost`: the server has thrown the slot's log away, or the slot is gone; `drop`: the limit is reached, and the slot is to be dropped on purpose
   * before the source's disk is full; `warn`: it will be soon.
   */
  verdict: 'ok' | 'warn' | 'drop' | 'lost';
  /** Log that the server keeps because of the slot. */
  retainedBytes: number;
  limitBytes: number;
  /** How fast it grows; below zero while the stream catches up. Over the last minutes; 0 at the first look. */
  bytesPerSecond: number;
  /** When the limit is reached at this rate, RFC 3339; null: not in sight. */
  fullAt: string | null;
  /** A sentence for people; empty when all is well. */
  message: string;
}

export interface RetentionLimits {
  /** Bytes the source may keep; 0: `defaultLimitBytes`. */
  maxBytes: number;
  /** Free bytes of the source's disk, where somebody knows them: SQL does not tell. */
  freeBytes?: number;
}

const WINDOW_MS = 5 * 60_000;
const WARN_SHARE = 0.5;
const WARN_BEFORE_SECONDS = 3_600;
const GIB = 2 ** 30;
const HORIZON_SECONDS = 10 * 365 * 86_400;

/** A server's disk is rarely smaller than its database and ten gigabytes more. */
export function defaultLimitBytes(databaseBytes: number): number {
  return Math.max(10 * GIB, Math.round(databaseBytes / 2));
}

/** Watches the log that a slot holds back at the source. One for each slot; it remembers the last minutes to tell the rate. */
export class RetentionWatch {
  private samples: { atMs: number; retainedBytes: number }[] = [];

  constructor(
    private readonly slot: string,
    private readonly limits: RetentionLimits,
    private readonly now: () => number = Date.now,
  ) {}

  /** Looks once. */
  async look(session: PgSession, signal?: AbortSignal): Promise<Retention> {
    const [row] = await session.query(retentionSql(session.serverVersion), [this.slot], signal);
    const limitBytes = this.limitOf(Number(row?.['database_bytes'] ?? 0), row?.['safe_bytes'] ?? null, Number(row?.['retained'] ?? 0));
    if (!row || row['status'] === 'lost' || row['retained'] === null) return lost(this.slot, limitBytes, row !== undefined);
    const retainedBytes = Math.max(0, Number(row['retained']));
    const bytesPerSecond = this.rate(retainedBytes);
    const secondsLeft = bytesPerSecond > 0 ? Math.max(0, limitBytes - retainedBytes) / bytesPerSecond : Infinity;
    const fullAt = secondsLeft < HORIZON_SECONDS ? new Date(this.now() + secondsLeft * 1_000).toISOString() : null;
    const verdict = retainedBytes >= limitBytes ? 'drop' : this.isNear(retainedBytes, limitBytes, secondsLeft) ? 'warn' : 'ok';
    return {
      verdict,
      retainedBytes,
      limitBytes,
      bytesPerSecond,
      fullAt,
      message: messageOf(verdict, retainedBytes, limitBytes, secondsLeft),
    };
  }

  private isNear(retainedBytes: number, limitBytes: number, secondsLeft: number): boolean {
    return retainedBytes >= limitBytes * WARN_SHARE || secondsLeft < WARN_BEFORE_SECONDS;
  }

  /** The smallest of what was asked for, half of what is free, and what the server itself allows (max_slot_wal_keep_size). */
  private limitOf(databaseBytes: number, safeBytes: string | null, retainedBytes: number): number {
    const { maxBytes, freeBytes } = this.limits;
    const asked = maxBytes > 0 ? maxBytes : defaultLimitBytes(databaseBytes);
    const free = freeBytes === undefined ? Infinity : retainedBytes + freeBytes / 2;
    const allowed = safeBytes === null ? Infinity : retainedBytes + Math.max(0, Number(safeBytes));
    return Math.floor(Math.min(asked, free, allowed));
  }

  private rate(retainedBytes: number): number {
    const atMs = this.now();
    this.samples = this.samples.filter((sample) => atMs - sample.atMs <= WINDOW_MS);
    const first = this.samples[0];
    this.samples.push({ atMs, retainedBytes });
    if (!first || atMs <= first.atMs) return 0;
    return Math.round(((retainedBytes - first.retainedBytes) * 1_000) / (atMs - first.atMs));
  }
}

function retentionSql(version: number): string {
  const status = version >= 130_000 ? 'wal_status, safe_wal_size' : 'NULL, NULL';
  return `SELECT pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END, restart_lsn) AS retained,
    pg_database_size(current_database()) AS database_bytes, s.status, s.safe_bytes
    FROM pg_replication_slots r, LATERAL (SELECT ${status}) s(status, safe_bytes) WHERE r.slot_name = $1`;
}

function lost(slot: string, limitBytes: number, isThere: boolean): Retention {
  const message = isThere
    ? `The server has thrown away log that the slot "${slot}" needs (max_slot_wal_keep_size).`
    : `The slot "${slot}" is not there any more.`;
  return { verdict: 'lost', retainedBytes: 0, limitBytes, bytesPerSecond: 0, fullAt: null, message };
}

function messageOf(verdict: Retention['verdict'], retainedBytes: number, limitBytes: number, secondsLeft: number): string {
  const kept = `The source keeps ${gigabytes(retainedBytes)} of log for the migration, of ${gigabytes(limitBytes)} that it may`;
  if (verdict === 'drop') return `${kept}: the slot is dropped so that the source's disk does not fill.`;
  if (verdict === 'ok') return '';
  return Number.isFinite(secondsLeft) ? `${kept}; at this rate that is reached in ${duration(secondsLeft)}.` : `${kept}.`;
}

function gigabytes(bytes: number): string {
  return bytes >= GIB ? `${(bytes / GIB).toFixed(1)} GiB` : `${Math.ceil(bytes / 2 ** 20)} MiB`;
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
