import type { Session } from '@smartant/platform/postgres';
import { OUTBOX_LANES } from './outbox';

/** Held by every relay of a schema in shared mode, so that they can be counted; lanes have the numbers below it. */
const MEMBER = OUTBOX_LANES;
const SCHEMA_LOCK = `(hashtext('smartant.relay.' || current_schema()) & 2147483647)`;
const ALL_LANES = Array.from({ length: OUTBOX_LANES }, (_, lane) => lane);

/**
 * One relay's lanes of an outbox: each has one owner, the holder of its session advisory lock. PostgreSQL frees the locks with the
 * session, so a relay that dies leaves its lanes at once; those that come and go share them evenly at the next `balance`. One whose
 * process is stopped, or whose machine is gone without a word, leaves them after `silenceMs`: it has to `beat` more often than that.
 */
export class RelayLanes {
  private readonly held = new Set<number>();

  constructor(
    private readonly session: Session,
    private readonly silenceMs: number,
  ) {}

  async join(): Promise<void> {
    await this.session.query(`SELECT set_config('idle_session_timeout', $1, false)`, [String(this.silenceMs)]);
    await this.session.query(`SELECT pg_advisory_lock_shared(${SCHEMA_LOCK}, ${MEMBER})`);
  }

  async beat(): Promise<void> {
    await this.session.query('SELECT 1');
  }

  /** The lanes to work on. */
  list(): number[] {
    return [...this.held];
  }

  /** Gives back what is more than the fair share, and takes what is free up to it. Call it while nothing is in hand. */
  async balance(): Promise<void> {
    const share = Math.ceil(OUTBOX_LANES / (await this.members()));
    for (const lane of this.list().slice(share)) {
      await this.session.query(`SELECT pg_advisory_unlock(${SCHEMA_LOCK}, $1)`, [lane]);
      this.held.delete(lane);
    }
    for (const lane of ALL_LANES.filter((each) => !this.held.has(each))) {
      if (this.held.size >= share) return;
      const [row] = await this.session.query<{ got: boolean }>(`SELECT pg_try_advisory_lock(${SCHEMA_LOCK}, $1) AS got`, [lane]);
      if (row?.got) this.held.add(lane);
    }
  }

  private async members(): Promise<number> {
    const [row] = await this.session.query<{ members: number }>(
      `SELECT count(*)::int AS members FROM pg_locks
       WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND objid = ${MEMBER} AND classid::bigint = ${SCHEMA_LOCK}
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    return Math.max(1, row?.members ?? 1);
  }
}
