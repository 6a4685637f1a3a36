import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildReportStatement, createReportKey, signReport, type ReportedVerification } from '@smartant/proof';
import { buildSmartant, runSmartant, type RunOptions } from './testing/run-smartant';
import { DIFFERENT, sampleMigration, sampleUpdate, VERIFIED } from './testing/sample-migration';
import { eventStream, problem, ScriptedApi, type Reply, type Script } from './testing/scripted-api';

const WATCH = 'GET /migrations/mig_1/watch';
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'canary-secret' };
const DONE = sampleUpdate({ phase: 'done', status: 'succeeded', verification: VERIFIED });

let home: string;
let api: ScriptedApi | undefined;

beforeAll(buildSmartant);
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'smartant-cli-'))));
afterEach(async () => {
  await api?.close();
  api = undefined;
  rmSync(home, { recursive: true });
});

/** Runs a command against a scripted server, signed in by environment. */
async function run(args: string[], script: Script = {}, options: RunOptions = {}) {
  api ??= await ScriptedApi.start(script);
  const env = { SMARTANT_URL: api.url, SMARTANT_API_KEY: 'key', ...options.env };
  return runSmartant(args, { cwd: home, ...options, env });
}

const file = (name: string, content: string, mode = 0o600): string => {
  writeFileSync(join(home, name), content);
  chmodSync(join(home, name), mode);
  return join(home, name);
};

describe('errors and exit codes', () => {
  it('asks for a sign-in with 4 when there is none', async () => {
    const result = await runSmartant(['migration', 'list'], { cwd: home });
    expect(result).toMatchObject({
      code: 4,
      stdout: '',
      stderr: expect.stringMatching(/CLI_SIGN_IN_NEEDED[\s\S]*hint: Run "smartant login/),
    });
  });

  it('asks for a sign-in with 4 when the key is refused', async () => {
    const refused = () => ({ status: 401, body: problem(401, 'AUTH_KEY_UNKNOWN', 'This API key is not known.') });
    const result = await run(['whoami'], { 'POST /v1/auth/token': refused });
    expect(result).toMatchObject({ code: 4, stderr: expect.stringContaining('AUTH_KEY_UNKNOWN') });
  });

  it("shows the server's code, fields, hint and trace id on stderr", async () => {
    const refusal = problem(409, 'MIGRATION_ACTION_NOT_ALLOWED', 'Not now.', {
      hint: 'Later.',
      fields: [{ field: 'a.b', message: 'is wrong' }],
    });
    const script = { 'POST /migrations/mig_1/pause': () => ({ status: 409, body: refusal }) };
    const result = await run(['migration', 'pause', 'mig_1'], script);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(/MIGRATION_ACTION_NOT_ALLOWED: Not now\.\n {2}a\.b: is wrong\nhint: Later\.\ntrace: feedbeef\n/);
    const structured = await run(['migration', 'pause', 'mig_1', '-o', 'json'], script);
    expect(JSON.parse(structured.stderr)).toMatchObject({ error: { code: 'MIGRATION_ACTION_NOT_ALLOWED', traceId: 'feedbeef' } });
  });

  it('ends with 5 where nothing answers, and where the server says that it passes', async () => {
    const gone = await runSmartant(['whoami'], { cwd: home, env: { SMARTANT_URL: 'http://127.0.0.1:1', SMARTANT_API_KEY: 'k' } });
    expect(gone).toMatchObject({ code: 5, stderr: expect.stringContaining('CLI_UNREACHABLE') });
    const busy = await run(['whoami'], {
      'GET /v1/auth/me': () => ({ status: 503, body: problem(503, 'DATABASE_DOWN', 'x', { retryable: true }) }),
    });
    expect(busy.code).toBe(5);
  });

  it('ends with 5 or 1 where something else answers', async () => {
    const html = (status: number) => () => ({ status, body: '<html>' });
    expect(await run(['whoami'], { 'GET /v1/auth/me': html(502) })).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('CLI_UNEXPECTED_ANSWER'),
    });
  });

  it.each([
    [['migrate', 'one']],
    [['nonsense']],
    [['migration', 'list', '--colour']],
    [['migration', 'list', '-o', 'xml']],
    [['migration']],
  ])('ends with 2 for wrong usage: %j', async (args) => {
    expect(await run(args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('CLI_USAGE') });
  });

  it.each([[['help', 'migrate']], [['help', 'migration', 'show']], [['migrate', '--help']], [['--help']]])(
    'answers %j with 0',
    async (args) => {
      expect(await run(args)).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: smartant'), stderr: '' });
    },
  );

  it('suggests what was meant in the same line', async () => {
    expect((await run(['migrat'])).stderr).toMatch(/unknown command 'migrat' \(Did you mean/);
  });

  it('signs in again when its token ran out while it reads a list', async () => {
    const list = ({ headers }: { headers: Record<string, unknown> }) =>
      headers['authorization'] === 'Bearer token-2'
        ? { body: { items: [sampleMigration()], nextPageToken: null } }
        : { status: 401, body: problem(401, 'TOKEN_EXPIRED', 'expired') };
    let tokens = 0;
    const result = await run(['migration', 'list'], {
      'POST /v1/auth/token': () => ({ body: { accessToken: `token-${(tokens += 1)}` } }),
      'GET /migrations': list,
    });
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('mig_1') });
  });

  it('speaks Chinese', async () => {
    const result = await run(['--help'], {}, { env: { LANG: 'zh_CN.UTF-8' } });
    expect(result).toMatchObject({ code: 0, stdout: expect.stringMatching(/用法：[\s\S]*把 SRC 迁移到 DST[\s\S]*退出码/) });
  });
});

