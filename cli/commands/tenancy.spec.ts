import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSmartant, runSmartant, type RunOptions } from '../testing/run-smartant';
import { ScriptedApi, type RecordedRequest, type Script } from '../testing/scripted-api';

const AT = '2026-01-02T03:04:05Z';
const workspaces = [
  { id: 'ws_1', name: 'default', role: 'owner', disabled: false, createdAt: AT },
  { id: 'ws_2', name: 'photos', role: 'viewer', disabled: true, createdAt: AT },
];
const member = { userId: 'usr_2', username: 'bob', role: 'viewer', disabled: false, joinedAt: AT };
const account = { id: 'usr_3', name: 'robot', role: 'operator', disabled: false, createdBy: 'usr_1', createdAt: AT };
const key = (createdBy: string, name: string) => ({
  id: `key_${name}`,
  name,
  role: 'viewer',
  prefix: 'sak_abc',
  createdBy,
  createdAt: AT,
  expiresAt: null,
  lastUsedAt: null,
});
const quotas = {
  quotas: { migrations: 10, endpoints: 0, bytesPerSecond: 1_048_576, requestsPerSecond: 0, concurrency: 8 },
  use: { migrations: 2, endpoints: 5 },
};
const joined = { userId: 'usr_9', workspaceId: 'ws_2', workspace: 'photos', role: 'viewer' };

/** A token as the server makes them: for the workspace that was asked for, else for the user's first. */
const tokenFor = (workspace: string) =>
  `x.${Buffer.from(JSON.stringify({ ws: `id-of-${workspace}`, wsn: workspace })).toString('base64url')}.y`;
const signedInTo = (workspace: string) => ({
  accessToken: tokenFor(workspace),
  expiresInSeconds: 600,
  sessionId: 'ses_1',
  refreshToken: 'srt_1',
});
const issue = ({ body }: RecordedRequest) => {
  const workspace = (body as { workspace?: string }).workspace ?? 'default';
  return { body: signedInTo(workspace === 'ws_2' ? 'photos' : workspace) };
};
const claimed = ({ headers }: RecordedRequest) =>
  (JSON.parse(Buffer.from(headers.authorization?.split('.')[1] ?? '', 'base64url').toString()) as { wsn: string }).wsn;

const script: Script = {
  'POST /v1/auth/token': issue,
  'POST /v1/auth/workspace': issue,
  'DELETE /v1/auth/sessions/current': () => ({ status: 204 }),
  'GET /v1/auth/me': (request) => ({
    body: { userId: 'usr_1', username: 'ann', workspaceId: 'ws', workspace: claimed(request), role: 'owner' },
  }),
  'GET /v1/report-keys': () => ({ body: { keys: [] } }),
  'GET /v1/api-keys': () => ({ body: { items: [key('usr_3', 'ci'), key('usr_1', 'anns')] } }),
  'GET /v1/workspaces': () => ({ body: { items: workspaces } }),
  'PATCH /v1/admin/workspaces/photos': () => ({ body: workspaces[1] }),
  'GET /sign-in-rules': () => ({ body: { secondFactorRequired: false, secondFactorRequiredByPlatform: true } }),
  'PATCH /sign-in-rules': ({ body }) => ({ body: { ...(body as object), secondFactorRequiredByPlatform: true } }),
  'GET /quotas': () => ({ body: quotas }),
  'PATCH /v1/admin/workspaces/photos/quotas': () => ({ body: quotas }),
  'GET /members': () => ({ body: { items: [member] } }),
  'PATCH /members/usr_2': () => ({ body: { ...member, role: 'owner' } }),
  'DELETE /members/usr_2': () => ({ status: 204 }),
  'PATCH /v1/admin/users/bob': () => ({ body: {} }),
  'POST /invitations': () => ({
    status: 201,
    body: { id: 'inv_1', invitee: 'carol', role: 'operator', invitedBy: 'usr_1', createdAt: AT, expiresAt: AT, token: 'sin_shown' },
  }),
  'POST /v1/invitations/accept': () => ({ status: 201, body: signedInTo('photos') }),
  'POST /v1/invitations/join': () => ({ status: 201, body: joined }),
  'GET /service-accounts': () => ({ body: { items: [account] } }),
  'POST /service-accounts/robot/api-keys': () => ({ status: 201, body: { ...key('usr_3', 'ci'), apiKey: 'sak_shown' } }),
};

