import { connectionConfig, openSession, toDatabaseError, type Session, type SqlExecutor } from '@smartant/platform/postgres';
import { Pool } from 'pg';
import { pause } from '../delivery';
import type { EventLogger } from '../event-bus';
import { BUS_CHANNEL, BUS_SCHEMA } from './bus-schema';

export interface BusConnectionOptions {
  databaseUrl: string;
  applicationName: string;
  logger: EventLogger;
}

type Hear = (payload: string) => void;

const POOL_SIZE = 4;
const RECONNECT_MS = 500;

/** The bus's own few connections: a pool for statements, and one session that listens and comes back by itself. */
export class BusConnection implements SqlExecutor {
  private readonly pool: Pool;
  private readonly hearers = new Map<string, Set<Hear>>();
  private readonly reconnected = new Set<() => void>();
  private readonly closing = new AbortController();
  private session: Session | undefined;

  constructor(private readonly options: BusConnectionOptions) {
    this.pool = new Pool({ ...this.settings(), max: POOL_SIZE });
    this.pool.on('error', (error) => options.logger.warn({ err: error }, 'idle bus connection lost'));
  }

  /** Connects the listening session. */
  async start(): Promise<void> {
    await this.listen();
  }

  async query<T>(sql: string, params?: unknown[]): Promise<T[]> {
    try {
      return (await this.pool.query(sql, params)).rows as T[];
    } catch (error) {
      throw toDatabaseError(error);
    }
  }

  /** Hears a channel until the returned function is called. */
  async on(channel: string, hear: Hear): Promise<() => void> {
    const hearers = this.hearers.get(channel) ?? new Set();
    this.hearers.set(channel, hearers);
    hearers.add(hear);
    if (hearers.size === 1) await this.session?.query(`LISTEN "${channel}"`);
    return () => {
      hearers.delete(hear);
      if (hearers.size > 0) return;
      this.hearers.delete(channel);
      this.session?.query(`UNLISTEN "${channel}"`).catch(() => undefined);
    };
  }

  /** Called when the session is back: what was notified meanwhile was not heard. */
  onReconnect(hear: () => void): () => void {
    this.reconnected.add(hear);
    return () => void this.reconnected.delete(hear);
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.session?.close();
    await this.pool.end();
  }

  private settings() {
    return connectionConfig({ url: this.options.databaseUrl, schema: BUS_SCHEMA, applicationName: `${this.options.applicationName} bus` });
  }

  private async listen(): Promise<void> {
    const session = await openSession({
      url: this.options.databaseUrl,
      schema: BUS_SCHEMA,
      applicationName: `${this.options.applicationName} listen`,
    });
    session.onNotification((channel, payload) => this.hearers.get(channel)?.forEach((hear) => hear(payload)));
    for (const channel of new Set([BUS_CHANNEL, ...this.hearers.keys()])) await session.query(`LISTEN "${channel}"`);
    this.session = session;
    session.onEnd(() => void this.listenAgain());
  }

  private async listenAgain(): Promise<void> {
    this.session = undefined;
    while (!this.closing.signal.aborted) {
      await pause(RECONNECT_MS, this.closing.signal);
      if (this.closing.signal.aborted) return;
      try {
        await this.listen();
        this.reconnected.forEach((hear) => hear());
        return;
      } catch (error) {
        this.options.logger.warn({ err: error }, 'bus cannot listen, trying again');
      }
    }
  }
}
