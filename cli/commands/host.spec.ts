import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSmartant, runSmartant } from '../testing/run-smartant';
import { sampleHostMigration } from '../testing/sample-host-migration';
import { ScriptedApi, type RecordedRequest, type Script } from '../testing/scripted-api';

const KEY = `SHA256:${'k'.repeat(43)}`;
const PASSWORDS = { SMARTANT_SOURCE_PASSWORD: 'canary-of-old', SMARTANT_TARGET_PASSWORD: 'canary-of-new' };
const KEYS = ['--source-host-key', KEY, '--target-host-key', KEY];

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

const estimate = { objects: 3, bytes: 30, complete: true };
const unknownKey = (subject: string) => ({
  severity: 'blocker',
  code: 'HOST_KEY_UNKNOWN',
  message: `The host web-01 shows the ssh-ed25519 key ${KEY}.`,
  hint: 'Compare it.',
  subject,
});
/** A precheck finds what it is told; everything else is made. */
const creating = (findings: (request: RecordedRequest) => object[] = () => []): Script => ({
  'POST /migrations': (request) =>
    request.query.get('validateOnly') === 'true'
      ? { body: { findings: findings(request), estimate } }
      : { status: 201, body: sampleHostMigration({ phase: 'precheck' }) },
  'GET /migrations': () => ({ body: { items: [], nextPageToken: null } }),
  'GET /endpoints': () => ({ body: { items: [], nextPageToken: null } }),
  'GET /v1/file-roots': () => ({ body: { items: [{ name: 'images', path: '/srv/images' }] } }),
  'POST /endpoints': ({ body }) => ({ status: 201, body: { id: 'ep_1', ownedByMigrationId: null, ...(body as object) } }),
});

it('creates a migration of what its options name, and hands over passwords that nobody sees', async () => {
  writeFileSync(join(home, 'warm.sh'), 'echo warm\n');
  const options = ['--confirm-disk', 'DISK1', '--stop-service', 'nginx', '--source-after', 'power-off', '--exclude', '/var/cache/**'];
  const more = ['--probe', 'http:80/=Welcome', '--network', 'eth0=dhcp', '--size', '/=20G', '--action', 'warm.sh', '--no-direct'];
  const urls = ['ssh://root@web-01', 'image:/srv/images/new/web-01.qcow2'];
  const result = await run(['migrate', ...urls, ...options, ...more, ...KEYS, '--round-interval', '10m'], creating(), PASSWORDS);
  expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('mig_1 has started') });
  expect(api?.to('POST /migrations')[0]?.body).toEqual({
    source: {
      location: { kind: 'ssh', host: 'web-01', user: 'root', hostKeys: [KEY] },
      secret: { kind: 'ssh', password: 'canary-of-old' },
    },
    target: { location: { kind: 'image', root: 'images', path: 'new/web-01.qcow2', format: 'qcow2' }, secret: { kind: 'none' } },
    spec: {
      kind: 'host',
      host: {
        exclude: ['/var/cache/**'],
        confirmedDisks: ['DISK1'],
        sizes: [{ mount: '/', sizeBytes: 20 * 1024 ** 3 }],
        stopServices: ['nginx'],
        sourceAfter: 'power-off',
        network: [{ source: 'eth0', mode: 'dhcp' }],
        probes: [{ kind: 'http', port: 80, path: '/', expectText: 'Welcome' }],
        actions: [{ name: 'warm', script: 'echo warm\n' }],
        direct: 'never',
      },
      incrementalIntervalSeconds: 600,
      limits: {},
      cutover: { mode: 'manual', finalize: 'manual', sourceFrozen: false },
    },
  });
  expect(result.stdout + result.stderr).not.toContain('canary');
});

it('refuses a host whose key nobody pinned where nobody can be asked, and says which it shows', async () => {
  const args = ['migrate', 'ssh://root@web-01', 'ssh://root@rescue', '--target-host-key', KEY];
  const result = await run(
    args,
    creating(() => [unknownKey('source')]),
    PASSWORDS,
  );
  expect(result.code).not.toBe(0);
  expect(result.stderr).toContain('CLI_HOST_KEY_UNKNOWN');
  expect(result.stderr).toContain(`--source-host-key ${KEY}`);
  // Nothing was made.
  expect(api?.to('POST /migrations').map(({ query }) => query.get('validateOnly'))).toEqual(['true']);
});

