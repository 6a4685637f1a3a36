import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { chmod, chown, mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresLocation, Way } from '@smartant/connectors';
import { createEgressGuard } from '@smartant/platform/egress';
import {
  describeIf,
  findClientTools,
  freshDatabase,
  startBastion,
  startRestartablePostgres,
  testAuthority,
  whyNoClientTools,
  type RestartablePostgres,
  type TestAuthority,
} from '@smartant/test-servers';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import { openPgEndpoint } from './open-pg-endpoint';
import type { PgEndpoint, PgSession } from './pg-session';
import { queryMessage } from './protocol-messages';

const never = new AbortController().signal;
const options = { applicationName: 'test', signal: never };
const run = promisify(execFile);

describe('a session', () => {
  let endpoint: PgEndpoint;
  let session: PgSession;
  beforeAll(async () => {
    endpoint = openTestEndpoint(await freshDatabase());
    session = await endpoint.open(options);
  });
  afterAll(() => session.close());

  it('gives values as the server writes them', async () => {
    const [row] = await session.query(
      `SELECT '2020-01-02 03:04:05.123456+00'::timestamptz AS at, 1e-7::float8 AS f, 'NaN'::numeric AS n, '\\x00ff'::bytea AS b, true AS t, $1::text[] AS a`,
      ['{1,NULL}'],
    );
    expect(row).toEqual({ at: '2020-01-02 03:04:05.123456+00', f: '1e-07', n: 'NaN', b: '\\x00ff', t: 't', a: '{1,NULL}' });
  });

  it('cancels a statement at the server when it is told to stop, and goes on', async () => {
    const told = new AbortController();
    const waiting = session.query('SELECT pg_sleep(600)', undefined, told.signal).catch((error: unknown) => error);
    const watcher = await endpoint.open(options);
    while ((await watcher.query(`SELECT FROM pg_stat_activity WHERE pid = ${session.backendPid} AND wait_event = 'PgSleep'`)).length === 0);
    told.abort();
    expect(await waiting).toMatchObject({ code: 'CANCELLED' });
    expect(await session.query('SELECT 1 AS one')).toEqual([{ one: '1' }]);
    await watcher.close();
  });

  it.each([
    ['SELECT 1/0', 'DATABASE_VALUE_REFUSED'],
    ['SELECT * FROM nowhere', 'DATABASE_REFUSED'],
    ["DO $$BEGIN RAISE SQLSTATE '23505'; END$$", 'DATABASE_CONSTRAINT_VIOLATED'],
    ["DO $$BEGIN RAISE SQLSTATE '53300'; END$$", 'DATABASE_EXHAUSTED'],
    ["DO $$BEGIN RAISE SQLSTATE '40P01'; END$$", 'DATABASE_BUSY'],
    ['BEGIN READ ONLY; CREATE TABLE no (); ROLLBACK', 'DATABASE_READ_ONLY'],
  ])('tells %s apart', async (sql, code) => {
    await expect(session.query(sql)).rejects.toMatchObject({ code });
    await session.query('ROLLBACK');
  });

  it('tells wrong credentials and an absent database apart, without the secret', async () => {
    const url = new URL(await freshDatabase());
    url.password = 'canary-password';
    const refused = await openTestEndpoint(url.toString())
      .open(options)
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'DATABASE_CREDENTIALS_INVALID', retryable: false });
    expect(JSON.stringify(refused, Object.getOwnPropertyNames(refused))).not.toContain('canary');
    await expect(openTestEndpoint(await freshDatabase(), { database: 'absent' }).open(options)).rejects.toMatchObject({
      code: 'DATABASE_NOT_FOUND',
    });
  });

  it('hands over its socket, also many times and with much to carry', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { stream, release } = session.takeOver();
      const bytes = await exchange(stream, 'COPY (SELECT repeat(md5(n::text), 30) FROM generate_series(1, 5000) n) TO STDOUT');
      expect(bytes).toBeGreaterThan(5000 * 960);
      release();
      expect(await session.query('SELECT 2 AS two')).toEqual([{ two: '2' }]);
    }
  });
});

