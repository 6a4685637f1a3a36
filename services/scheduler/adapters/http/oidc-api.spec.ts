import { createHash } from 'node:crypto';
import { startOidcProvider, type TestOidcProvider } from '../oidc/fixtures/oidc-provider';
import { CALLBACK_URL, guardedClient, OidcCommand, PUBLIC_URL, ticketOf } from './fixtures/oidc-command';
import { startApi, type RunningApi } from './fixtures/running-api';

const ACCOUNTS = {
  ann: { email: 'Ann@example.com', email_verified: true, groups: ['ops'] },
  bob: { email: 'bob@example.com', email_verified: false, groups: [] },
  eve: { email: 'admin@example.com', email_verified: true, groups: [] },
};

let provider: TestOidcProvider;
let api: RunningApi;
let admin: string;

beforeAll(async () => {
  provider = await startOidcProvider(CALLBACK_URL, ACCOUNTS);
});
afterAll(() => provider.server.stop());

beforeEach(async () => {
  api = await startApi({}, { oidcClient: guardedClient(), publicUrl: PUBLIC_URL });
  admin = (await api.call('POST', '/v1/auth/token', { body: { username: 'admin', password: 'correct horse' } })).json.accessToken;
});
afterEach(() => api.close());

const command = () => new OidcCommand(api, provider);
const MAPPINGS = [
  { emailDomain: 'example.com', workspace: 'default', role: 'viewer' },
  { claim: 'groups', value: 'ops', workspace: 'other', role: 'operator' },
];
const addProvider = (more: object = {}) => command().add(admin, { mappings: MAPPINGS, ...more });
const begin = () => command().begin();
const comeBack = (address: URL) => command().comeBack(address);
const signIn = (account: string) => command().signIn(account);

it('signs a user in, who is made at the first time and found at the next', async () => {
  expect((await addProvider()).status).toBe(201);
  const first = await signIn('ann');
  expect(first).toMatchObject({ tokenType: 'Bearer', workspace: 'default', role: 'viewer', refreshToken: expect.stringMatching(/^srt_/) });
  const me = (await api.call('GET', '/v1/auth/me', { token: first.accessToken })).json;
  expect(me).toMatchObject({ username: 'ann@example.com' });
  const { items } = (await api.call('GET', '/v1/auth/sessions', { token: first.accessToken })).json;
  expect(items).toMatchObject([{ method: 'oidc:corp' }]);
  const again = await signIn('ann');
  expect((await api.call('GET', '/v1/auth/me', { token: again.accessToken })).json.userId).toBe(me.userId);
});

describe('the console', () => {
  const verifier = 'v'.repeat(43);
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const fragmentOf = async (account: string) => {
    const { json } = await api.call('POST', '/v1/auth/oidc/corp/start', { body: { challenge } });
    const { location } = await comeBack(await provider.browse(json.authorizationUrl as string, account));
    return new URL(location);
  };

  it('is told the names of providers, and nothing else of them', async () => {
    await addProvider();
    expect((await api.call('GET', '/v1/auth/oidc')).json).toEqual({ items: [{ name: 'corp' }] });
  });

  it('is sent back to itself with a ticket that only it can exchange, in what no server is told', async () => {
    await addProvider();
    const { origin, pathname, search, hash } = await fragmentOf('ann');
    expect([origin, pathname, search]).toEqual([PUBLIC_URL, '/console/', '']);
    const ticket = new URLSearchParams(hash.slice(1)).get('oidc-ticket');
    const exchange = (by: string) => api.call('POST', '/v1/auth/oidc/token', { body: { ticket, verifier: by } });
    expect((await exchange(verifier)).json).toMatchObject({ refreshToken: expect.stringMatching(/^srt_/) });
    expect((await exchange(verifier)).json.code).toBe('OIDC_FLOW_UNKNOWN');
    const stolen = new URLSearchParams((await fragmentOf('ann')).hash.slice(1)).get('oidc-ticket');
    const byThief = await api.call('POST', '/v1/auth/oidc/token', { body: { ticket: stolen, verifier: 'w'.repeat(43) } });
    expect(byThief.json.code).toBe('OIDC_FLOW_UNKNOWN');
  });

  it('is told the code of a refusal', async () => {
    await addProvider();
    expect((await fragmentOf('bob')).hash).toBe('#oidc-error=OIDC_NOT_ALLOWED');
  });
});

it('refuses who has no place, and an address that is not verified', async () => {
  await addProvider();
  expect(await signIn('bob')).toEqual({ code: 'OIDC_NOT_ALLOWED' });
  expect(await api.database.query("SELECT 1 FROM app_user WHERE username <> 'admin' AND id <> 'usr_1'")).toEqual([]);
});