const olderNode = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => {
  const major = /^v(\d+)/.exec(spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1];
  return major !== undefined && Number(major) < 24;
});

(olderNode ? describe : describe.skip)('under an older Node (needs one in /usr/bin)', () => {
  it("goes on under the repository's own, with the same exit code", async () => {
    const result = await runSmartant(['migration', 'list'], { cwd: home, node: olderNode });
    expect(result).toMatchObject({ code: 4, stderr: expect.stringContaining('CLI_SIGN_IN_NEEDED') });
  });
});

describe('sign-in', () => {
  const key = createReportKey();
  const script: Script = {
    'GET /v1/auth/me': () => ({ body: { userId: 'usr_1', username: 'admin', workspaceId: 'ws_1', workspace: 'default', role: 'admin' } }),
    'POST /v1/auth/token': () => ({ body: { accessToken: 'token-1', expiresInSeconds: 600, sessionId: 'ses_1', refreshToken: 'srt_1' } }),
    'POST /v1/auth/refresh': () => ({ body: { accessToken: 'token-2', expiresInSeconds: 600, sessionId: 'ses_1', refreshToken: 'srt_2' } }),
    'DELETE /v1/auth/sessions/current': () => ({ status: 204 }),
    'DELETE /v1/api-keys/key_1': () => ({ status: 204 }),
    'GET /v1/report-keys': () => ({
      body: { keys: [{ keyId: key.keyId, publicKeyPem: key.publicKeyPem, createdAt: '', retiredAt: null }] },
    }),
  };

  it('keeps the session in a private file, never the password, and ends it', async () => {
    api = await ScriptedApi.start(script);
    const login = await runSmartant(['login', api.url, '--username', 'admin', '--password-stdin'], { cwd: home, input: 'hunter2\n' });
    expect(login).toMatchObject({ code: 0, stdout: expect.stringContaining(key.keyId) });
    expect(api.to('POST /v1/auth/token')[0]?.body).toEqual({ username: 'admin', password: 'hunter2' });
    const saved = join(home, '.config/smartant/credentials.json');
    expect(statSync(saved).mode & 0o777).toBe(0o600);
    expect(readFileSync(saved, 'utf8')).not.toContain('hunter2');
    expect(JSON.parse(readFileSync(saved, 'utf8'))).toMatchObject({
      session: { id: 'ses_1', refreshToken: 'srt_1', accessToken: 'token-1' },
      reportPublicKeyPem: key.publicKeyPem,
    });
    expect(await runSmartant(['whoami'], { cwd: home })).toMatchObject({ code: 0, stdout: expect.stringContaining(saved) });
    expect(await runSmartant(['logout'], { cwd: home })).toMatchObject({ code: 0 });
    expect(api.to('DELETE /v1/auth/sessions/current')).toHaveLength(1);
    expect(api.to('POST /v1/auth/refresh')).toHaveLength(0);
    expect((await runSmartant(['whoami'], { cwd: home })).code).toBe(4);
  });

  /** A sign-in that was saved, whose access token ends at the given time. */
  const savedSession = (accessTokenUntil: string): string => {
    mkdirSync(join(home, '.config/smartant'), { recursive: true });
    const session = { id: 'ses_1', refreshToken: 'srt_1', accessToken: 'token-1', accessTokenUntil };
    return file('.config/smartant/credentials.json', JSON.stringify({ url: api?.url, workspace: 'default', session }));
  };
  const LONG_AGO = '2026-01-01T00:00:00.000Z';

  it('renews a token that has run out, once, and keeps the next refresh token', async () => {
    api = await ScriptedApi.start(script);
    const saved = savedSession(LONG_AGO);
    expect(await runSmartant(['whoami'], { cwd: home })).toMatchObject({ code: 0 });
    expect(await runSmartant(['whoami'], { cwd: home })).toMatchObject({ code: 0 });
    expect(api.to('POST /v1/auth/refresh').map(({ body }) => body)).toEqual([{ refreshToken: 'srt_1' }]);
    expect(api.to('GET /v1/auth/me').map(({ headers }) => headers.authorization)).toEqual(['Bearer token-2', 'Bearer token-2']);
    expect(statSync(saved).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(saved, 'utf8'))).toMatchObject({ session: { refreshToken: 'srt_2', accessToken: 'token-2' } });
  });

  it('says how to sign in again when the session has ended, and forgets it quietly', async () => {
    const ended = () => ({ status: 401, body: problem(401, 'SESSION_ENDED', 'The session has ended.') });
    api = await ScriptedApi.start({ ...script, 'POST /v1/auth/refresh': ended });
    savedSession(LONG_AGO);
    expect(await runSmartant(['whoami'], { cwd: home })).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/SESSION_ENDED[\s\S]*smartant login/),
    });
    expect(await runSmartant(['logout'], { cwd: home })).toMatchObject({ code: 0, stderr: '' });
  });

  it('takes the code of a second factor from the second line of stdin', async () => {
    const token = ({ body }: { body: unknown }) =>
      'code' in (body as object)
        ? { body: { accessToken: 'token-1', expiresInSeconds: 600, sessionId: 'ses_1', refreshToken: 'srt_1' } }
        : { status: 401, body: problem(401, 'SECOND_FACTOR_REQUIRED', 'Now a code.') };
    api = await ScriptedApi.start({ ...script, 'POST /v1/auth/token': token });
    const login = (input: string) => runSmartant(['login', api!.url, '--password-stdin'], { cwd: home, input });
    expect(await login('hunter2\n')).toMatchObject({ code: 4, stderr: expect.stringContaining('SECOND_FACTOR_REQUIRED') });
    expect(await login('hunter2\n123456\n')).toMatchObject({ code: 0 });
    expect(api.to('POST /v1/auth/token').at(-1)?.body).toEqual({ username: 'admin', password: 'hunter2', code: '123456' });
  });

  it('enrols an authenticator app in two steps where nobody can be asked', async () => {
    api = await ScriptedApi.start({
      ...script,
      'POST /v1/auth/second-factor': () => ({ body: { uri: 'otpauth://totp/x', secret: 'ABC' } }),
      'POST /v1/auth/second-factor/confirm': () => ({ body: { recoveryCodes: ['aaaa-bbbb'] } }),
    });
    savedSession('2999-01-01T00:00:00.000Z');
    const enrolment = await runSmartant(['account', 'second-factor', 'enrol', '--stdin'], { cwd: home, input: 'hunter2\n' });
    expect(enrolment).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('otpauth://totp/x'),
      stderr: expect.stringContaining('confirm'),
    });
    const confirmed = await runSmartant(['account', 'second-factor', 'confirm', '--stdin'], { cwd: home, input: '123456\n' });
    expect(confirmed).toMatchObject({ code: 0, stdout: expect.stringContaining('aaaa-bbbb') });
    expect(api.to('POST /v1/auth/second-factor').map(({ body }) => body)).toEqual([{ password: 'hunter2' }]);
  });

  describe('with a provider', () => {
    const TICKET = 't'.repeat(43);
    const answers: Script = {
      ...script,
      'POST /v1/auth/oidc/corp/start': () => ({ body: { authorizationUrl: 'https://provider.test/authorize?state=s' } }),
      'POST /v1/auth/oidc/token': () => ({
        body: { accessToken: 'token-1', expiresInSeconds: 600, sessionId: 'ses_1', refreshToken: 'srt_1' },
      }),
    };
    /** Signs in; once the address is shown, the browser comes back to the command with this query. */
    const signIn = async (...queries: string[]) => {
      api = await ScriptedApi.start(answers);
      let visits: Promise<number[]> | undefined;
      const visit = async () => {
        const { port } = api!.to('POST /v1/auth/oidc/corp/start')[0]!.body as { port: number };
        const statuses: number[] = [];
        for (const query of queries) statuses.push((await fetch(`http://127.0.0.1:${port}/${query}`)).status);
        return statuses;
      };
      const result = await runSmartant(['login', api.url, '--oidc', 'corp'], {
        cwd: home,
        onOutput: (text) => {
          if (text.includes('https://provider.test/authorize?state=s')) visits ??= visit();
        },
      });
      return { result, statuses: await visits };
    };

    it('exchanges the ticket that the browser brings, with the secret behind the challenge', async () => {
      const { result, statuses } = await signIn('favicon.ico', '?ticket=short', `?ticket=${TICKET}`);
      expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('Signed in') });
      expect(statuses).toEqual([404, 404, 200]);
      const { challenge } = api?.to('POST /v1/auth/oidc/corp/start')[0]?.body as { challenge: string };
      const { ticket, verifier } = api?.to('POST /v1/auth/oidc/token')[0]?.body as { ticket: string; verifier: string };
      expect(ticket).toBe(TICKET);
      expect(createHash('sha256').update(verifier).digest('base64url')).toBe(challenge);
      expect(readFileSync(join(home, '.config/smartant/credentials.json'), 'utf8')).toContain('srt_1');
      expect(api?.to('POST /v1/auth/token')).toHaveLength(0);
    });

    it('says why it was refused, and keeps nothing', async () => {
      const { result } = await signIn('?error=OIDC_NOT_ALLOWED');
      expect(result).toMatchObject({ code: 4, stderr: expect.stringContaining('OIDC_NOT_ALLOWED') });
      expect((await runSmartant(['whoami'], { cwd: home })).code).toBe(4);
    });
  });

  it('adds a provider with its mappings, and takes its secret from stdin only', async () => {
    const added: Script = { 'POST /v1/admin/identity-providers': ({ body }) => ({ status: 201, body }) };
    const add = ['admin', 'provider', 'add', 'corp', 'https://provider.test', '--client-id', 'smartant'];
    const maps = ['--map', 'groups:ops=default:operator', '--map', 'domain:example.com=default:viewer'];
    const result = await run([...add, ...maps, '--client-secret-stdin'], added, { input: 'canary\n' });
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('smartant login --oidc corp') });
    expect(api?.to('POST /v1/admin/identity-providers')[0]?.body).toMatchObject({
      clientSecret: 'canary',
      mappings: [
        { claim: 'groups', value: 'ops', workspace: 'default', role: 'operator' },
        { emailDomain: 'example.com', workspace: 'default', role: 'viewer' },
      ],
    });
    expect(await run([...add, '--map', 'ops', '--client-secret-stdin'])).toMatchObject({ code: 2 });
    expect(await run([...add, ...maps, '--client-secret=canary'])).toMatchObject({
      code: 2,
      stderr: expect.not.stringContaining('canary'),
    });
  });

  it('still revokes the key that an earlier version kept', async () => {
    api = await ScriptedApi.start(script);
    mkdirSync(join(home, '.config/smartant'), { recursive: true });
    const login = { url: api.url, workspace: 'default', apiKey: 'sak_x', apiKeyId: 'key_1' };
    file('.config/smartant/credentials.json', JSON.stringify(login));
    expect(await runSmartant(['logout'], { cwd: home })).toMatchObject({ code: 0, stderr: '' });
    expect(api.to('DELETE /v1/api-keys/key_1')).toHaveLength(1);
  });

  it('lists and ends sessions, and changes the password from stdin', async () => {
    const at = '2026-11-23T01:00:00.000Z';
    const session = {
      id: 'ses_1',
      current: true,
      method: 'password',
      address: '192.0.2.1',
      userAgent: 'node',
      createdAt: at,
      lastUsedAt: at,
      idleUntil: at,
      endsAt: at,
    };
    api = await ScriptedApi.start({
      ...script,
      'GET /v1/auth/sessions': () => ({ body: { items: [session] } }),
      'DELETE /v1/auth/sessions/ses_1': () => ({ status: 204 }),
      'POST /v1/auth/password': () => ({ status: 204 }),
    });
    savedSession('2999-01-01T00:00:00.000Z');
    expect(await runSmartant(['session', 'list'], { cwd: home })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/ses_1 .*192\.0\.2\.1 .*yes/),
    });
    expect(await runSmartant(['session', 'revoke', 'ses_1'], { cwd: home })).toMatchObject({ code: 0 });
    const changed = await runSmartant(['account', 'password', '--passwords-stdin'], { cwd: home, input: 'old one\nnew one\n' });
    expect(changed).toMatchObject({ code: 0, stdout: expect.stringContaining('is changed') });
    expect(api.to('POST /v1/auth/password')[0]?.body).toEqual({ currentPassword: 'old one', newPassword: 'new one' });
    expect(await runSmartant(['account', 'password'], { cwd: home })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--passwords-stdin'),
    });
  });

  it('finds the token file of the installation that it is run in, and trusts only a private one', async () => {
    api = await ScriptedApi.start(script);
    mkdirSync(join(home, 'data'));
    mkdirSync(join(home, 'below/deep'), { recursive: true });
    const token = file('data/cli-token.json', JSON.stringify({ url: api.url, username: 'admin', apiKey: 'k', workspace: 'default' }));
    const options = { cwd: join(home, 'below/deep') };
    expect(await runSmartant(['whoami'], options)).toMatchObject({ code: 0, stdout: expect.stringContaining(token) });
    chmodSync(token, 0o644);
    expect(await runSmartant(['whoami'], options)).toMatchObject({ code: 1, stderr: expect.stringContaining('CLI_FILE_NOT_PRIVATE') });
  });

  it('refuses server addresses with credentials', async () => {
    const result = await runSmartant(['login', 'http://admin:hunter2@127.0.0.1:1'], { cwd: home });
    expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining('CLI_URL_INVALID') });
    expect(result.stderr).not.toContain('hunter2');
  });
});

