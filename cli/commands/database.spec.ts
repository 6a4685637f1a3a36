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
  const more = [
    '--rename',
    'app=shop',
    '--tablespace',
    'fast=ssd',
    '--exclude-column',
    'app.users.password',
    '--rename-column',
    'app.users.mail=email',
    '--rename-column',
    'app.a.b.c=d',
    '--if-exists',
    'replace',
    '--with-roles',
    '--with-publications',
    '--no-reverse',
    '--jobs',
    '4',
    '--verify',
    'counts',
  ];
  const result = await run(['migrate', ...URLS, ...options, ...more, '--bwlimit', '10M', '--tpslimit', '5'], created, PASSWORDS);
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
        tablespaces: [{ from: 'fast', to: 'ssd' }],
        columns: [
          { table: 'app.users', exclude: ['password'], renames: [{ from: 'mail', to: 'email' }] },
          { table: 'app.a.b', exclude: [], renames: [{ from: 'c', to: 'd' }] },
        ],
        targetPolicy: 'replace',
        roles: true,
        publications: true,
        reverse: false,
        tableJobs: 4,
        indexJobs: 4,
        verify: 'counts',
      },
      limits: { bytesPerSecond: 10_485_760, requestsPerSecond: 5 },
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

it('shows what sets findings right, in the language of the user, and runs it', async () => {
  const fix = (statements: string[], isSafe: boolean) => ({ statements, isSafe, needsRestart: !isSafe });
  const keyless = {
    severity: 'blocker',
    code: 'DATABASE_TABLE_WITHOUT_KEY',
    subject: 'source',
    message: '4 tables have no primary key',
    hint: 'Add one.',
  } as const;
  const wal = {
    severity: 'blocker',
    code: 'DATABASE_WAL_LEVEL',
    subject: 'source',
    message: 'wal_level is replica',
    hint: 'Restart.',
  } as const;
  const identity = (name: string) => `ALTER TABLE "${name}" REPLICA IDENTITY FULL`;
  const migration = sampleDatabaseMigration({
    phase: 'precheck',
    status: 'failed',
    findings: [
      { ...keyless, fix: fix(['a', 'b', 'c', 'd'].map(identity), true) },
      { ...wal, fix: fix([`ALTER SYSTEM SET wal_level = 'logical'`], false) },
    ],
  });
  const asked: unknown[] = [];
  const script: Script = {
    'GET /migrations/mig_1': () => ({ body: migration }),
    'POST /migrations/mig_1/precheck/fixes': ({ body }) => {
      asked.push(body);
      const done = { code: keyless.code, subject: 'source', statements: [identity('a')], needsRestart: false };
      const error = { code: 'DATABASE_ACCESS_DENIED', message: 'must be owner', hint: '', retryable: false };
      return {
        body: {
          applied: [
            { ...done, error: null },
            { ...done, code: wal.code, error },
          ],
          migration,
        },
      };
    },
  };
  const shown = await run(['migration', 'show', 'mig_1'], script);
  expect(shown.stdout).toMatch(/no primary key[\s\S]*SQL \(source\): ALTER TABLE "a" REPLICA IDENTITY FULL;[\s\S]*and 1 statement more/);
  expect(shown.stdout + shown.stderr).toContain('1 finding can be set right by: smartant migration fix mig_1');
  const dry = await run(['migration', 'fix', 'mig_1', '--dry-run']);
  expect(dry.stdout).toMatch(/source: ALTER TABLE "d" REPLICA IDENTITY FULL;/);
  expect(dry.stdout).not.toContain('wal_level');
  expect(asked).toEqual([]);
  const done = await run(['migration', 'fix', 'mig_1', '--include-unsafe', '--finding', keyless.code, '--finding', wal.code, '--yes']);
  expect(asked).toEqual([{ codes: [keyless.code, wal.code], includeUnsafe: true }]);
  expect(done).toMatchObject({ code: 1, stdout: expect.stringContaining('Fixed at the source: DATABASE_TABLE_WITHOUT_KEY') });
  expect(done.stdout).toContain('Not fixed at the source: DATABASE_WAL_LEVEL: must be owner');
  const chinese = await run(['migration', 'show', 'mig_1'], script, { SMARTANT_LANG: 'zh' });
  expect(chinese.stdout).toMatch(/DATABASE_TABLE_WITHOUT_KEY[^\n]*部分表没有主键[\s\S]*原文: 4 tables/);
});

