import type { Database, Session } from '@smartant/platform/postgres';
import { pause } from './delivery';
import type { DomainEvent } from './domain-event';
import { silentLogger, type EventBus, type EventLogger } from './event-bus';
import { outboxChannel } from './outbox';

export interface OutboxRelayOptions {
  /** The database whose schema holds the outbox. */
  database: Database;
  bus: Pick<EventBus, 'publish'>;
  logger?: EventLogger;
  /** How often it looks without being woken; 2 s when absent. */
  pollMs?: number;
}

const BATCH = 200;
const RETRY_MS = 1_000;

interface OutboxRow {
  seq: string;
  event: DomainEvent;
}

/**
 * Moves outbox rows to the bus in `seq` order: publish, and delete after success. One relay a schema works at a time, the holder of a
 * session advisory lock; it reads and deletes on the session that holds the lock, so that it cannot go on without it.
 *
 * Nothing is lost, whatever order transactions commit in: the relay keeps no position. A row that becomes visible late, with a lower
 * `seq` than rows already moved, is simply there at the next look. Order per key holds because transactions that change one entity
 * exclude each other by its row lock, so the later one draws its `seq` after the earlier one has committed.
 *
 * A crash between publishing and deleting publishes the batch again. So might a relay that lost its lock while publishing; both copies
 * are in order, hence so are the first occurrences, and consumers drop the others by event id.
 */
export class OutboxRelay {
  private readonly stopping = new AbortController();
  private readonly logger: EventLogger;
  private wake = new AbortController();
  private session: Session | undefined;
  private running: Promise<void> | undefined;

  constructor(private readonly options: OutboxRelayOptions) {
    this.logger = options.logger ?? silentLogger;
  }

  /** Begins to work in the background; failures are logged and tried again. */
  start(): void {
    this.running ??= this.run();
  }

  /** Stops after the batch in hand. */
  async close(): Promise<void> {
    this.stopping.abort();
    this.wake.abort();
    await this.running;
  }

  /** Age in milliseconds of the oldest event that is not yet published; 0 when there is none. */
  async oldestAgeMs(): Promise<number> {
    const [row] = await this.options.database.query<{ age: number | null }>(
      'SELECT (extract(epoch FROM clock_timestamp() - appended_at) * 1000)::float8 AS age FROM outbox ORDER BY seq LIMIT 1',
    );
    return Math.max(0, row?.age ?? 0);
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.workWhileConnected(await this.open());
      } catch (error) {
        this.logger.warn({ err: error, schema: this.options.database.schema }, 'outbox relay interrupted, trying again');
        await pause(RETRY_MS, this.stopping.signal);
      } finally {
        await this.session?.close();
        this.session = undefined;
      }
    }
  }

  private async open(): Promise<Session> {
    const session = await this.options.database.openSession();
    this.session = session;
    session.onNotification(() => this.wake.abort());
    session.onEnd(() => this.wake.abort());
    await session.query(`LISTEN "${outboxChannel(this.options.database.schema)}"`);
    return session;
  }

  private async workWhileConnected(session: Session): Promise<void> {
    let owner = false;
    while (!this.stopping.signal.aborted) {
      // Made before looking: a notification that comes while we look must not be slept over.
      this.wake = new AbortController();
      owner ||= await this.tryLock(session);
      if (owner && (await this.moveBatch(session)) > 0) continue;
      await pause(this.options.pollMs ?? 2_000, this.wake.signal);
    }
  }

  private async tryLock(session: Session): Promise<boolean> {
    const [row] = await session.query<{ got: boolean }>(
      `SELECT pg_try_advisory_lock(hashtextextended('smartant.relay.' || current_schema(), 0)) AS got`,
    );
    return row?.got ?? false;
  }

  private async moveBatch(session: Session): Promise<number> {
    const rows = await session.query<OutboxRow>('SELECT seq, event FROM outbox ORDER BY seq LIMIT $1', [BATCH]);
    if (rows.length === 0) return 0;
    await this.options.bus.publish(rows.map((row) => row.event));
    await session.query('DELETE FROM outbox WHERE seq = ANY($1::bigint[])', [rows.map((row) => row.seq)]);
    return rows.length;
  }
}
