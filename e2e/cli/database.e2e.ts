import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf, startPostgres, whyNoClientTools, type TestPostgres } from '@smartant/test-servers';
import { Client } from 'pg';
import { EmbeddedPlatform, waitFor, type CliResult } from '../platform/embedded-platform';

const ORDERS = 2_000;

/** What an address of a database is on the command line: without its password. */
function place(url: string): string {
  const { host, pathname } = new URL(url);
  return `postgres://postgres@${host}${pathname}`;
}
const passwordOf = (url: string) => new URL(url).password;

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

describeIf(whyNoClientTools(), 'the command line with databases', () => {
  const platform = new EmbeddedPlatform();
  const files = mkdtempSync(join(tmpdir(), 'smartant-e2e-cli-'));
  let server: TestPostgres;
  let [source, target] = ['', ''];

  beforeAll(async () => {
    [server] = await Promise.all([startPostgres(), platform.start()]);
    [source, target] = [await server.createDatabase('shop'), await server.createDatabase('shop_new')];
    await query(
      source,
      `CREATE SCHEMA app;
       CREATE TABLE app.orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, total numeric(12, 2) NOT NULL, note text);
       CREATE INDEX ON app.orders (total);
       INSERT INTO app.orders (total, note) SELECT n, repeat('x', n % 50) FROM generate_series(1, ${ORDERS}) n;`,
    );
  }, 180_000);
  afterAll(async () => {
    await platform.dispose();
    await server?.stop();
    rmSync(files, { recursive: true, force: true });
  });

  /** Whatever the command says, it is no stack and holds no password. */
  async function run(args: string[], environment: Record<string, string> = {}): Promise<CliResult> {
    const passwords = { SMARTANT_SOURCE_PASSWORD: passwordOf(source), SMARTANT_TARGET_PASSWORD: passwordOf(target) };
    const result = await platform.cli(args, { ...passwords, ...environment });
    expect(result.stdout + result.stderr).not.toMatch(/\n\s+at .+:\d+/);
    expect(result.stdout + result.stderr).not.toContain(passwordOf(source));
    return result;
  }

  /** `migration show`, until the state says that. */
  async function shown(id: string, state: string): Promise<string> {
    let text = '';
    await waitFor(
      state,
      async () => (text = (await run(['migration', 'show', id])).stdout).includes(state),
      60_000,
      () => text,
    );
    return text;
  }

  it('migrate, cut over, finalize, and check the report', async () => {
    const dry = await run(['migrate', place(source), place(target), '--dry-run']);
    expect(dry).toMatchObject({ status: 0, stdout: expect.stringContaining('Precheck passed; nothing was kept.') });
    const begun = await run(['migrate', place(source), place(target)]);
    const id = /mig_[0-9a-f]+/.exec(begun.stdout)?.[0] ?? '';
    expect(begun).toMatchObject({ status: 0 });
    await shown(id, 'incremental / running');
    await query(source, `INSERT INTO app.orders (total, note) VALUES (7, 'while it streams')`);

    const cut = await run(['migration', 'cutover', id, '--yes', '--watch']);
    expect(cut).toMatchObject({ status: 0, stdout: expect.stringMatching(/Verified: 1 table with 2,001 rows/) });
    expect(await shown(id, 'reversible / running')).toMatch(/Downtime: +\d/);
    expect(await query(target, 'SELECT count(*)::int AS n, max(id)::int AS last FROM app.orders')).toEqual([
      { n: ORDERS + 1, last: ORDERS + 1 },
    ]);
    expect((await run(['migration', 'finalize', id, '--yes'])).status).toBe(0);
    await shown(id, 'done / succeeded');

    const [report, key] = [join(files, 'report.json'), join(files, 'key.pem')];
    writeFileSync(report, (await run(['report', 'show', id, '-o', 'json'])).stdout);
    writeFileSync(key, platform.token.reportPublicKeyPem);
    const verified = await run(['report', 'verify', report, '--key', key]);
    expect(verified).toMatchObject({ status: 0, stdout: expect.stringContaining('PROVED: the target equals the source.') });
    const envelope = JSON.parse(readFileSync(report, 'utf8')) as { payload: string };
    const statement = Buffer.from(envelope.payload, 'base64').toString();
    const forged = statement.replaceAll(String(ORDERS + 1), String(ORDERS));
    expect(forged).not.toBe(statement);
    writeFileSync(report, JSON.stringify({ ...envelope, payload: Buffer.from(forged).toString('base64') }));
    expect((await run(['report', 'verify', report, '--key', key])).status).not.toBe(0);
  }, 120_000);

  const elsewhere = (database: string) => place(source).replace(/\/[^/]*$/, `/${database}`);

  it.each<[string, () => { args: string[]; environment?: Record<string, string> }, string, RegExp]>([
    [
      'a password in the URL',
      () => ({ args: [place(source).replace('@', ':typed-secret@'), place(target)] }),
      'CLI_SECRET_IN_ARGS',
      /SMARTANT_SOURCE_PASSWORD/,
    ],
    [
      'a wrong password',
      () => ({ args: [place(source), place(target)], environment: { SMARTANT_SOURCE_PASSWORD: 'typed-secret' } }),
      'DATABASE_CREDENTIALS_INVALID (source)',
      /user "postgres"/,
    ],
    ['a database that is not there', () => ({ args: [elsewhere('nowhere'), place(target)] }), 'DATABASE_NOT_FOUND (source)', /nowhere/],
    [
      'a host that is not there',
      () => ({ args: ['postgres://ann@127.0.0.1:1/shop', place(target)] }),
      'DATABASE_UNREACHABLE (source)',
      /:1/,
    ],
    ['the same database twice', () => ({ args: [place(source), place(source)] }), 'MIGRATION_SOURCE_IS_TARGET', /another database/],
    [
      'a target that holds tables',
      () => ({ args: [place(source), place(target)] }),
      'DATABASE_TARGET_NOT_EMPTY (target)',
      /--if-exists append/,
    ],
    ['options of object storage', () => ({ args: [place(source), place(target), '--include', '*.jpg'] }), 'CLI_USAGE', /--schema/],
    ['another kind of database', () => ({ args: ['mysql://ann@old/shop', place(target)] }), 'CLI_ENDPOINT_INVALID', /mysql/],
    [
      'a condition on a column that is not there',
      () => ({ args: [place(source), place(target), '--where', 'app.orders=colour = 1'] }),
      'DATABASE_ROW_FILTER (source)',
      /"colour" does not exist/,
    ],
  ])('refuses %s, and says what to do', async (_name, made, code, about) => {
    const { args, environment } = made();
    const result = await run(['migrate', ...args, '--dry-run'], environment);
    expect(result.status).not.toBe(0);
    const said = result.stdout + result.stderr;
    expect(said).toContain(code);
    expect(said).toMatch(about);
    expect(said).toContain('hint: ');
    expect(said).not.toContain('typed-secret');
  });

  it('speaks Chinese, and tells of saved endpoints', async () => {
    const file = join(files, 'password');
    writeFileSync(file, passwordOf(source), { mode: 0o600 });
    const saved = await run(['endpoint', 'add', 'shop', place(source), '--password-file', file]);
    expect(saved.status).toBe(0);
    const tested = await run(['endpoint', 'test', 'shop'], { LANG: 'zh_CN.UTF-8' });
    expect(tested).toMatchObject({ status: 0, stdout: expect.stringContaining('shop 连接正常') });
    expect((await run(['endpoint', 'browse', 'shop', 'app'])).stdout).toContain('app.orders');
  });
});
