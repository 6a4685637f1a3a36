import type { Duplex } from 'node:stream';
import type { Client, QueryResult } from 'pg';
import { quoteName, quoteText } from '../catalog/catalog';
import { CopyQuery } from './copy-query';
import { cancelled, pgError } from './pg-errors';
import type { CancelKey } from './cancel-request';
import type { PgParameter, PgRow, PgSession } from './pg-session';

/** Values stay as the server wrote them. */
const AS_TEXT = { getTypeParser: () => (text: string) => text };

interface DriverInternals {
  processID: number;
  secretKey: number;
  connection: { stream: Duplex; parsedStatements: object; emit(event: string, ...args: unknown[]): boolean };
}

const CLOSE_MS = 5_000;
/** Not known to every version. */
const NEWER_TIMEOUTS = ['idle_session_timeout', 'transaction_timeout'];
const switchOff = (name: string) => `CASE WHEN current_setting('${name}', true) IS NOT NULL THEN set_config('${name}', '0', false) END`;

/** A session on the driver `pg`. */
export class DriverSession implements PgSession {
  serverVersion = 0;

  constructor(
    private readonly client: Client,
    private readonly label: string,
    private readonly cancel: (key: CancelKey) => Promise<void>,
  ) {}

  get backendPid(): number {
    return (this.client as unknown as DriverInternals).processID;
  }

  private get cancelKey(): CancelKey {
    const { processID, secretKey } = this.client as unknown as DriverInternals;
    return { processId: processID, secretKey };
  }

  /** Settings, and what is known of the server. */
  async begin(settings: Record<string, string>): Promise<void> {
    await this.query(
      Object.entries(settings)
        .map(([name, value]) => `SET ${quoteName(name)} = ${quoteText(value)}`)
        .join('; '),
    );
    const [row] = await this.query(`SELECT current_setting('server_version_num') AS version, ${NEWER_TIMEOUTS.map(switchOff).join(', ')}`);
    this.serverVersion = Number(row?.['version']);
  }

  async query(sql: string, parameters?: readonly PgParameter[], signal?: AbortSignal): Promise<PgRow[]> {
    const result = await this.run(sql, parameters, signal);
    return (Array.isArray(result) ? (result.at(-1) as QueryResult) : result).rows as PgRow[];
  }

  async execute(sql: string, parameters?: readonly PgParameter[], signal?: AbortSignal): Promise<number> {
    const result = await this.run(sql, parameters, signal);
    return (Array.isArray(result) ? (result.at(-1) as QueryResult) : result).rowCount ?? 0;
  }

  async executePrepared(name: string, sql: string, parameters: readonly PgParameter[]): Promise<number> {
    try {
      const result = await this.client.query({ name, text: sql, values: [...parameters], types: AS_TEXT } as never);
      return (result as unknown as QueryResult).rowCount ?? 0;
    } catch (error) {
      throw pgError(error, this.label);
    }
  }

  async copyIn(sql: string, data: readonly Buffer[]): Promise<number> {
    try {
      return await new Promise((resolve, reject) => {
        const done = (error: Error | null, result: { rowCount: number | null }) => (error ? reject(error) : resolve(result.rowCount ?? 0));
        this.client.query(new CopyQuery(sql, data, done) as never);
      });
    } catch (error) {
      throw pgError(error, this.label);
    }
  }

  async transaction<T>(work: () => Promise<T>, begin = 'BEGIN'): Promise<T> {
    await this.query(begin);
    try {
      const result = await work();
      await this.query('COMMIT');
      return result;
    } catch (error) {
      await this.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  takeOver(): { stream: Duplex; release: () => void } {
    const { stream } = (this.client as unknown as DriverInternals).connection;
    const listeners = stream.listeners('data') as ((chunk: Buffer) => void)[];
    stream.removeAllListeners('data');
    stream.pause();
    const release = () => {
      for (const listener of listeners) stream.on('data', listener);
      stream.resume();
    };
    return { stream, release };
  }

  async close(): Promise<void> {
    // A server that does not answer would be waited for as long as its connection stands.
    const late = setTimeout(() => this.destroy(), CLOSE_MS);
    await this.client.end().catch(() => undefined);
    clearTimeout(late);
  }

  destroy(): void {
    (this.client as unknown as DriverInternals).connection.stream.destroy();
  }

  private async run(sql: string, parameters?: readonly PgParameter[], signal?: AbortSignal): Promise<QueryResult | QueryResult[]> {
    if (signal?.aborted) throw cancelled(signal.reason);
    let cancelling: Promise<void> | undefined;
    const cancel = () => void (cancelling = this.cancel(this.cancelKey).catch(() => this.destroy()));
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const values = parameters ? [...parameters] : undefined;
      return await this.client.query({ text: sql, values, types: AS_TEXT } as never);
    } catch (error) {
      throw signal?.aborted ? cancelled(error) : pgError(error, this.label);
    } finally {
      signal?.removeEventListener('abort', cancel);
      // Sent before anything else runs here, or it would hit that.
      await cancelling;
    }
  }
}
