import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type ClientConfig } from 'pg';
import { describeIf } from '../describe-if';
import { testAuthority } from '../network/test-authority';
import { findClientTools, whyNoClientTools } from './client-tools';
import { POSTGRES_MAJORS, whyNoPostgres } from './postgres-binaries';
import { startRestartablePostgres } from './restartable-postgres';
import { startPostgres } from './start-postgres';

async function ask(config: ClientConfig, sql: string): Promise<Record<string, unknown>> {
  const client = new Client(config);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return ((await client.query(sql)).rows[0] ?? {}) as Record<string, unknown>;
  } finally {
    await client.end();
  }
}

for (const major of POSTGRES_MAJORS) {
  describeIf(whyNoPostgres(major), `PostgreSQL ${major}`, () => {
    it('serves, with logical replication and the extensions of contrib', async () => {
      const server = await startPostgres({ major, settings: { max_replication_slots: '3' } });
      try {
        const asked = await ask(
          { connectionString: server.url },
          `SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('wal_level') AS wal_level,
           current_setting('max_replication_slots') AS slots, (SELECT count(*)::int FROM pg_available_extensions WHERE name = 'hstore') AS hstore`,
        );
        expect(asked).toEqual({ major, wal_level: 'logical', slots: '3', hstore: 1 });
      } finally {
        await server.stop();
      }
    });
  });
}

describeIf(whyNoPostgres(), 'access to a test server', () => {
  it('takes client certificates, md5 and unix sockets where it is told to', async () => {
    const authority = await testAuthority();
    const [host, role, other] = await Promise.all([authority.issue(['127.0.0.1']), authority.issue(['carol']), authority.issue(['dave'])]);
    const socketFolder = mkdtempSync(join(tmpdir(), 'sock-'));
    const access = { method: 'cert' as const, tls: { cert: host.cert, key: host.key, ca: authority.caPem }, socketFolder };
    const server = await startPostgres({ access });
    try {
      await ask({ connectionString: server.url }, `CREATE ROLE carol LOGIN PASSWORD 'x'`);
      const { port } = new URL(server.url);
      const as = (certificate: { cert: string; key: string }): ClientConfig => ({
        host: '127.0.0.1',
        port: Number(port),
        user: 'carol',
        database: 'postgres',
        ssl: { ca: authority.caPem, ...certificate },
      });
      const sql = 'SELECT current_user AS role, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
      expect(await ask(as(role), sql)).toEqual({ role: 'carol', ssl: true });
      await expect(ask(as(other), sql)).rejects.toMatchObject({ code: '28000' });
      const overSocket = { host: socketFolder, port: Number(port), user: 'carol', password: 'x', database: 'postgres' };
      expect(await ask(overSocket, sql)).toEqual({ role: 'carol', ssl: false });
    } finally {
      await server.stop();
      rmSync(socketFolder, { recursive: true, force: true });
    }
  });

  it('answers nobody while it is frozen, and goes on as if nothing had been', async () => {
    const server = await startRestartablePostgres({ settings: { max_connections: '17' } });
    try {
      const client = new Client({ connectionString: server.url });
      client.on('error', () => undefined);
      await client.connect();
      server.freeze();
      let isAnswered = false;
      const answer = client.query('SELECT 1 AS one').then(({ rows }) => ((isAnswered = true), rows));
      await expect(ask({ connectionString: server.url, connectionTimeoutMillis: 300 }, 'SELECT 1')).rejects.toThrow();
      expect(isAnswered).toBe(false);
      server.thaw();
      expect(await answer).toEqual([{ one: 1 }]);
      await client.end();
      await server.crash('immediate');
      await server.start();
      expect(await ask({ connectionString: server.url }, 'SELECT 2 AS two')).toEqual({ two: 2 });
    } finally {
      await server.stop();
    }
  });
});

describeIf(whyNoClientTools(), 'client programs', () => {
  it('are found, and are of the major that they say', () => {
    const tools = findClientTools();
    expect(execFileSync(tools!.pgRestore, ['--version'], { encoding: 'utf8' })).toContain(`(PostgreSQL) ${tools?.major}`);
  });
});