describe('root add', () => {
  const script: Script = { 'POST /v1/file-roots': ({ body }) => ({ status: 201, body }) };

  it('minds that a directory is not there, where the server runs on this machine', async () => {
    const result = await run(['root', 'add', 'photos', 'no-such-folder'], script);
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('is open to file endpoints as photos') });
    expect(result.stderr).toBe(
      `Mind: ${join(home, 'no-such-folder')} is not a directory on this machine, where the server seems to run too.\n`,
    );
  });

  it('says nothing of a directory that is there', async () => {
    expect(await run(['root', 'add', 'photos', '.'], script)).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('help', () => {
  it.each(['migrate', 'endpoint import'])('of %s shows no empty defaults', async (command) => {
    const { stdout } = await runSmartant([...command.split(' '), '--help'], { cwd: home });
    expect(stdout).toContain('repeatable');
    expect(stdout).not.toContain('[]');
  });
});

describe('migrate', () => {
  const created: Script = {
    'POST /migrations': () => ({ status: 201, body: sampleMigration() }),
    'GET /v1/file-roots': () => ({
      body: {
        items: [
          { name: 'all', path: '/srv' },
          { name: 'photos', path: '/srv/photos' },
        ],
      },
    }),
  };
  const target = 's3://new/2026?endpoint=http://127.0.0.1:9000';

  it('starts a migration and says how to follow it', async () => {
    file('keys.txt', '# comment\na\n/b c\n\na\n');
    const options = [
      '--include',
      '*.jpg',
      '--include',
      '*.png',
      '--files-from',
      'keys.txt',
      '--min-size',
      '1',
      '--bwlimit',
      '10M',
      '--transfers',
      '8',
      '--tpslimit',
      '50',
    ];
    const result = await run(
      ['migrate', 'file:///srv/photos/2026', target, '--no-delete', '--verify', 'checksum', '--name', 'x', ...options],
      created,
      { env: KEYS },
    );
    expect(result).toMatchObject({ code: 0, stdout: expect.stringMatching(/mig_1 has started[\s\S]*smartant migration watch mig_1/) });
    expect(api?.to('POST /migrations')[0]?.body).toEqual({
      name: 'x',
      source: { location: { kind: 'file', root: 'photos', path: '2026' }, secret: { kind: 'none' } },
      target: {
        location: { kind: 's3', serviceUrl: 'http://127.0.0.1:9000', bucket: 'new', prefix: '2026/' },
        secret: { kind: 's3', accessKeyId: 'AKIA', secretAccessKey: 'canary-secret' },
      },
      spec: {
        kind: 'storage',
        storage: { include: ['*.jpg', '*.png'], filesFrom: ['a', 'b c'], minSizeBytes: 1_024, deletePolicy: 'keep', verify: 'checksum' },
        limits: { bytesPerSecond: 10_485_760, concurrency: 8, requestsPerSecond: 50 },
        cutover: { mode: 'manual', finalize: 'manual', sourceFrozen: false },
      },
    });
    expect(api?.to('POST /migrations')[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
    expect(result.stdout + result.stderr).not.toContain('canary-secret');
  });

  it('takes a way and TLS for each endpoint that is written', async () => {
    const hostKey = `SHA256:${'A'.repeat(43)}`;
    const source = ['--source-via-ssh', 'ann@bastion', '--source-via-host-key', hostKey, '--source-tls-pin', 'ab'.repeat(32)];
    const result = await run(['migrate', 's3://old', target, ...source, '--target-via-proxy', 'http://proxy:3128'], created, {
      env: { ...KEYS, SMARTANT_SOURCE_VIA_PASSWORD: 'canary-way' },
    });
    expect(result).toMatchObject({ code: 0 });
    expect(api?.to('POST /migrations')[0]?.body).toMatchObject({
      source: {
        location: {
          bucket: 'old',
          via: [{ kind: 'ssh', host: 'bastion', user: 'ann', hostKeys: [hostKey] }],
          tls: { certificateSha256: 'ab'.repeat(32) },
        },
        secret: { kind: 's3', network: { ways: [{ password: 'canary-way' }] } },
      },
      target: { location: { bucket: 'new', via: [{ kind: 'proxy', host: 'proxy', port: 3128, tls: false }] } },
    });
    expect(result.stdout + result.stderr).not.toContain('canary-way');
  });

  it.each([
    ['a way to a saved endpoint', ['migrate', 'saved', target, '--source-via-proxy', 'http://proxy:1'], 'CLI_USAGE'],
    ['a way to a path', ['migrate', 'file:///srv/photos', target, '--source-via-proxy', 'http://proxy:1'], 'CLI_USAGE'],
    ['a password in a way', ['migrate', 's3://a', target, '--source-via-proxy', 'http://ann:hunter2@proxy:1'], 'CLI_SECRET_IN_ARGS'],
    ['a path below no root', ['migrate', '/home/x', target], 'CLI_PATH_NOT_REGISTERED'],
    ['a secret in a URL', ['migrate', 'saved', 's3://AK:hunter2@b'], 'CLI_SECRET_IN_ARGS'],
    ['a secret in an option', ['migrate', 'a', 'b', '--secret-access-key=hunter2'], 'CLI_SECRET_IN_ARGS'],
    ['an empty list of keys', ['migrate', 'a', 'b', '--files-from', '/dev/null'], 'CLI_USAGE'],
  ])('refuses %s, and asks the server for nothing', async (_, args, code) => {
    const result = await run(args, created, { env: KEYS });
    expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining(code) });
    expect(result.stderr).not.toContain('hunter2');
    expect(api?.to('POST /migrations')).toEqual([]);
  });

  it('sends a request again, under the same key, when the connection breaks', async () => {
    let deliveries = 0;
    const breakOnce = (): Reply =>
      (deliveries += 1) === 1 ? (response) => void response.destroy() : { status: 201, body: sampleMigration() };
    expect((await run(['migrate', 'a', 'b'], { 'POST /migrations': breakOnce })).code).toBe(0);
    const keys = api?.to('POST /migrations').map(({ headers }) => headers['idempotency-key']) ?? [];
    expect(keys).toEqual([keys[0], keys[0]]);
  });

  it('prechecks only, with --dry-run', async () => {
    const finding = { severity: 'blocker', code: 'STORAGE_BUCKET_NOT_FOUND', message: 'No bucket.', hint: 'Make it.', subject: 'target' };
    const script = {
      ...created,
      'POST /migrations': () => ({ body: { findings: [finding], estimate: { objects: 1_234, bytes: 2_048, complete: false } } }),
    };
    const result = await run(['migrate', 'a', 'b', '--dry-run'], script);
    expect(result).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/STORAGE_BUCKET_NOT_FOUND[\s\S]*at least 1,234 objects, 2 KiB/),
    });
    expect(api?.to('POST /migrations').map(({ query }) => query.get('validateOnly'))).toEqual(['true']);
  });

  it('goes through the cutover with --yes, over a connection that breaks', async () => {
    let connections = 0;
    const watch = () => {
      connections += 1;
      if (connections === 1) return eventStream([sampleUpdate()], 'cut');
      if (connections === 2) return { status: 503, body: problem(503, 'STARTING', 'starting', { retryable: true }) };
      return eventStream([sampleUpdate({ phase: 'cutover' }), DONE], 'open');
    };
    const result = await run(['migrate', 'a', 'b', '--yes'], { ...created, [WATCH]: watch });
    expect(result.stderr).toBe('Migration mig_1 has started.\n');
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(/full copy {2}35%[\s\S]*connection was lost[\s\S]*cutover[\s\S]*Verified: 2,000 objects, 4\.8 MiB/);
    expect(api?.to('POST /migrations')[0]?.body).toMatchObject({
      spec: { cutover: { mode: 'automatic', finalize: 'automatic', sourceFrozen: true } },
    });
    // Nothing but the result for a program that reads it.
    const structured = await run(['migrate', 'a', 'b', '--yes', '-o', 'json']);
    expect(JSON.parse(structured.stdout)).toMatchObject({ id: 'mig_1', status: 'succeeded' });
  });

  it.each([
    [
      'differences',
      {
        phase: 'cutover',
        status: 'failed',
        verification: DIFFERENT,
        error: { code: 'VERIFY_DIFFERENT', message: 'm', hint: 'h', retryable: false },
      },
      3,
    ],
    ['a failure', { status: 'failed', error: { code: 'STORAGE_ACCESS_DENIED', message: 'm', hint: 'h', retryable: false } }, 1],
    ['a passing failure', { status: 'failed', error: { code: 'STORAGE_UNREACHABLE', message: 'm', hint: 'h', retryable: true } }, 5],
    ['cancelled', { status: 'cancelled' }, 6],
  ] as const)('ends with its own code: %s', async (_, changes, code) => {
    const result = await run(['migrate', 'a', 'b', '--watch'], {
      ...created,
      [WATCH]: () => eventStream([sampleUpdate(changes as never)], 'close'),
    });
    expect(result.code).toBe(code);
    if ('error' in changes) expect(result.stderr).toContain(changes.error.code);
    if (code === 3) expect(result.stdout).toContain('bad\\u001b[2Jkey: content, sha256 differs');
  });

  it('tells each finding of the precheck once', async () => {
    const findings = [{ severity: 'warning', code: 'TARGET_NOT_EMPTY', message: 'It is kept.', hint: '', subject: 'target' }] as never;
    const stream = [sampleUpdate({ findings }), sampleUpdate({ findings, phase: 'cutover' }), DONE];
    const result = await run(['migrate', 'a', 'b', '--yes'], { ...created, [WATCH]: () => eventStream(stream, 'close') });
    expect(result.stdout.match(/warning TARGET_NOT_EMPTY \(target\): It is kept\./g)).toHaveLength(1);
  });

  it('tells what to do about a finding that stops it', async () => {
    const finding = { severity: 'blocker', code: 'TARGET_NOT_THERE', message: 'There is none.', hint: 'Make it.', subject: 'target' };
    const stream = [sampleUpdate({ findings: [finding] as never }), DONE];
    const result = await run(['migrate', 'a', 'b', '--yes'], { ...created, [WATCH]: () => eventStream(stream, 'close') });
    expect(result.stdout).toMatch(/blocker TARGET_NOT_THERE \(target\): There is none\.\n.* {2}hint: Make it\./);
  });

  it('leaves the migration running on Ctrl-C, and says how to come back', async () => {
    const result = await run(
      ['migrate', 'a', 'b', '--watch'],
      { ...created, [WATCH]: () => eventStream([sampleUpdate()], 'open') },
      {
        onOutput: (text, child) => void (text.includes('full copy') && child.kill('SIGINT')),
      },
    );
    expect(result).toMatchObject({ code: 6, stderr: expect.stringContaining('smartant migration watch mig_1') });
    expect(api?.requests.filter(({ method, path }) => method === 'DELETE' || path.endsWith('/cancel'))).toEqual([]);
  });
});

