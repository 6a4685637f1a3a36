import type { Database } from '@smartant/platform/postgres';

/**
 * A clock for the notifier's database that a test moves: everything in it is due by `clock_timestamp()`, which is looked for in the schema's own functions first
 * on connections by `url`.
 */
export class MovedClock {
  /** How far it is ahead of the machine's, ms. */
  aheadMs = 0;

  private constructor(
    private readonly database: Pick<Database, 'query'>,
    /** Of the database, by this clock. */
    readonly url: string,
  ) {}

  /** `database`: on the machine's clock, with the notifier's schema; `url`: its own. */
  static async in(database: Pick<Database, 'query'>, url: string): Promise<MovedClock> {
    await database.query('CREATE TABLE notifier.moved_clock (ahead interval NOT NULL)');
    await database.query(`INSERT INTO notifier.moved_clock VALUES ('0')`);
    await database.query(
      `CREATE FUNCTION notifier.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
       AS 'SELECT pg_catalog.clock_timestamp() + (SELECT ahead FROM notifier.moved_clock)'`,
    );
    const options = encodeURIComponent('-c search_path=notifier,pg_catalog -c synchronous_commit=on');
    return new MovedClock(database, `${url}${url.includes('?') ? '&' : '?'}options=${options}`);
  }

  nowMs(): number {
    return Date.now() + this.aheadMs;
  }

  async move(minutes: number): Promise<void> {
    await this.database.query('UPDATE notifier.moved_clock SET ahead = ahead + make_interval(mins => $1)', [minutes]);
    this.aheadMs += minutes * 60_000;
  }
}
