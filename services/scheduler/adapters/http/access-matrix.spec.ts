import { RouteInventory } from './access/route-inventory';
import { startApi, type RunningApi } from './fixtures/running-api';
import { SAMPLE_BODIES, SAMPLE_QUERIES } from './fixtures/sample-bodies';
import type { RouteDefinition } from './route-definition';
import { ALL_ROUTES } from './routes/all-routes';
import { isAllowed, ROLES_BY_POWER } from '../../application/identity/permissions';

let api: RunningApi;

beforeAll(async () => {
  api = await startApi();
});
beforeEach(() => api.recorded.reset());
afterAll(() => api.close());

const OPEN_REFUSALS: Record<string, string> = {
  refreshToken: 'SESSION_ENDED',
  startOidc: 'OIDC_PROVIDER_NOT_FOUND',
  oidcCallback: 'REQUEST_INVALID',
  createOidcToken: 'OIDC_FLOW_UNKNOWN',
  confirmEnrolment: 'SECOND_FACTOR_WRONG',
};

const pathOf = (route: RouteDefinition, workspace = 'default') => route.path.replace('{ws}', workspace).replaceAll(/\{\w+\}/g, 'some-id');

const ask = (route: RouteDefinition, token?: string, workspace?: string) =>
  api.call(route.method, `${pathOf(route, workspace)}${SAMPLE_QUERIES[route.operationId] ?? ''}`, {
    token,
    body: SAMPLE_BODIES[route.operationId],
  });

const guarded = ALL_ROUTES.filter(({ permission }) => permission !== 'public');
const inWorkspace = guarded.filter(({ path }) => path.includes('{ws}'));
const name = (route: RouteDefinition) => `${route.method} ${route.path}`;

it('serves exactly the routes of the document', () => {
  const served = api.app.get(RouteInventory, { strict: false }).routes();
  expect(served.map(name).sort()).toEqual(ALL_ROUTES.map(name).sort());
});

it.each(guarded.map((route) => [name(route), route] as const))('%s refuses who has no token', async (_name, route) => {
  const answer = await ask(route);
  expect(answer).toMatchObject({ status: 401, json: { code: 'TOKEN_MISSING' } });
  expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
  expect(api.recorded.calls).toEqual([]);
});

it.each(ALL_ROUTES.filter(({ permission }) => permission === 'public').map((route) => [name(route), route] as const))(
  '%s is open to everybody',
  async (_name, route) => {
    const answer = await ask(route);
    // These take what is good once, or a provider: there is none to send here.
    const otherwise = OPEN_REFUSALS[route.operationId];
    if (otherwise) expect(answer.json.code).toBe(otherwise);
    else expect(answer.status).toBe(route.status);
  },
);

describe.each(ROLES_BY_POWER)('the role %s', (role) => {
  it.each(guarded.map((route) => [name(route), route] as const))('at %s', async (_name, route) => {
    const answer = await ask(route, await api.token(role));
    if (route.permission !== 'public' && isAllowed(role, route.permission)) {
      // API keys and sessions live in the database, which knows no such id and no such user; all other routes answer with samples.
      if (
        !['api-key:manage', 'account:manage', 'second-factor:reset', 'identity-provider:manage', 'sign-in-rule:manage'].includes(
          route.permission,
        )
      )
        expect(answer.status).toBe(route.status);
      expect(answer.json?.code).not.toBe('ROLE_FORBIDDEN');
    } else {
      expect(answer).toMatchObject({ status: 403, json: { code: 'ROLE_FORBIDDEN', hint: expect.stringContaining('admin') } });
      expect(api.recorded.calls).toEqual([]);
    }
  });
});

describe.each(['ws_default', 'default', 'nowhere'])('a token of another workspace, at workspace %s', (workspace) => {
  it.each(inWorkspace.map((route) => [name(route), route] as const))('%s is refused', async (_name, route) => {
    const answer = await ask(route, await api.token('admin', 'other'), workspace);
    expect(answer).toMatchObject({ status: 403, json: { code: 'WORKSPACE_FORBIDDEN' } });
    expect(answer.text).not.toContain('ws_default');
    expect(api.recorded.calls).toEqual([]);
  });
});

describe('an API key, also of an administrator,', () => {
  let key: string;
  beforeAll(async () => {
    const subject = { userId: 'usr_1', workspaceId: 'ws_default', role: 'admin' as const };
    const { secret } = await api.identity.apiKeys.create(subject, { name: 'of a program' });
    key = (await api.call('POST', '/v1/auth/token', { body: { apiKey: secret } })).json.accessToken;
  });

  // Whoever finds a key where programs are must learn nothing of its user's account, let alone sign the user out or change it.
  const ofUsers = guarded.filter(({ permission }) => ['account:manage', 'sign-in-rule:manage'].includes(permission));
  it.each(ofUsers.map((route) => [name(route), route] as const))('is refused at %s', async (_name, route) => {
    expect(await ask(route, key)).toMatchObject({ status: 403, json: { code: 'SESSION_NEEDED' } });
  });
});

it.each(['default', 'ws_default'])('takes the own workspace as %s, and acts in it', async (workspace) => {
  const answer = await api.call('GET', `/v1/workspaces/${workspace}/migrations`, { token: await api.token('viewer') });
  expect(answer.status).toBe(200);
  expect(api.recorded.calls[0]?.args[0]).toMatchObject({ workspaceId: 'ws_default', role: 'viewer', userId: 'usr_1' });
});

it.each([
  ['another scheme', 'Basic dXNlcjpwYXNz', 'TOKEN_MISSING'],
  ['no scheme', 'abc', 'TOKEN_MISSING'],
  ['two tokens', 'Bearer a b', 'TOKEN_MISSING'],
  ['an API key instead of a token', `Bearer sak_${'a'.repeat(43)}`, 'TOKEN_INVALID'],
])('refuses %s', async (_name, authorization, code) => {
  const answer = await api.call('GET', '/v1/auth/me', { headers: { authorization } });
  expect(answer).toMatchObject({ status: 401, json: { code } });
});