describe('migrations', () => {
  it('follows pages, up to a limit', async () => {
    const page = (id: string, nextPageToken: string | null) => ({ body: { items: [sampleMigration({ id })], nextPageToken } });
    const list = {
      'GET /migrations': ({ query }: { query: URLSearchParams }) => (query.get('pageToken') ? page('mig_2', null) : page('mig_1', 'more')),
    };
    const all = await run(['migration', 'list', '-o', 'json'], list);
    expect(JSON.parse(all.stdout).items.map(({ id }: { id: string }) => id)).toEqual(['mig_1', 'mig_2']);
    expect((await run(['migration', 'list', '--limit', '1'])).stdout).not.toContain('mig_2');
  });

  it('shows one in detail', async () => {
    const failed = sampleMigration({
      status: 'failed',
      error: { code: 'STORAGE_ACCESS_DENIED', message: 'No.', hint: 'Grant it.', retryable: false },
    });
    const script: Script = {
      'GET /migrations/mig_1': () => ({ body: failed }),
      [`GET /endpoints/${failed.spec.sourceEndpointId}`]: () => ({
        body: { name: 'old', ownedByMigrationId: null, location: { kind: 'file', root: 'srv', path: 'photos' } },
      }),
      [`GET /endpoints/${failed.spec.targetEndpointId}`]: () => ({ status: 404, body: problem(404, 'ENDPOINT_NOT_FOUND', 'Gone.') }),
    };
    const result = await run(['migration', 'show', 'mig_1'], script);
    expect(result.stdout).toMatch(/Source: +old \(file root srv\/photos\)\nTarget: +ep_/);
    expect(result).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /full copy \/ failed[\s\S]*Copied: +700 \(1\.5 MiB\)[\s\S]*STORAGE_ACCESS_DENIED[\s\S]*migration retry mig_1/,
      ),
    });
  });

  it('does not cancel without a word, nor with --dry-run', async () => {
    const script: Script = {
      'GET /migrations/mig_1': () => ({ body: sampleMigration() }),
      'POST /migrations/mig_1/cancel': () => ({ body: sampleMigration({ status: 'cancelled' }) }),
    };
    expect(await run(['migration', 'cancel', 'mig_1'], script)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('CLI_CONFIRMATION_NEEDED'),
    });
    expect(await run(['migration', 'cancel', 'mig_1', '--dry-run'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Nothing was changed'),
    });
    expect(api?.to('POST /migrations/mig_1/cancel')).toEqual([]);
    expect((await run(['migration', 'cancel', 'mig_1', '--yes'])).code).toBe(0);
    expect(api?.to('POST /migrations/mig_1/cancel')).toHaveLength(1);
  });

  it('waives only with a reason', async () => {
    const script: Script = { 'POST /migrations/mig_1/failures/resolve': () => ({ body: { resolved: 2 } }) };
    expect((await run(['migration', 'failures', 'mig_1', '--waive', 'f1'], script)).code).toBe(2);
    const waived = await run(['migration', 'failures', 'mig_1', '--waive', 'f1', '--waive', 'f2', '--reason', 'old', '--yes']);
    expect(waived).toMatchObject({ code: 0, stdout: expect.stringContaining('2 objects') });
    expect(api?.to('POST /migrations/mig_1/failures/resolve')[0]?.body).toEqual({
      failureIds: ['f1', 'f2'],
      resolution: 'waive',
      reason: 'old',
    });
    await run(['migration', 'failures', 'mig_1', '--retry']);
    expect(api?.requests.at(-1)?.body).toEqual({ failureIds: [], resolution: 'retry', reason: '' });
  });

  it('waits for a condition, at most so long', async () => {
    const script: Script = {
      'GET /migrations/mig_1': () => ({ body: sampleMigration() }),
      [WATCH]: () => eventStream([sampleUpdate()], 'open'),
    };
    expect((await run(['migration', 'wait', 'mig_1', '--for', 'full/running'], script)).code).toBe(0);
    const late = await run(['migration', 'wait', 'mig_1', '--for', 'verified', '--timeout', '300ms']);
    expect(late).toMatchObject({ code: 5, stderr: expect.stringContaining('CLI_WAIT_TIMEOUT') });
    expect((await run(['migration', 'wait', 'mig_1', '--for', 'nonsense'])).code).toBe(2);
  });

  it('sees at once that a condition will not come true', async () => {
    const script: Script = {
      'GET /migrations/mig_1': () => ({ body: sampleMigration() }),
      [WATCH]: () => eventStream([sampleUpdate({ status: 'cancelled' })], 'close'),
    };
    expect(await run(['migration', 'wait', 'mig_1', '--for', 'done'], script)).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('CLI_WAIT_IN_VAIN'),
    });
  });
});

