import { startPostgres, type TestPostgres } from '@smartant/test-servers';
import { Client } from 'pg';

const ROLE = 'mover';

/** A PostgreSQL whose role has a marked password, with a database `shop` that holds a table and an empty `shop_new`. */
export class MarkedDatabase {
  private constructor(
    private readonly server: TestPostgres,
    readonly password: string,
  ) {}

  static async start(password: string): Promise<MarkedDatabase> {
    const server = await startPostgres();
    await execute(server.url, `CREATE ROLE ${ROLE} SUPERUSER LOGIN PASSWORD '${password.replaceAll("'", "''")}'`);
    await execute(await server.createDatabase('shop'), 'CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1), (2)');
    await server.createDatabase('shop_new');
    return new MarkedDatabase(server, password);
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  /** What an endpoint of the API holds; `location` adds to it. */
  endpoint(database: string, password: unknown = this.password, location: object = {}): object {
    const address = { host: '127.0.0.1', port: this.port, database, user: ROLE };
    return { location: { kind: 'postgres', ...address, tlsMode: 'disable', ...location }, secret: { kind: 'password', password } };
  }

  /** Its address on the command line. */
  url(database: string): string {
    return `postgres://${ROLE}@127.0.0.1:${this.port}/${database}`;
  }

  private get port(): number {
    return Number(new URL(this.server.url).port);
  }
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}
