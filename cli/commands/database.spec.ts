import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSmartant, runSmartant } from '../testing/run-smartant';
import { sampleDatabaseMigration, STREAM, VERIFIED_DATABASE } from '../testing/sample-database-migration';
import { eventStream, ScriptedApi, type Script } from '../testing/scripted-api';

const WATCH = 'GET /migrations/mig_1/watch';
const URLS = ['postgres://ann@old:5432/shop', 'postgres://ann@new/shop?sslmode=require'];
const PASSWORDS = { SMARTANT_SOURCE_PASSWORD: 'canary-of-old', SMARTANT_TARGET_PASSWORD: 'canary-of-new' };

let home: string;
let api: ScriptedApi | undefined;

beforeAll(buildSmartant);
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'smartant-cli-'))));
afterEach(async () => {
  await api?.close();
  api = undefined;
  rmSync(home, { recursive: true });
});

async function run(args: string[], script: Script = {}, env: Record<string, string> = {}) {
  api ??= await ScriptedApi.start(script);
  return runSmartant(args, { cwd: home, env: { SMARTANT_URL: api.url, SMARTANT_API_KEY: 'key', ...env } });
}

const created: Script = { 'POST /migrations': () => ({ status: 201, body: sampleDatabaseMigration({ phase: 'precheck' }) }) };
const update = (changes: Parameters<typeof sampleDatabaseMigration>[0]) => ({
  migration: sampleDatabaseMigration(changes),
  bytesPerSecond: 0,
  objectsPerSecond: 0,
});

it('creates a migration of what its options name, and hands over passwords that nobody sees', async () => {
  const options = [
    '--schema',
    'app',
    '--exclude-schema',
    'tmp_*',
    '--table',
    'app.*',
    '--exclude-table',
    '*.log',
    '--where',
    'app.orders=id = 7',
  ];
  const more = ['--rename', 'app=shop', '--if-exists', 'replace', '--with-roles', '--no-reverse', '--jobs', '4', '--verify', 'counts'];
  const result = await run(['migrate', ...URLS, ...options, ...more, '--bwlimit', '10M'], created, PASSWORDS);
  expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('mig_1 has started') });
  expect(api?.to('POST /migrations')[0]?.body).toEqual({
    source: {
      location: { kind: 'postgres', host: 'old', port: 5_432, database: 'shop', user: 'ann' },
      secret: { kind: 'password', password: 'canary-of-old' },
    },
    target: {
      location: { kind: 'postgres', host: 'new', database: 'shop', user: 'ann', tlsMode: 'require' },
      secret: { kind: 'password', password: 'canary-of-new' },
    },
    spec: {
      kind: 'database',
      database: {
        includeSchemas: ['app'],
        excludeSchemas: ['tmp_*'],
        includeTables: ['app.*'],
        excludeTables: ['*.log'],
        rows: [{ table: 'app.orders', where: 'id = 7' }],
        renames: [{ from: 'app', to: 'shop' }],
        targetPolicy: 'replace',
        roles: true,
        reverse: false,
        tableJobs: 4,
        indexJobs: 4,
        verify: 'counts',
      },
      limits: { bytesPerSecond: 10_485_760 },
      cutover: { mode: 'manual', finalize: 'manual', sourceFrozen: false },
    },
  });
  expect(result.stdout + result.stderr).not.toContain('canary');
});

it('reads passwords from private files, beside an option that other tools take a password by', async () => {
  writeFileSync(join(home, 'pw'), 'from-file\n', { mode: 0o600 });
  const args = ['migrate', ...URLS, '--source-password-file', 'pw', '--target-password-file=pw', '--snapshot-only'];
  expect((await run(args, created)).code).toBe(0);
  expect(api?.to('POST /migrations')[0]?.body).toMatchObject({
    source: { secret: { kind: 'password', password: 'from-file' } },
    target: { secret: { kind: 'password', password: 'from-file' } },
    spec: { database: { mode: 'snapshot' } },
  });
});

it.each([
  ['a password in the URL', ['migrate', 'postgres://ann:hunter2@old/shop', 'new'], 'CLI_SECRET_IN_ARGS', 'SMARTANT_SOURCE_PASSWORD'],
  ['a password in an option', ['migrate', ...URLS, '--source-password=hunter2'], 'CLI_SECRET_IN_ARGS', ''],
  ['options of object storage', ['migrate', ...URLS, '--include', '*.jpg'], 'CLI_USAGE', '--schema'],
  ['a rate of requests, which databases have not', ['migrate', ...URLS, '--tpslimit', '5'], 'CLI_USAGE', '--bwlimit'],
  ['options of databases for a bucket', ['migrate', 's3://a', 's3://b', '--no-reverse'], 'CLI_USAGE', '--include'],
  ['a condition without a table', ['migrate', ...URLS, '--where', 'id > 7'], 'CLI_USAGE', 'SCHEMA.TABLE=CONDITION'],
  ['an unknown policy', ['migrate', ...URLS, '--if-exists', 'overwrite'], 'CLI_USAGE', 'refuse, append, replace'],
])('refuses %s, and asks the server for nothing', async (_name, args, code, hint) => {
  const result = await run(args, created);
  expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining(code) });
  expect(result.stderr).toContain(hint);
  expect(result.stderr).not.toContain('hunter2');
  expect(api?.requests).toEqual([]);
});