describe('endpoints', () => {
  it('imports what it can from an rclone.conf, and says what it skips and why', async () => {
    file('rclone.conf', '[a]\ntype = s3\nprovider = AWS\naccess_key_id = k\nsecret_access_key = canary-secret\n[b]\ntype = drive\n');
    const result = await run(['endpoint', 'import', 'rclone.conf', '--bucket', 'a=photos'], {
      'POST /endpoints': () => ({ status: 201, body: {} }),
    });
    expect(result).toMatchObject({ code: 0, stdout: 'a: saved\nb: skipped, type "drive" is not s3\n' });
    expect(api?.to('POST /endpoints')[0]?.body).toMatchObject({ name: 'a', secret: { secretAccessKey: 'canary-secret' } });
  });
});

describe('reports', () => {
  const key = createReportKey();
  const envelope = (changes: Partial<ReportedVerification> = {}) => {
    const side = { objects: 2, bytes: 3, root: 'ab'.repeat(32), firstInventory: '', secondInventory: '' };
    const verification: ReportedVerification = {
      level: 'content',
      equal: true,
      sourceFrozen: true,
      asOf: '2026-11-23T00:00:00Z',
      source: side,
      target: side,
      bucketCount: 64,
      differenceCount: 0,
      waivedCount: 0,
      differences: [],
      ...changes,
    };
    const statement = buildReportStatement({
      migration: { id: 'mig_1', name: 'photos', workspaceId: 'ws_1', kind: 'storage' },
      source: { description: 'A' },
      target: { description: 'B' },
      scope: {},
      phases: [],
      downtime: null,
      counts: {},
      skippedByReason: {},
      verification,
      failures: [],
      waivers: [],
      software: { name: 'SmartAnt', version: '0' },
      issuedAt: '2026-11-23T00:00:00Z',
    });
    return signReport(statement, key.privateKeyPem, key.keyId);
  };
  const verify = async (report: object, publicKeyPem = key.publicKeyPem) => {
    file('report.json', JSON.stringify(report));
    file('key.pem', publicKeyPem);
    return runSmartant(['report', 'verify', 'report.json', '--key', 'key.pem'], { cwd: home });
  };

  it('verifies offline, and says what is proved', async () => {
    expect(await verify(envelope())).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/key [0-9a-f]{32}[\s\S]*2 objects, 3 B[\s\S]*PROVED/),
    });
  });

  it('ends with 3 for a genuine report of differences', async () => {
    expect(await verify(envelope({ equal: false, differenceCount: 2 }))).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('DIFFERENCES'),
    });
  });

  it.each([
    [
      'a tampered report',
      () => ({ ...envelope(), payload: Buffer.from('{}').toString('base64') }),
      key.publicKeyPem,
      'PROOF_SIGNATURE_INVALID',
    ],
    ['another key', () => envelope(), createReportKey().publicKeyPem, 'PROOF_KEY_UNKNOWN'],
    ['no envelope', () => ({}), key.publicKeyPem, 'PROOF_ENVELOPE_MALFORMED'],
  ])('ends with 1 for %s', async (_, report, publicKeyPem, code) => {
    expect(await verify(report(), publicKeyPem)).toMatchObject({ code: 1, stderr: expect.stringContaining(code) });
  });

  it('wants a key to trust', async () => {
    file('report.json', JSON.stringify(envelope()));
    expect((await runSmartant(['report', 'verify', 'report.json'], { cwd: home })).code).toBe(2);
  });
});