/** Sends a query and counts what comes, up to ReadyForQuery. */
function exchange(stream: NodeJS.ReadWriteStream, sql: string): Promise<number> {
  return new Promise((resolve) => {
    let bytes = 0;
    const tail = Buffer.from([0x5a, 0, 0, 0, 5]);
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (!chunk.subarray(-6, -1).equals(tail)) return;
      stream.removeListener('data', onData);
      resolve(bytes);
    };
    stream.on('data', onData).resume();
    stream.write(queryMessage(sql));
  });
}

describe('TLS', () => {
  let server: RestartablePostgres;
  let authority: TestAuthority;
  let fingerprint: string;
  let endpoints: PgEndpoint[] = [];
  beforeAll(async () => {
    authority = await testAuthority();
    const folder = await mkdtemp(join(tmpdir(), 'smartant-tls-'));
    const { cert, key, fingerprint: sha } = await authority.issue(['db.example']);
    fingerprint = sha;
    await chmod(folder, 0o755);
    const files = { 'server.crt': cert, 'server.key': key, 'ca.crt': authority.caPem };
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(folder, name), text, { mode: 0o600 });
      if (process.getuid?.() === 0) await chown(join(folder, name), 65_534, 65_534);
    }
    server = await startRestartablePostgres({
      settings: {
        ssl: 'on',
        ssl_cert_file: join(folder, 'server.crt'),
        ssl_key_file: join(folder, 'server.key'),
        ssl_ca_file: join(folder, 'ca.crt'),
      },
    });
  });
  afterEach(() => {
    for (const endpoint of endpoints) endpoint.close();
    endpoints = [];
  });
  afterAll(() => server.stop());

  const connected = async (change: Partial<PostgresLocation>) => {
    const endpoint = openTestEndpoint(server.url, change);
    endpoints.push(endpoint);
    const session = await endpoint.open(options);
    const [row] = await session.query('SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    await session.close();
    return row;
  };

  it('is used in every mode that asks for it, and carries what is handed over', async () => {
    expect(await connected({ tlsMode: 'disable' })).toMatchObject({ ssl: 'f' });
    expect(await connected({ tlsMode: 'require' })).toMatchObject({ ssl: 't', version: 'TLSv1.3' });
    expect(await connected({ tlsMode: 'verify-ca', tlsCaPem: authority.caPem })).toMatchObject({ ssl: 't' });
    expect(await connected({ tlsMode: 'verify-full', tlsCaPem: authority.caPem, tls: { serverName: 'db.example' } })).toMatchObject({
      ssl: 't',
    });
    expect(await connected({ tlsMode: 'verify-full', tls: { certificateSha256: fingerprint } })).toMatchObject({ ssl: 't' });
    const session = await openTestEndpoint(server.url, { tlsMode: 'require' }).open(options);
    const { stream, release } = session.takeOver();
    const sql = 'COPY (SELECT repeat(md5(n::text), 30) FROM generate_series(1, 5000) n) TO STDOUT';
    expect(await exchange(stream, sql)).toBeGreaterThan(5000 * 960);
    release();
    expect(await session.query('SELECT 2 AS two')).toEqual([{ two: '2' }]);
    await session.close();
  });

  it.each([
    [{ tlsMode: 'verify-ca' as const }, 'TLS_AUTHORITY_UNKNOWN'],
    [{ tlsMode: 'require' as const, tls: { certificateSha256: 'ab'.repeat(32) } }, 'TLS_FINGERPRINT_MISMATCH'],
  ])('refuses a server by %j', async (change, code) => {
    await expect(connected(change)).rejects.toMatchObject({ code, retryable: false });
  });

  it('refuses a server of another name', async () => {
    await expect(connected({ tlsMode: 'verify-full', tlsCaPem: authority.caPem })).rejects.toMatchObject({ code: 'TLS_NAME_MISMATCH' });
  });

  it('says so when the server asks for a password and none was given', async () => {
    const { hostname, port, username } = new URL(server.url);
    const endpoint = openPgEndpoint(
      { kind: 'postgres', host: hostname, port: Number(port), database: 'postgres', user: username, tlsMode: 'require' },
      { guard: createEgressGuard({ allowLoopback: true, allow: [], deny: [] }), secret: async () => ({ kind: 'none' }) },
    );
    await expect(endpoint.open(options)).rejects.toMatchObject({ code: 'DATABASE_CREDENTIALS_INVALID', retryable: false });
  });

  it('says so when the server has none', async () => {
    const plain = openTestEndpoint(await freshDatabase(), { tlsMode: 'require' });
    await expect(plain.open(options)).rejects.toMatchObject({ code: 'TLS_NOT_SPOKEN', retryable: false });
  });

  it('shows a client certificate', async () => {
    const { cert, key } = await authority.issue(['postgres']);
    const { hostname, port, username, password } = new URL(server.url);
    const endpoint = openPgEndpoint(
      { kind: 'postgres', host: hostname, port: Number(port), database: 'postgres', user: username, tlsMode: 'require' },
      {
        guard: createEgressGuard({ allowLoopback: true, allow: [], deny: [] }),
        secret: async () => ({ kind: 'password', password, network: { clientCertificate: { certificatePem: cert, privateKeyPem: key } } }),
      },
    );
    const session = await endpoint.open(options);
    const [row] = await session.query('SELECT client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    expect(row).toEqual({ client_dn: '/CN=postgres' });
    await session.close();
  });
});

