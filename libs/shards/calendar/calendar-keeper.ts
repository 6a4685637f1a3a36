import { toSmartantError, type SmartantError } from '@smartant/kernel';
import type { Database, SqlExecutor } from '@smartant/platform/postgres';
import { calendarAt, type Calendar, type CalendarState } from './calendar';

/** The calendar of runs, for the schema of the service that uses them. */
export function calendarMigrations(): { name: string; up: string }[] {
  return [
    {
      name: 'shards-calendar-0001',
      up: `ALTER TABLE shard_run ADD calendar jsonb, ADD calendar_due timestamptz;
           CREATE INDEX shard_run_calendar ON shard_run (calendar_due) WHERE calendar_due IS NOT NULL`,
    },
  ];
}

/**
 * Opens or closes a run as its calendar (null: none) says now, by the database's clock: a closed one cannot be claimed
 * before its next window, and its holders hand their shards back within about two seconds. Resolves with what holds now.
 * The run's row is locked by it.
 */
export async function applyCalendar(tx: SqlExecutor, runId: string, calendar: Calendar | null): Promise<CalendarState> {
  const [clock] = await tx.query<{ nowMs: number }>('SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs"');
  const state = calendar && clock ? calendarAt(calendar, clock.nowMs) : { open: true, limits: null, untilMs: null };
  const until = state.untilMs === null ? null : new Date(state.untilMs);
  // A calendar that never opens is refused by its rules; were there one, the run would wait to be changed.
  await tx.query(
    `UPDATE shard_run SET calendar = $2, calendar_due = $3,
       opens_at = CASE WHEN $4::boolean THEN NULL ELSE coalesce($3, 'infinity'::timestamptz) END WHERE run_id = $1`,
    [runId, calendar && JSON.stringify(calendar), until, state.open],
  );
  return state;
}

/** When a run that is closed now opens; null: it is open. Infinity never comes back: such a calendar is refused. */
export async function opensAt(tx: SqlExecutor, runId: string): Promise<Date | null> {
  const [row] = await tx.query<{ opensAt: Date }>(
    `SELECT opens_at AS "opensAt" FROM shard_run WHERE run_id = $1 AND opens_at > clock_timestamp() AND isfinite(opens_at)`,
    [runId],
  );
  return row?.opensAt ?? null;
}

export interface CalendarKeeperOptions {
  database: Pick<Database, 'query' | 'transaction'>;
  /** A boundary of the run's calendar has come: applies it (`applyCalendar`), with what depends on it, in this transaction. */
  onBoundary: (tx: SqlExecutor, runId: string, calendar: Calendar) => Promise<void>;
  /** A boundary was applied: work may be there to be claimed. */
  onApplied: () => void;
  onError: (error: SmartantError) => void;
  /** Another process may have set a calendar and died: nobody waits longer than this. */
  longestLookMs?: number;
}

/**
 * Applies the boundaries of calendars, in any replica; the database's clock decides. No scheduler is needed for it, and
 * nothing is asked between boundaries but a look every ten seconds.
 */
export class CalendarKeeper {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();
  private running = false;

  constructor(private readonly options: CalendarKeeperOptions) {}

  start(): void {
    this.running = true;
    this.look();
  }

  /** A calendar was set here. */
  poke(): void {
    clearTimeout(this.timer);
    if (this.running) this.looking = this.looking.then(() => this.lookOnce());
  }

  async stop(): Promise<void> {
    this.running = false;
    clearTimeout(this.timer);
    await this.looking;
  }

  private look(): void {
    this.looking = this.lookOnce();
  }

  private async lookOnce(): Promise<void> {
    if (!this.running) return;
    clearTimeout(this.timer);
    const longest = this.options.longestLookMs ?? 10_000;
    let waitMs = longest;
    try {
      while (this.running && (await this.applyNext()));
      waitMs = Math.min(longest, Math.max(20, (await this.nextInMs()) ?? longest));
    } catch (error) {
      waitMs = Math.min(longest, 1_000);
      this.options.onError(toSmartantError(error));
    }
    if (!this.running) return;
    this.timer = setTimeout(() => this.look(), waitMs);
    this.timer.unref();
  }

  /** False when no boundary is due. Replicas pass over what another one is applying. */
  private async applyNext(): Promise<boolean> {
    const { database, onBoundary, onApplied, onError } = this.options;
    let due: string | undefined;
    try {
      const applied = await database.transaction(async (tx) => {
        const [run] = await tx.query<{ runId: string; calendar: Calendar }>(
          `SELECT run_id AS "runId", calendar FROM shard_run WHERE calendar_due <= clock_timestamp() AND state <> 'ended'
           ORDER BY calendar_due LIMIT 1 FOR UPDATE SKIP LOCKED`,
        );
        due = run?.runId;
        if (!run) return false;
        await onBoundary(tx, run.runId, run.calendar);
        await putOff(tx, run.runId);
        return true;
      });
      if (applied) onApplied();
      return applied;
    } catch (error) {
      if (due === undefined) throw error;
      // One run's trouble must not hold up the boundaries of all others.
      await putOff(database, due);
      onError(toSmartantError(error));
      return true;
    }
  }

  private async nextInMs(): Promise<number | null> {
    const [row] = await this.options.database.query<{ inMs: number | null }>(
      `SELECT extract(epoch FROM min(calendar_due) - clock_timestamp())::float8 * 1000 AS "inMs" FROM shard_run
       WHERE calendar_due IS NOT NULL AND state <> 'ended'`,
    );
    return row?.inMs ?? null;
  }
}

/** What was not applied is tried again in a while; what was is due later anyway. */
async function putOff(tx: SqlExecutor, runId: string): Promise<void> {
  await tx.query(
    `UPDATE shard_run SET calendar_due = clock_timestamp() + interval '10 s' WHERE run_id = $1 AND calendar_due <= clock_timestamp()`,
    [runId],
  );
}