describe('apply', () => {
  const manifest = (more = '') =>
    `apiVersion: smartant.io/v1\nkind: Migration\nmetadata: { name: photos }\nspec:\n  source: a\n  target: b\n${more}`;
  const script = (existing: object[]): Script => ({
    'GET /migrations': () => ({ body: { items: existing, nextPageToken: null } }),
    'POST /migrations': () => ({ status: 201, body: sampleMigration() }),
    'GET /endpoints/ep_1': () => ({ body: { id: 'ep_1', name: 'a' } }),
    'GET /endpoints/ep_2': () => ({ body: { id: 'ep_2', name: 'b' } }),
    'PATCH /migrations/mig_1/limits': () => ({ body: sampleMigration() }),
  });
  const apply = (text: string, existing: object[]) => run(['apply', '-f', '-'], script(existing), { input: text });

  it('creates what is not there', async () => {
    expect(await apply(manifest(), [])).toMatchObject({ code: 0, stdout: 'migration photos created (mig_1)\n' });
    expect(api?.to('POST /migrations')[0]?.body).toMatchObject({ name: 'photos', source: { endpoint: 'a' } });
  });

  it('creates nothing twice', async () => {
    expect(await apply(manifest(), [sampleMigration()])).toMatchObject({ code: 0, stdout: expect.stringContaining('unchanged') });
    expect(api?.to('POST /migrations')).toEqual([]);
  });

  it('changes limits', async () => {
    expect(await apply(manifest('  limits: { bandwidth: 1M }\n'), [sampleMigration()])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('limits changed'),
    });
    expect(api?.to('PATCH /migrations/mig_1/limits')[0]?.body).toEqual({ bytesPerSecond: 1_048_576 });
  });

  it('changes a calendar, and only when it differs', async () => {
    const nights =
      '  limits: { calendar: { timeZone: Asia/Shanghai, windows: [{ days: [fri], from: "22:00", to: "06:00", limits: { bandwidth: 1K } }] } }\n';
    const limits = { bytesPerSecond: 1_024, requestsPerSecond: 0, concurrency: 0 };
    const calendar = { timeZone: 'Asia/Shanghai', windows: [{ days: ['fri'], from: '22:00', to: '06:00', limits }], outside: 'stop' };
    expect((await apply(manifest(nights), [sampleMigration()])).stdout).toContain('limits changed');
    expect(api?.to('PATCH /migrations/mig_1/limits')[0]?.body).toEqual({ calendar });
    await api?.close();
    api = undefined;
    const current = sampleMigration();
    const same = { ...current, spec: { ...current.spec, limits: { ...current.spec.limits, calendar } } };
    expect((await apply(manifest(nights), [same])).stdout).toContain('unchanged');
  });

  it('refuses to change the rest, by name', async () => {
    const result = await apply(manifest('  storage: { verify: inventory }\n').replace('source: a', 'source: c'), [sampleMigration()]);
    expect(result).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/CLI_MANIFEST_IMMUTABLE[\s\S]*spec\.source[\s\S]*spec\.storage\.verify/),
    });
  });

  it('lists every mistake before it asks the server for anything', async () => {
    const result = await apply(manifest('  colour: red\n  limits: { concurrency: lots }\n'), []);
    expect(result).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/CLI_MANIFEST_INVALID[\s\S]*spec\.limits\.concurrency[\s\S]*spec\.colour: is not a known field/),
    });
    expect(api?.requests).toEqual([]);
  });
});