it.each([false, true])('is told to stop while a server that took the connection keeps silent (pipeline: %s)', async (pipeline) => {
  const taken = Promise.withResolvers<void>();
  const silent = createServer((socket) => socket.once('data', () => taken.resolve()).on('error', () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const endpoint = openTestEndpoint(`postgres://postgres:none@127.0.0.1:${port}/none`);
  const told = new AbortController();
  const opening = endpoint.open({ applicationName: 'test', pipeline, signal: told.signal });
  opening.catch(() => undefined);
  await taken.promise;
  told.abort();
  await expect(opening).rejects.toMatchObject({ code: 'CANCELLED' });
  endpoint.close();
  silent.close();
});

it('reaches a socket in the file system where the loopback is allowed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'smartant-socket-'));
  await chmod(folder, 0o777);
  const server = await startRestartablePostgres({ settings: { unix_socket_directories: folder } });
  const session = await openTestEndpoint(server.url, { host: folder }).open(options);
  expect(await session.query('SELECT inet_server_addr() AS address')).toEqual([{ address: null }]);
  await session.close();
  const { port, username } = new URL(server.url);
  const strict = openPgEndpoint(
    { kind: 'postgres', host: folder, port: Number(port), database: 'postgres', user: username, tlsMode: 'disable' },
    { guard: createEgressGuard({ allowLoopback: false, allow: [], deny: [] }), secret: async () => ({ kind: 'none' }) },
  );
  await expect(strict.open(options)).rejects.toMatchObject({ code: 'EGRESS_FORBIDDEN' });
  await server.stop();
});

describeIf(whyNoClientTools(), 'programs of PostgreSQL', () => {
  it('are taken there over the way, with no secret in their arguments or environment', async () => {
    const url = new URL(await freshDatabase());
    const bastion = await startBastion({ password: 'step' });
    const via: Way[] = [{ kind: 'ssh', host: '127.0.0.1', port: bastion.port, user: 'ann', hostKeys: [bastion.fingerprint] }];
    const endpoint = openPgEndpoint(
      {
        kind: 'postgres',
        host: url.hostname,
        port: Number(url.port),
        database: url.pathname.slice(1),
        user: 'postgres',
        tlsMode: 'disable',
        via,
      },
      {
        guard: createEgressGuard({ allowLoopback: true, allow: [], deny: [] }),
        secret: async () => ({ kind: 'password', password: url.password, network: { ways: [{ password: 'step' }] } }),
      },
    );
    const { env, dispose } = await endpoint.toolEnvironment(never);
    expect(JSON.stringify(env)).not.toContain(url.password);
    expect(statSync(env['PGPASSFILE'] ?? '').mode & 0o777).toBe(0o600);
    const { stdout } = await run(findClientTools()!.psql, ['-XAtc', 'SELECT current_database()'], {
      env: { PATH: process.env['PATH'], ...env } as never,
    });
    expect(stdout.trim()).toBe(url.pathname.slice(1));
    await dispose();
    await dispose();
    expect(existsSync(env['PGHOST'] ?? '')).toBe(false);
    endpoint.close();
    await bastion.close();
  });
});