it('pins the key that is given for a saved endpoint', async () => {
  const location = { kind: 'ssh', host: 'web-01', port: 22, user: 'root', hostKeys: [], become: 'none' };
  const saved = { id: 'ep_1', name: 'web', location, ownedByMigrationId: null };
  const script: Script = { 'GET /endpoints/web': () => ({ body: saved }), 'PATCH /endpoints/web': () => ({ body: saved }) };
  const result = await run(['endpoint', 'trust', 'web', '--host-key', KEY], script);
  expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining(KEY) });
  expect(api?.to('PATCH /endpoints/web')[0]?.body).toEqual({ location: { ...location, hostKeys: [KEY] } });
});

it('rehearses, and asks before a cutover which services stop', async () => {
  const migration = sampleHostMigration({ prediction: { files: 12, bytes: 2_048, seconds: 3.4 } });
  const script: Script = {
    'POST /migrations/mig_1/rehearse': () => ({ body: migration }),
    'GET /migrations/mig_1': () => ({ body: migration }),
  };
  expect(await run(['migration', 'rehearse', 'mig_1'], script)).toMatchObject({ code: 0, stdout: expect.stringContaining('rehearses') });
  const { stdout } = await run(['migration', 'cutover', 'mig_1', '--dry-run'], script);
  expect(stdout).toContain('nginx of the source stop');
  expect(stdout).toContain('12 files');
});

it('imports hosts line by line: what is wrong with one is told, and the others are made', async () => {
  writeFileSync(
    join(home, 'hosts.csv'),
    [
      'name,source,target,source_host_key,target_host_key,confirm_disk,probe,source_password_env',
      `web-01,ssh://root@web-01,image:/srv/images/web-01.qcow2,${KEY},,,ssh http:80/=ok,OLD`,
      `web-02,ssh://root@web-02,image:/elsewhere/web-02.qcow2,${KEY},,,,`,
      `web-03,ssh://root@web-03,image:/srv/images/web-03.qcow2,${KEY},,,,OLD`,
      '',
    ].join('\n'),
  );
  const blocked = (request: RecordedRequest) =>
    JSON.stringify(request.body).includes('web-03') ? [{ ...unknownKey('source'), code: 'HOST_UNREACHABLE', message: 'no route' }] : [];
  const result = await run(['hosts', 'import', 'hosts.csv'], creating(blocked), { OLD: 'canary-of-old', ...PASSWORDS });
  expect(result.code).toBe(1);
  expect(result.stdout).toContain('web-01: created mig_1');
  expect(result.stdout).toMatch(/line 3, web-02: CLI_PATH_NOT_REGISTERED/);
  expect(result.stdout).toMatch(/line 4, web-03: PRECHECK_BLOCKED: HOST_UNREACHABLE: no route/);
  expect(result.stdout).toContain('1 made, 0 unchanged, 2 failed.');
  expect(api?.to('POST /endpoints').map(({ body }) => (body as { name: string }).name)).toEqual(['web-01-source', 'web-01-target']);
  const made = api?.to('POST /migrations').find(({ query }) => query.get('validateOnly') === null);
  expect(made?.body).toMatchObject({
    name: 'web-01',
    source: { endpoint: 'web-01-source' },
    spec: { host: { probes: [{ kind: 'ssh' }, { kind: 'http', expectText: 'ok' }] } },
  });
  expect(result.stdout + result.stderr).not.toContain('canary');
});

it('refuses a list with a secret in it', async () => {
  writeFileSync(join(home, 'hosts.csv'), 'name,source,target,source_password\nweb,ssh://root@a,ssh://root@b,hunter2\n');
  const result = await run(['hosts', 'import', 'hosts.csv'], creating());
  expect(result.stderr).toContain('CLI_IMPORT_SECRET_INLINE');
  expect(result.stdout + result.stderr).not.toContain('hunter2');
});