describe('limits', () => {
  const rates = { bytesPerSecond: 1_048_576, requestsPerSecond: 0, concurrency: 4 };
  const script: Script = {
    'PATCH /migrations/mig_1/limits': () => ({ body: sampleMigration() }),
    'GET /endpoints/photos/limits': () => ({ body: rates }),
    'PATCH /endpoints/photos/limits': () => ({ body: rates }),
    'GET /limits': () => ({ body: rates }),
    'PATCH /limits': () => ({ body: rates }),
  };

  it('gives a migration a calendar', async () => {
    const window = ['--window', 'mon-tue 22:00-06:00', '--time-zone', 'Asia/Shanghai', '--transfers', '4'];
    expect((await run(['migration', 'limits', 'mig_1', ...window], script)).code).toBe(0);
    expect(api?.to('PATCH /migrations/mig_1/limits')[0]?.body).toEqual({
      concurrency: 4,
      calendar: { timeZone: 'Asia/Shanghai', windows: [{ days: ['mon', 'tue'], from: '22:00', to: '06:00' }], outside: 'stop' },
    });
  });

  it.each([
    ['an endpoint', ['endpoint', 'limits', 'photos'], '/endpoints/photos/limits'],
    ['the workspace', ['workspace', 'limits'], '/limits'],
  ])('shows those of %s, and changes them', async (_, command, path) => {
    expect(await run(command, script)).toMatchObject({ code: 0, stdout: 'bwlimit 1 MiB/s, transfers 4\n' });
    expect(api?.to(`PATCH ${path}`)).toEqual([]);
    expect((await run([...command, '--bwlimit', 'off', '--tpslimit', '9'])).code).toBe(0);
    expect(api?.to(`PATCH ${path}`)[0]?.body).toEqual({ bytesPerSecond: 0, requestsPerSecond: 9 });
  });

  it('says where a backup cannot be written, before it asks for anything', async () => {
    const result = await run(['admin', 'backup', '/nowhere/platform.backup'], {});
    expect(result).toMatchObject({ code: 2, stderr: expect.stringMatching(/CLI_FILE_UNWRITABLE: No file can be made in \/nowhere\./) });
  });

  it('says until when a migration waits for its window', async () => {
    const calendar = { timeZone: 'Asia/Shanghai', windows: [{ days: ['fri'], from: '22:00', to: '06:00' }], outside: 'stop' };
    const migration = sampleMigration({ waitingFor: { reason: 'window', until: '2026-11-27T14:00:00.000Z', error: null } });
    const body = { ...migration, spec: { ...migration.spec, priority: 7, limits: { ...migration.spec.limits, calendar } } };
    const endpoint = () => ({ body: { id: 'ep_1', name: 'a', location: { kind: 'file', root: 'r', path: '' } } });
    const result = await run(['migration', 'show', 'mig_1'], {
      'GET /migrations/mig_1': () => ({ body }),
      'GET /endpoints/ep_1': endpoint,
      'GET /endpoints/ep_2': endpoint,
    });
    expect(result.stdout).toMatch(
      /fri 22:00-06:00 Asia\/Shanghai[\s\S]*Priority: +7[\s\S]*Waits for its window, which opens at 2026-11-2[78]/,
    );
  });
});
