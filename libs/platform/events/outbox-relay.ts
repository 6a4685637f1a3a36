import type { Database, Session } from '@smartant/platform/postgres';
import { pause } from './delivery';
import type { DomainEvent } from './domain-event';
import { silentLogger, type EventBus, type EventLogger } from './event-bus';
import { outboxChannel } from './outbox';
import { RelayLanes } from './relay-lanes';

export interface OutboxRelayOptions {
  /** The database whose schema holds the outbox. */
  database: Database;
  bus: Pick<EventBus, 'publish'>;
  logger?: EventLogger;
  /** How often it looks without being woken; 2 s when absent. */
  pollMs?: number;
  /** After so long without a sign of life others take over its lanes; 15 s when absent. */
  silenceMs?: number;
}

/**
 * How many rows one look takes: many, since each look walks over the dead entries that earlier ones left in the index, which would make
 * the drain of a large backlog quadratic.
 */
const LOOK_ROWS = 5_000;
/** What is in hand at once is bounded whatever the events' size; one event is always taken. */
const LOOK_BYTES = 4 * 1024 * 1024;
const PUBLISH_ROWS = 500;
const RETRY_MS = 1_000;
const DEFAULT_GRACE_MS = 10_000;
const SILENCE_MS = 15_000;

interface OutboxRow {
  seq: string;
  event: DomainEvent;
}

/**
 * Moves outbox rows to the bus in `seq` order of each key: publish, and delete after success. The outbox is split by key into lanes, each
 * with one owner at a time (see RelayLanes), so relays in several processes work side by side. A relay reads and deletes on the session
 * that holds its locks, so that it cannot go on without them.
 *
 * Nothing is lost, whatever order transactions commit in: the relay keeps no position. A row that becomes visible late, with a lower
 * `seq` than rows already moved, is simply there at the next look. Order per key holds because transactions that change one entity
 * exclude each other by its row lock: the later one draws its `seq` after the earlier one has committed, so a look (one snapshot) that
 * sees the later one's row also sees the earlier one's. That is why a look begins at the first row and never behind the last one moved.
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

  /** Stops after the batch in hand, or after `graceMs` (10 s when absent) where the bus does not take it; the batch stays in the outbox. */
  async close({ graceMs = DEFAULT_GRACE_MS }: { graceMs?: number } = {}): Promise<void> {
    this.stopping.abort();
    this.wake.abort();
    const ended = new AbortController();
    await Promise.race([this.running, pause(graceMs, ended.signal)]);
    ended.abort();
    await this.session?.close();
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
    const { silenceMs = SILENCE_MS } = this.options;
    const lanes = new RelayLanes(session, silenceMs);
    await lanes.join();
    // Also while the bus takes its time. Where it fails, the next statement tells.
    const beating = setInterval(() => void lanes.beat().catch(() => undefined), silenceMs / 3).unref();
    try {
      await this.work(session, lanes);
    } finally {
      clearInterval(beating);
    }
  }

  private async work(session: Session, lanes: RelayLanes): Promise<void> {
    const { pollMs = 2_000 } = this.options;
    let balancedAtMs = -Infinity;
    while (!this.stopping.signal.aborted) {
      // Made before looking: a notification that comes while we look must not be slept over.
      this.wake = new AbortController();
      if (performance.now() - balancedAtMs >= pollMs) {
        await lanes.balance();
        balancedAtMs = performance.now();
      }
      if (!(await this.moveVisible(session, lanes.list()))) await pause(pollMs, this.wake.signal);
    }
  }

  /** Moves what one look shows; false when that is nothing. */
  private async moveVisible(session: Session, lanes: number[]): Promise<boolean> {
    const rows = await look(session, lanes);
    for (let from = 0; from < rows.length && !this.stopping.signal.aborted; from += PUBLISH_ROWS) {
      const part = rows.slice(from, from + PUBLISH_ROWS);
      await this.options.bus.publish(part.map((row) => row.event));
      await session.query('DELETE FROM outbox WHERE seq = ANY($1::bigint[])', [part.map((row) => row.seq)]);
    }
    return rows.length > 0;
  }
}

function look(session: Session, lanes: number[]): Promise<OutboxRow[]> {
  return session.query<OutboxRow>(
    `SELECT seq, event FROM (
       SELECT seq, event, sum(size) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING) - size AS bytes_before FROM (
         SELECT seq, event, greatest(bytes, pg_column_size(event)) AS size FROM outbox
         WHERE lane = ANY($1::int[]) ORDER BY seq LIMIT ${LOOK_ROWS}
       ) AS next
     ) AS sized WHERE bytes_before < ${LOOK_BYTES} ORDER BY seq`,
    [lanes],
  );
}
