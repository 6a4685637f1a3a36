import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startS3, type S3Server } from '@smartant/test-servers';
import { Bucket } from '../platform/bucket';
import { EmbeddedPlatform } from '../platform/embedded-platform';
import { ApiMigration, storageSpec, type MigrationView } from '../platform/migration';

interface Problem {
  status: number;
  code: string;
  detail: string;
  hint?: string;
  fields?: { field: string }[];
}

const MIGRATIONS = '/v1/workspaces/default/migrations';

describe('bad input', () => {
  const platform = new EmbeddedPlatform();
  const root = mkdtempSync(join(tmpdir(), 'smartant-bad-'));
  let server: S3Server;
  let source: Bucket;
  let target: Bucket;

  beforeAll(async () => {
    server = await startS3('sample');
    await Promise.all(['from', 'into'].map((name) => server.createBucket(name)));
    source = new Bucket(server, 'from');
    target = new Bucket(server, 'into');
    await source.put('object', 'content');
    await platform.start();
    await platform.api('POST', '/v1/file-roots', { name: 'bad', path: root });
  });
  afterAll(async () => {
    await platform.dispose();
    await server.stop();
    rmSync(root, { recursive: true, force: true });
  });

  const create = (body: unknown) => platform.api<Problem>('POST', MIGRATIONS, body, { anyStatus: true });
  const file = (path: string, name = 'bad') => ({ location: { kind: 'file', root: name, path }, secret: { kind: 'none' } });
  const withUrl = (serviceUrl: string) => ({
    ...target.inline(),
    location: { ...(target.inline() as { location: object }).location, serviceUrl },
  });

  it.each<[string, () => unknown, string]>([
    [
      'a malformed URL',
      () => ({ source: source.inline(), target: withUrl('not a url'), spec: storageSpec() }),
      'target.location.serviceUrl',
    ],
    ['an unknown field', () => ({ source: source.inline(), target: target.inline(), spec: storageSpec(), speed: 'fast' }), 'speed'],
    [
      'a wrong type',
      () => ({ source: source.inline(), target: target.inline(), spec: storageSpec({ storage: { maxDeletes: 'many' } }) }),
      'spec.storage.maxDeletes',
    ],
    ['a path that climbs', () => ({ source: file('../etc'), target: target.inline(), spec: storageSpec() }), 'source.location.path'],
  ])('names the field of %s', async (_, body, field) => {
    const problem = await create(body());
    expect(problem).toMatchObject({ status: 400, code: expect.any(String) });
    expect(JSON.stringify(problem.fields ?? [])).toContain(field);
  });

  it.each<[string, () => unknown, string]>([
    ['a bucket to itself', () => ({ source: source.inline(), target: source.inline(), spec: storageSpec() }), 'MIGRATION_SOURCE_IS_TARGET'],
    [
      'overlapping prefixes',
      () => ({ source: source.inline(), target: source.inline('inside/'), spec: storageSpec() }),
      'MIGRATION_OVERLAP',
    ],
  ])('refuses %s', async (_, body, code) => {
    expect(await create(body())).toMatchObject({ code, hint: expect.any(String) });
  });

  it.each<[string, () => unknown, RegExp]>([
    ['an unknown file root', () => ({ source: file('', 'nowhere'), target: target.inline(), spec: storageSpec() }), /ROOT/],
    ['an unknown endpoint', () => ({ source: { endpoint: 'nobody' }, target: target.inline(), spec: storageSpec() }), /ENDPOINT_NOT_FOUND/],
  ])('says that there is no %s', async (_, body, code) => {
    const problem = await create(body());
    expect(problem.status).toBeGreaterThanOrEqual(400);
    expect(problem.code).toMatch(code);
  });

  it('answers 404 to an unknown migration, and 400 or 404 to a malformed id', async () => {
    for (const id of [`mig_${'0'.repeat(32)}`, 'nonsense', '..%2F..']) {
      const problem = await platform.api<Problem>('GET', `${MIGRATIONS}/${id}`, undefined, { anyStatus: true });
      expect([400, 404]).toContain(problem.status);
    }
  });

  const blockerOf = async (body: object): Promise<MigrationView> => {
    const migration = await ApiMigration.create(platform, body);
    return migration.until(({ status }) => status === 'failed', 90_000);
  };
  const findingCodes = (view: MigrationView): string[] =>
    (view as unknown as { findings: { code: string }[] }).findings.map(({ code }) => code);

  it('finds wrong credentials in the precheck', async () => {
    const wrong = { ...target.inline(), secret: { kind: 's3', accessKeyId: server.accessKeyId, secretAccessKey: 'wrong-secret-canary' } };
    const failed = await blockerOf({ source: source.inline(), target: wrong, spec: storageSpec() });
    expect(failed.phase).toBe('precheck');
    expect(findingCodes(failed).join()).toMatch(/STORAGE_CREDENTIALS_INVALID|STORAGE_ACCESS_DENIED/);
    expect(JSON.stringify(failed)).not.toContain('wrong-secret-canary');
  });

  it('finds a missing bucket in the precheck', async () => {
    const failed = await blockerOf({ source: source.inline(), target: new Bucket(server, 'absent').inline(), spec: storageSpec() });
    expect(findingCodes(failed)).toContain('STORAGE_BUCKET_NOT_FOUND');
  });

  it.each(['http://169.254.169.254', 'http://0xa9fea9fe', 'http://[::ffff:169.254.169.254]', 'http://2852039166'])(
    'never talks to a metadata address (%s)',
    async (url) => {
      const body = { source: source.inline(), target: withUrl(url), spec: storageSpec() };
      const problem = await create(body);
      if (problem.code) expect(problem.code).toMatch(/EGRESS_FORBIDDEN|VALIDATION/);
      else expect(findingCodes(await blockerOf(body))).toContain('EGRESS_FORBIDDEN');
    },
  );

  it('does not follow a link out of a registered root', async () => {
    symlinkSync('/etc', join(root, 'leads-out'));
    const body = { source: file('leads-out'), target: target.inline(), spec: storageSpec() };
    expect(findingCodes(await blockerOf(body)).join()).toContain('STORAGE_PATH_OUTSIDE_ROOT');
    expect(await target.keys()).toEqual([]);
  });

  it('changes nothing by any of it', async () => {
    expect(await target.keys()).toEqual([]);
    expect(await source.keys()).toEqual(['object']);
  });

  describe('on the command line', () => {
    it.each<[string, string[], number, RegExp]>([
      ['an unknown command', ['fly'], 2, /unknown command|error/i],
      ['an unknown option', ['migration', 'list', '--sideways'], 2, /unknown option|error/i],
      ['a secret in a URL', ['migrate', 's3://key:secret@bucket/', 's3://b/'], 2, /credential|secret/i],
      ['a malformed URL', ['migrate', 'gopher://x', 's3://b/'], 2, /gopher|URL/i],
      ['an unknown migration', ['migration', 'show', `mig_${'0'.repeat(32)}`], 1, /NOT_FOUND/],
    ])('says what is wrong with %s', async (_, args, status, message) => {
      const result = await platform.cli(args);
      expect(result.status).toBe(status);
      expect(result.stderr).toMatch(message);
      expect(result.stdout).toBe('');
    });
  });
});