it('shows lag and downtime while it is watched, and ends once the target is in use', async () => {
  const frozenAt = '2026-11-23T00:00:00.000Z';
  const openedAt = '2026-11-23T00:00:02.500Z';
  const stream = [
    update({}),
    update({ phase: 'incremental', stream: STREAM }),
    update({ phase: 'cutover', frozenAt, openedAt }),
    update({ phase: 'reversible', stream: STREAM, frozenAt, openedAt, verification: VERIFIED_DATABASE }),
  ];
  const result = await run(['migrate', ...URLS, '--watch'], { ...created, [WATCH]: () => eventStream(stream, 'open') }, PASSWORDS);
  expect(result.code).toBe(0);
  expect(result.stdout).toMatch(
    /full copy {2}25% {2}5\/14 tables[\s\S]*streaming changes {2}120ms \(1\.2 KiB\) behind[\s\S]*In step with the source[\s\S]*Downtime 2\.5s/,
  );
  expect(result.stdout).toContain('Verified: 14 tables with 15,607 rows, 3 sequences, 42 definitions, equal at both sides (content).');
  expect(result.stderr).toContain('smartant migration rollback mig_1');
});

it('shows where a stream stands, and says what an action will do to which side', async () => {
  const migration = sampleDatabaseMigration({ phase: 'incremental', stream: { ...STREAM, fullAt: '2026-11-24T00:00:00.000Z' } });
  const script: Script = {
    'GET /migrations/mig_1': () => ({ body: migration }),
    'POST /migrations/mig_1/cutover': () => ({ body: { ...migration, phase: 'cutover' } }),
  };
  const shown = await run(['migration', 'show', 'mig_1'], script);
  expect(shown.stdout).toMatch(/Tables +: 5\/14|Tables: +5\/14/);
  expect(shown.stdout).toMatch(/0\/16B3748 \/ 0\/16B3900[\s\S]*120ms \(1\.2 KiB\)[\s\S]*3 MiB, its disk is full at 2026-11-2/);
  const asked = await run(['migration', 'cutover', 'mig_1', '--dry-run']);
  expect(asked.stdout).toMatch(/source takes no writes any more.*120ms \(1\.2 KiB\).*target is opened/);
  expect((await run(['migration', 'cutover', 'mig_1', '--yes'])).stdout).toContain('the source is frozen now');
  expect((await run(['migration', 'rollback', 'mig_1', '--dry-run'])).stdout).toContain('last changes are carried back');
});

it('applies a manifest of a database, once', async () => {
  const text = `apiVersion: smartant.io/v1
kind: Migration
metadata: { name: shop }
spec:
  source: ${URLS[0]}
  target: new-shop
  database: { includeSchemas: [app], targetPolicy: append, maxRetainedWal: 2G }
`;
  writeFileSync(join(home, 'm.yaml'), text);
  const none: Script = { ...created, 'GET /migrations': () => ({ body: { items: [], nextPageToken: null } }) };
  expect(await run(['apply', '-f', 'm.yaml'], none, PASSWORDS)).toMatchObject({ code: 0, stdout: expect.stringContaining('created') });
  expect(api?.to('POST /migrations')[0]?.body).toMatchObject({
    target: { endpoint: 'new-shop' },
    spec: { kind: 'database', database: { includeSchemas: ['app'], targetPolicy: 'append', maxRetainedWalBytes: 2 * 1024 ** 3 } },
  });
  writeFileSync(join(home, 'm.yaml'), `${text}  storage: { verify: content }\n`);
  expect(await run(['apply', '-f', 'm.yaml'], none, PASSWORDS)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('spec.storage.verify'),
  });
});

it('saves a database as an endpoint, and gives it a new password', async () => {
  const endpoint = {
    id: 'ep_1',
    workspaceId: 'ws_1',
    name: 'shop',
    location: { kind: 'postgres', host: 'old', port: 5_432, database: 'shop', user: 'ann', tlsMode: 'verify-full' },
    ownedByMigrationId: null,
    createdAt: '2026-11-23T00:00:00.000Z',
    updatedAt: '2026-11-23T00:00:00.000Z',
  };
  const script: Script = {
    'POST /endpoints': () => ({ status: 201, body: endpoint }),
    'GET /endpoints/shop': () => ({ body: endpoint }),
    'GET /endpoints/shop/items': () => ({
      body: { items: [{ path: 'app.orders', kind: 'table', sizeBytes: 2_048 }], nextPageToken: null },
    }),
    'PATCH /endpoints/shop': () => ({ body: endpoint }),
  };
  const env = { PGPASSWORD: 'canary-of-both' };
  expect((await run(['endpoint', 'add', 'shop', URLS[0] ?? '', '--via-socks', 'proxy'], script, env)).code).toBe(0);
  expect(api?.to('POST /endpoints')[0]?.body).toMatchObject({
    location: { kind: 'postgres', host: 'old', via: [{ kind: 'socks', host: 'proxy' }] },
    secret: { kind: 'password', password: 'canary-of-both' },
  });
  expect((await run(['endpoint', 'show', 'shop'])).stdout).toContain('postgres://ann@old:5432/shop');
  const browsed = await run(['endpoint', 'browse', 'shop', 'app']);
  expect(browsed.stdout).toMatch(/table +app\.orders +2 KiB/);
  expect(api?.to('GET /endpoints/shop/items')[0]?.query.get('path')).toBe('app');
  expect((await run(['endpoint', 'update', 'shop'], {}, env)).code).toBe(0);
  expect(api?.to('PATCH /endpoints/shop')[0]?.body).toEqual({ secret: { kind: 'password', password: 'canary-of-both' } });
});
