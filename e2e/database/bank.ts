import { Client } from 'pg';

const ACCOUNTS = 200;

/** Accounts between which money moves all the time, while nothing of it comes or goes. */
export class Bank {
  private stopped = false;
  private done: Promise<void> | undefined;
  transfers = 0;
  /** When the source refused a transfer for the first time. */
  refusedAtMs: number | undefined;

  constructor(private readonly url: string) {}

  async found(): Promise<void> {
    await this.with(async (client) => {
      await client.query(`
        CREATE SCHEMA bank;
        CREATE TABLE bank.account (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner text NOT NULL UNIQUE, balance numeric(12, 2) NOT NULL CHECK (balance > -1000000));
        CREATE TABLE bank.transfer (id bigserial PRIMARY KEY, payer int NOT NULL REFERENCES bank.account, payee int NOT NULL REFERENCES bank.account,
          amount numeric(12, 2) NOT NULL, note text, at timestamptz NOT NULL DEFAULT clock_timestamp());
        CREATE INDEX transfer_by_payer ON bank.transfer (payer, at);
        CREATE VIEW bank.total AS SELECT sum(balance) AS money FROM bank.account;
        INSERT INTO bank.account (owner, balance) SELECT 'owner ' || n, 1000 FROM generate_series(1, ${ACCOUNTS}) n;
        INSERT INTO bank.transfer (payer, payee, amount, note) SELECT 1 + n % ${ACCOUNTS}, 1 + (n * 7) % ${ACCOUNTS}, 0, repeat('x', n % 300) FROM generate_series(1, 20000) n;`);
    });
  }

  /** Transfers, several at once, until `stop`; an error ends a writer, as it would end an application's connection. */
  open(writers = 3): void {
    this.stopped = false;
    this.done = Promise.all(Array.from({ length: writers }, () => this.write())).then(() => undefined);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.done;
  }

  private async write(): Promise<void> {
    const client = new Client({ connectionString: this.url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      while (!this.stopped) {
        const [payer, payee] = [1 + Math.floor(Math.random() * ACCOUNTS), 1 + Math.floor(Math.random() * ACCOUNTS)];
        await client.query('BEGIN');
        await client.query('UPDATE bank.account SET balance = balance - 1.25 WHERE id = $1', [payer]);
        await client.query('UPDATE bank.account SET balance = balance + 1.25 WHERE id = $1', [payee]);
        await client.query('INSERT INTO bank.transfer (payer, payee, amount) VALUES ($1, $2, 1.25)', [payer, payee]);
        await client.query('COMMIT');
        this.transfers += 1;
      }
    } catch {
      this.refusedAtMs ??= Date.now();
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async with<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({ connectionString: this.url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
}

/**
 * All rows of a database's own tables, or of one "schema.table", as text, by "schema.table", read by none of the product's code. `instead`: queries
 * for what is to be read in a table's place.
 */
export async function contentOf(
  url: string,
  only?: string,
  instead: ReadonlyMap<string, string> = new Map(),
): Promise<Record<string, { rows: number; digest: string }>> {
  return new Bank(url).with(async (client) => {
    const { rows: tables } = await client.query<{ name: string; quoted: string }>(
      `SELECT schemaname || '.' || tablename AS name, quote_ident(schemaname) || '.' || quote_ident(tablename) AS quoted
       FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'smartant') AND schemaname || '.' || tablename = coalesce($1, schemaname || '.' || tablename)
       ORDER BY 1`,
      [only ?? null],
    );
    const content: Record<string, { rows: number; digest: string }> = {};
    for (const { name, quoted } of tables) {
      const { rows } = await client.query<{ rows: string; digest: string }>(
        `SELECT count(*) AS rows, md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE "C"), '')) AS digest FROM (${instead.get(name) ?? `SELECT * FROM ${quoted}`}) t`,
      );
      content[name] = { rows: Number(rows[0]!.rows), digest: rows[0]!.digest };
    }
    return content;
  });
}

/** Names of the replication slots of a database. */
export async function slotsOf(url: string): Promise<string[]> {
  const sql = 'SELECT slot_name::text AS name FROM pg_replication_slots WHERE database = current_database()';
  const { rows } = await new Bank(url).with((client) => client.query<{ name: string }>(sql));
  return rows.map(({ name }) => name);
}

/** Slots, publications and the schema of ours that are still in a database. */
export async function leftBehind(url: string): Promise<string[]> {
  return new Bank(url).with(async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT slot_name AS name FROM pg_replication_slots WHERE database = current_database()
        UNION ALL SELECT pubname FROM pg_publication UNION ALL SELECT nspname FROM pg_namespace WHERE nspname = 'smartant'`,
    );
    return rows.map(({ name }) => name);
  });
}

/** The body of an inline endpoint; `host` and `port` may lead through a proxy. */
export function inlineEndpoint(url: string, address = new URL(url).host): object {
  const { pathname, username, password } = new URL(url);
  const [host, port] = address.split(':');
  const location = { kind: 'postgres', host, port: Number(port), database: pathname.slice(1), user: username, tlsMode: 'disable' };
  return { location, secret: { kind: 'password', password } };
}