it('takes places back that the provider does not give any more, and leaves those that others gave', async () => {
  await addProvider();
  await signIn('ann');
  const [user] = await api.database.query<{ id: string }>("SELECT id FROM app_user WHERE username = 'ann@example.com'");
  const places = async () =>
    (
      await api.database.query<{ place: string }>(
        "SELECT workspace_id || ' ' || role AS place FROM workspace_member WHERE user_id = $1 ORDER BY 1",
        [user?.id],
      )
    ).map(({ place }) => place);
  expect(await places()).toEqual(['ws_default viewer', 'ws_other operator']);
  await api.database.query("INSERT INTO workspace (id, name) VALUES ('ws_third', 'third')");
  await api.database.query("INSERT INTO workspace_member (workspace_id, user_id, role) VALUES ('ws_third', $1, 'owner')", [user?.id]);
  await api.call('DELETE', '/v1/admin/identity-providers/corp', { token: admin });
  await addProvider({
    mappings: [
      { claim: 'groups', value: 'ops', workspace: 'third', role: 'viewer' },
      { emailDomain: 'example.com', workspace: 'default', role: 'operator' },
    ],
  });
  await signIn('ann');
  expect(await places()).toEqual(['ws_default operator', 'ws_third owner']);
});

describe('a user of the same name', () => {
  beforeEach(() => api.database.query("UPDATE app_user SET username = 'admin@example.com' WHERE username = 'admin'"));

  it('is not taken over by a verified address alone', async () => {
    await addProvider();
    expect(await signIn('eve')).toEqual({ code: 'OIDC_NAME_TAKEN' });
  });

  it('is the same person where an administrator allows the provider to say so', async () => {
    await addProvider({ linkVerifiedEmail: true });
    expect(await signIn('eve')).toMatchObject({ role: 'admin' });
  });
});

describe('a sign-in on its way', () => {
  beforeEach(() => addProvider());

  it('comes back once, and only if it was begun here', async () => {
    const { authorizationUrl } = await begin();
    const address = await provider.browse(authorizationUrl, 'ann');
    expect((await comeBack(address)).status).toBe(303);
    expect(await comeBack(address)).toMatchObject({ status: 401, code: expect.stringContaining('OIDC_FLOW_UNKNOWN') });
    address.searchParams.set('state', 'another');
    expect((await comeBack(address)).status).toBe(401);
  });

  it('is of no use to who has the ticket and not the secret behind the challenge, and is over then', async () => {
    const { verifier, authorizationUrl } = await begin();
    const { location } = await comeBack(await provider.browse(authorizationUrl, 'ann'));
    expect(location).toMatch(/^http:\/\/127\.0\.0\.1:4321\/\?ticket=[\w-]{43}$/);
    const exchange = (secret: string) =>
      api.call('POST', '/v1/auth/oidc/token', { body: { ticket: ticketOf(location), verifier: secret } });
    expect((await exchange('a'.repeat(43))).json.code).toBe('OIDC_FLOW_UNKNOWN');
    expect((await exchange(verifier)).json.code).toBe('OIDC_FLOW_UNKNOWN');
  });

  it('takes no code of another sign-in: each has its own PKCE secret and nonce', async () => {
    const [mine, stolen] = [await begin(), await begin()];
    const address = await provider.browse(mine.authorizationUrl, 'ann');
    address.searchParams.set('code', (await provider.browse(stolen.authorizationUrl, 'ann')).searchParams.get('code') ?? '');
    expect((await comeBack(address)).location).toContain('error=OIDC_PROVIDER_FAILED');
  });

  it('runs out', async () => {
    const { authorizationUrl } = await begin();
    const address = await provider.browse(authorizationUrl, 'ann');
    await api.database.query('UPDATE oidc_flow SET expires_at = now()');
    expect((await comeBack(address)).status).toBe(401);
  });
});

describe('a provider', () => {
  it('keeps its secret sealed: it is in no answer, table, trail or log', async () => {
    const added = await addProvider();
    await signIn('ann');
    const listed = await api.call('GET', '/v1/admin/identity-providers', { token: admin });
    const kept = JSON.stringify([
      await api.database.query('SELECT * FROM oidc_provider'),
      await api.database.query('SELECT * FROM audit_pending'),
    ]);
    for (const text of [added.text, listed.text, kept, api.logLines.join('')]) expect(text).not.toContain('canary-client-secret');
    expect(kept).toMatch(/identity-provider\.create[\s\S]*user\.create/);
  });

  it('is tried before it is kept, and has a name of its own', async () => {
    expect(await addProvider({ issuer: `${provider.issuer}/nowhere` })).toMatchObject({
      status: 503,
      json: { code: 'OIDC_PROVIDER_FAILED' },
    });
    expect(await addProvider({ issuer: 'http://provider.test' })).toMatchObject({ status: 400, json: { code: 'REQUEST_INVALID' } });
    await addProvider();
    expect(await addProvider()).toMatchObject({ status: 409, json: { code: 'OIDC_PROVIDER_NAME_TAKEN' } });
  });

  it('is reached through the guard alone', async () => {
    const { issuer } = provider;
    const registration = { issuer, clientId: 'smartant', clientSecret: 's', scopes: 'openid' };
    await expect(guardedClient(false).check(registration)).rejects.toMatchObject({ code: 'EGRESS_FORBIDDEN' });
    await expect(guardedClient(false).check({ ...registration, issuer: issuer.replace('127.0.0.1', 'localhost') })).rejects.toMatchObject({
      code: 'EGRESS_FORBIDDEN',
    });
    await expect(guardedClient(true).check(registration)).resolves.toBeUndefined();
  });
});