let home: string;
let api: ScriptedApi;
beforeAll(buildSmartant);
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'smartant-cli-'));
  api = await ScriptedApi.start(script);
});
afterEach(async () => {
  await api.close();
  rmSync(home, { recursive: true });
});

const signedIn = () => ({ SMARTANT_URL: api.url, SMARTANT_API_KEY: 'key' });
const run = (args: string[], options: RunOptions = {}) => runSmartant(args, { cwd: home, env: signedIn(), ...options });
const save = (login: object) => writeFileSync(join(home, '.config/smartant/credentials.json'), JSON.stringify(login));
const saved = () => JSON.parse(readFileSync(join(home, '.config/smartant/credentials.json'), 'utf8')) as Record<string, unknown>;

describe('workspace', () => {
  it('lists those of the user, and says which one it is in', async () => {
    const { stdout } = await run(['workspace', 'list']);
    expect(stdout).toMatch(/default +owner +yes +enabled\nphotos +viewer +disabled/);
    expect((await run(['workspace', 'list'], { env: { ...signedIn(), SMARTANT_LANG: 'zh' } })).stdout).toContain('已停用');
  });

  it('asks before it disables one', async () => {
    expect(await run(['workspace', 'disable', 'photos'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    expect((await run(['workspace', 'disable', 'photos', '--yes'])).code).toBe(0);
    expect(api.to('PATCH /v1/admin/workspaces/photos')).toMatchObject([{ body: { disabled: true } }]);
  });

  it('shows whether a second factor is compulsory, and sets it', async () => {
    expect((await run(['workspace', 'second-factor'])).stdout).toMatch(/Compulsory here: +no\nBy the platform: +yes/);
    expect((await run(['workspace', 'second-factor', 'required'])).stdout).toMatch(/Compulsory here: +yes/);
    expect(api.to('PATCH /sign-in-rules')).toMatchObject([{ body: { secondFactorRequired: true } }]);
    expect((await run(['workspace', 'second-factor', 'perhaps'])).code).toBe(2);
  });

  it('shows quotas with what is used, and changes those that are named', async () => {
    expect((await run(['workspace', 'quotas'])).stdout).toMatch(
      /Migrations: +2 \/ 10\nEndpoints: +5 \/ none\nCeilings: +bwlimit 1 MiB\/s, transfers 8/,
    );
    expect((await run(['workspace', 'quotas', '--migrations', '4'])).code).toBe(2);
    expect((await run(['workspace', 'quotas', 'photos', '--migrations', '4', '--bwlimit', '1M'])).code).toBe(0);
    expect(api.to('PATCH /v1/admin/workspaces/photos/quotas')).toMatchObject([{ body: { migrations: 4, bytesPerSecond: 1_048_576 } }]);
  });
});

describe('workspace use', () => {
  const login = (...more: string[]) =>
    runSmartant(['login', api.url, '--username', 'ann', '--password-stdin', ...more], { cwd: home, input: 'secret\n' });
  const plain = (...args: string[]) => runSmartant(args, { cwd: home, input: 'secret\n' });

  it('takes the session along without a password, and remembers the workspace', async () => {
    expect((await login()).code).toBe(0);
    expect(await plain('workspace', 'use', 'photos')).toMatchObject({ code: 0, stdout: expect.stringContaining('photos') });
    expect((await plain('whoami')).stdout).toContain('photos');
    expect(api.to('POST /v1/auth/workspace').map(({ body }) => body)).toEqual([{ workspace: 'ws_2' }]);
    expect(saved()).toMatchObject({
      workspace: 'photos',
      session: { id: 'ses_1', refreshToken: 'srt_1', accessToken: tokenFor('photos') },
    });
    expect(JSON.stringify(saved())).not.toContain('secret');
    expect(await plain('workspace', 'use', 'nowhere')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('CLI_WORKSPACE_NOT_FOUND'),
    });
  });

  /** Another command of the same user is at the file while this one waits for the server. */
  const meanwhile = async (change: (login: { session: Record<string, string> }) => void) => {
    await login();
    const switching = script['POST /v1/auth/workspace'];
    const raced = await ScriptedApi.start({
      ...script,
      'POST /v1/auth/workspace': (request) => {
        const kept = saved() as { session: Record<string, string> };
        change(kept);
        save(kept);
        return switching!(request);
      },
    });
    save({ ...saved(), url: raced.url });
    return { used: await plain('workspace', 'use', 'photos').finally(() => raced.close()) };
  };

  it('keeps the newer refresh token of a renewal that happens at the same time', async () => {
    const { used } = await meanwhile(({ session }) => (session['refreshToken'] = 'srt_2'));
    expect(used.code).toBe(0);
    expect(saved()).toMatchObject({ workspace: 'photos', session: { refreshToken: 'srt_2', accessToken: tokenFor('photos') } });
  });

  it('leaves another sign-in alone that was saved at the same time', async () => {
    const { used } = await meanwhile(({ session }) => Object.assign(session, { id: 'ses_2', refreshToken: 'srt_other' }));
    expect(used).toMatchObject({ code: 1, stderr: expect.stringContaining('CLI_LOGIN_CHANGED') });
    expect(saved()).toMatchObject({ workspace: 'default', session: { id: 'ses_2', refreshToken: 'srt_other' } });
  });

  it('stays where it is when another workspace is named for one command', async () => {
    await login();
    expect((await plain('whoami', '--workspace', 'photos')).stdout).toContain('photos');
    expect(saved()).toMatchObject({ workspace: 'default', session: { accessToken: tokenFor('default') } });
  });

  const install = () => {
    mkdirSync(join(home, 'data'), { mode: 0o700 });
    writeFileSync(join(home, 'data', 'cli-token.json'), JSON.stringify({ url: api.url, apiKey: 'installed' }), { mode: 0o600 });
  };

  it('says that the key of an installation, or of a login, is for one workspace, and asks for no password', async () => {
    install();
    const fixed = { code: 1, stderr: expect.stringMatching(/CLI_WORKSPACE_FIXED[\s\S]*smartant login/) };
    expect(await plain('workspace', 'use', 'photos')).toMatchObject(fixed);
    expect(await plain('workspace', 'use', 'default')).toMatchObject({ code: 0 });
    rmSync(join(home, 'data'), { recursive: true });
    await runSmartant(['login', api.url, '--api-key-stdin'], { cwd: home, input: 'sak_key\n' });
    expect(await plain('workspace', 'use', 'photos')).toMatchObject(fixed);
    expect(saved()).toMatchObject({ workspace: 'default', apiKey: 'sak_key' });
  });

  it('takes a session along that was saved beside the key of an installation', async () => {
    install();
    await login();
    expect((await runSmartant(['workspace', 'use', 'photos'], { cwd: home })).code).toBe(0);
    expect((await plain('whoami')).stdout).toMatch(/photos[\s\S]*credentials\.json/);
  });

  it('is also done by a login that names one, beside the key of an installation', async () => {
    install();
    await login('--workspace', 'photos');
    expect((await plain('whoami')).stdout).toMatch(/photos[\s\S]*credentials\.json/);
  });

  it('goes before the session of an installation, at the same server', async () => {
    install();
    await login();
    expect((await plain('whoami')).stdout).toContain('cli-token.json');
    expect((await plain('workspace', 'use', 'photos', '--password-stdin')).code).toBe(0);
    expect(api.to('POST /v1/auth/token').at(-1)?.body).toEqual({ username: 'ann', password: 'secret', workspace: 'ws_2' });
    expect(api.to('DELETE /v1/auth/sessions/current')).toHaveLength(1);
    expect((await plain('whoami')).stdout).toContain('credentials.json');
  });

  it('says that a key of the environment is for one workspace', async () => {
    expect(await run(['workspace', 'use', 'photos'])).toMatchObject({ code: 1, stderr: expect.stringContaining('CLI_WORKSPACE_FIXED') });
  });

  it('is what login --workspace does at once', async () => {
    expect((await login('--workspace', 'photos')).code).toBe(0);
    expect(saved()).toMatchObject({ workspace: 'photos' });
  });
});

it('member takes names for ids', async () => {
  expect((await run(['member', 'role', 'BOB', 'owner'])).stdout).toContain('bob is owner now.');
  expect((await run(['member', 'rm', 'bob', '--yes'])).code).toBe(0);
  expect(api.to('DELETE /members/usr_2')).toHaveLength(1);
  expect(await run(['member', 'role', 'bob', 'emperor'])).toMatchObject({ code: 2 });
  expect(await run(['member', 'rm', 'carol', '--yes'])).toMatchObject({ code: 1, stderr: expect.stringContaining('CLI_MEMBER_NOT_FOUND') });
});

it('user disable says what it does, and does it when told so', async () => {
  expect((await run(['user', 'disable', 'bob', '--dry-run'])).stdout).toContain('within seconds');
  expect(api.to('PATCH /v1/admin/users/bob')).toHaveLength(0);
  expect((await run(['user', 'disable', 'bob', '--yes'])).code).toBe(0);
  expect(api.to('PATCH /v1/admin/users/bob')).toMatchObject([{ body: { disabled: true } }]);
});

it('invitation prints its token for handing over, and takes one from stdin alone', async () => {
  const { stdout } = await run(['invitation', 'create', 'carol']);
  expect(stdout).toMatch(/invitation accept http.* --username NAME\nsin_shown\n$/);
  expect(api.to('POST /invitations')).toMatchObject([{ body: { invitee: 'carol', role: 'operator', expiresInHours: 72 } }]);
  const fresh = await runSmartant(['invitation', 'accept', api.url, '--username', 'carol', '--stdin'], {
    cwd: home,
    input: 'sin_shown\na password of hers\n',
  });
  expect(fresh).toMatchObject({ code: 0, stdout: expect.stringContaining('photos') });
  expect(saved()).toMatchObject({ url: api.url, workspace: 'photos', session: { refreshToken: 'srt_1' } });
  expect(api.to('POST /v1/invitations/accept')).toMatchObject([
    { body: { token: 'sin_shown', username: 'carol', password: 'a password of hers' } },
  ]);
  expect((await run(['invitation', 'join', '--stdin'], { input: 'sin_shown\n' })).code).toBe(0);
  expect(await run(['invitation', 'join', '--token', 'sin_shown'])).toMatchObject({
    code: 2,
    stderr: expect.not.stringContaining('sin_shown'),
  });
});

it('service-account prints a new key alone on stdout, and lists its own keys alone', async () => {
  const { stdout, stderr } = await run(['service-account', 'add-key', 'robot', '--name', 'ci', '--expires-in-days', '30']);
  expect(stdout).toBe('sak_shown\n');
  expect(stderr).toContain('this once');
  expect(api.to('POST /service-accounts/robot/api-keys')).toMatchObject([{ body: { name: 'ci', expiresInDays: 30 } }]);
  const keys = (await run(['service-account', 'keys', 'robot'])).stdout;
  expect(keys).toContain('key_ci');
  expect(keys).not.toContain('key_anns');
});
