import { Client } from 'pg';
import { Bank } from '../../database/bank';

/** A transaction that stays open and holds a lock, so that something else waits at a moment that a test chooses. */
export class HeldSession {
  private constructor(
    private readonly url: string,
    private readonly client: Client,
    private readonly pid: number,
  ) {}

  static async open(url: string, statement: string): Promise<HeldSession> {
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await client.query('BEGIN');
    await client.query(statement);
    return new HeldSession(url, client, rows[0]!.pid);
  }

  /** Whether somebody waits for it. */
  async holdsUp(): Promise<boolean> {
    const sql = `SELECT FROM pg_stat_activity WHERE ${this.pid} = ANY (pg_blocking_pids(pid))`;
    return (await new Bank(this.url).with((client) => client.query(sql))).rows.length > 0;
  }

  /** Lets go; what it did is taken back, unless `statement` is given: that is done and committed. */
  async close(statement?: string): Promise<void> {
    if (statement) await this.client.query(statement);
    await this.client.query(statement ? 'COMMIT' : 'ROLLBACK');
    await this.client.end();
  }
}