it('adds, drops and copies tables again while changes are streamed', async () => {
  const migration = sampleDatabaseMigration({ phase: 'incremental', stream: { ...STREAM, syncingTables: 1 } });
  const changes: unknown[] = [];
  const script: Script = {
    'POST /migrations/mig_1/tables': ({ body }) => {
      changes.push(body);
      return { body: migration };
    },
  };
  const added = await run(['migration', 'add-table', 'mig_1', 'shop.a', 'shop.b'], script);
  expect(added.stdout).toContain('shop.a, shop.b: made at the target and copied');
  const asked = await run(['migration', 'resync', 'mig_1', '--table', 'shop.a', '--dry-run']);
  expect(asked.stdout).toContain("the target's rows are taken away first");
  await run(['migration', 'resync', 'mig_1', '--table', 'shop.a', '--table', 'shop.c', '--yes']);
  await run(['migration', 'drop-table', 'mig_1', 'shop.b', '--yes']);
  expect(changes).toEqual([{ add: ['shop.a', 'shop.b'] }, { resync: ['shop.a', 'shop.c'] }, { drop: ['shop.b'] }]);
  expect(await run(['migration', 'resync', 'mig_1', '--yes'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--table SCHEMA.TABLE'),
  });
});

it('shows where a stream stands, and says what an action will do to which side', async () => {
  const migration = sampleDatabaseMigration({
    phase: 'incremental',
    stream: {
      ...STREAM,
      fullAt: '2026-11-24T00:00:00.000Z',
      definitionDifferenceCount: 1,
      definitionDifferences: ['index public.order_note: It is missing at the target.'],
    },
  });
  const script: Script = {
    'GET /migrations/mig_1': () => ({ body: migration }),
    'POST /migrations/mig_1/cutover': () => ({ body: { ...migration, phase: 'cutover' } }),
  };
  const shown = await run(['migration', 'show', 'mig_1'], script);
  expect(shown.stdout).toMatch(/Tables +: 5\/14|Tables: +5\/14/);
  expect(shown.stdout).toContain('First: index public.order_note');
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

describe('what is done beside the stream', () => {
  const live = () => ({ body: sampleDatabaseMigration({ phase: 'incremental', status: 'running' }) });
  const asked = {
    id: 'chk_1',
    kind: 'verify',
    tables: [],
    state: 'asked',
    askedAt: '2025-01-02T03:04:05Z',
    finishedAt: null,
    result: null,
    error: null,
  };
  const nothing = {
    tables: 2,
    sourceRows: 70,
    differences: [],
    differenceCount: 0,
    undecided: [],
    repairedRows: 0,
    steps: [],
    expectedDowntimeMs: null,
  };
  const script = (result: object, end: object = { state: 'done' }): Script => ({
    'GET /migrations/mig_1': live,
    'POST /migrations/mig_1/checks': () => ({ status: 201, body: asked }),
    'GET /migrations/mig_1/checks': () => ({ body: { items: [{ ...asked, result: { ...nothing, ...result }, ...end }] } }),
  });

  it('compares, and ends with 3 where rows differ', async () => {
    const differences = [{ key: 'app.item ["3"]', kind: 'content', detail: 'The row has another content at the target.', waived: false }];
    const result = await run(
      ['migration', 'verify', 'mig_1', '--table', 'app.item'],
      script({ differences, differenceCount: 5, undecided: ['app.log'] }),
    );
    expect(result).toMatchObject({ code: 3, stdout: expect.stringContaining('app.item ["3"]: content') });
    expect(result.stdout).toMatch(/5 rows of the target differ[^]*4 more[^]*app\.log/);
    expect(api?.to('POST /migrations/mig_1/checks')[0]?.body).toEqual({ kind: 'verify', tables: ['app.item'] });
  });

  it('repairs only with a word, and says how many rows', async () => {
    const repair = script({ repairedRows: 4 }, { state: 'done', kind: 'repair' });
    expect(await run(['migration', 'repair', 'mig_1'], repair)).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    const result = await run(['migration', 'repair', 'mig_1', '--yes'], repair);
    expect(result).toMatchObject({ code: 0, stdout: 'Repaired: 4 rows.\nEqual: 2 tables with 70 rows.\n' });
    expect(api?.to('POST /migrations/mig_1/checks')).toHaveLength(1);
  });

  it('tells what went wrong with it', async () => {
    const error = { code: 'DATABASE_TABLE_UNKNOWN', message: 'no such table', hint: 'name one', retryable: false };
    const result = await run(['migration', 'verify', 'mig_1'], script({}, { state: 'failed', result: null, error }));
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('no such table') });
  });

  it('foretells a cutover, and does nothing', async () => {
    const result = await run(
      ['migration', 'cutover', 'mig_1', '--dry-run'],
      script({ steps: ['Ends session 7 of app.'], expectedDowntimeMs: 1_500 }),
    );
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('Ends session 7 of app.') });
    expect(result.stdout).toContain('1.5s');
    expect(api?.to('POST /migrations/mig_1/cutover')).toEqual([]);
  });
});
