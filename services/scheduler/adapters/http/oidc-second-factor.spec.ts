import { startOidcProvider, type TestOidcProvider } from '../oidc/fixtures/oidc-provider';
import { CALLBACK_URL, guardedClient, OidcCommand, PUBLIC_URL } from './fixtures/oidc-command';
import { startApi, type RunningApi } from './fixtures/running-api';

const claims = (name: string) => ({ email: `${name}@example.com`, email_verified: true, groups: ['ops'] });
const ACCOUNTS = {
  plain: claims('plain'),
  password: { ...claims('password'), signedInBy: { amr: ['pwd'] } },
  mfa: { ...claims('mfa'), signedInBy: { amr: ['pwd', 'mfa'] } },
  strong: { ...claims('strong'), signedInBy: { acr: 'corp:strong' } },
};

let provider: TestOidcProvider;
let api: RunningApi;
let command: OidcCommand;

beforeAll(async () => {
  provider = await startOidcProvider(CALLBACK_URL, ACCOUNTS);
});
afterAll(() => provider.server.stop());

beforeEach(async () => {
  api = await startApi({}, { oidcClient: guardedClient(), publicUrl: PUBLIC_URL });
  command = new OidcCommand(api, provider);
  await api.database.query("UPDATE workspace SET second_factor_required = true WHERE id = 'ws_default'");
});
afterEach(() => api.close());

const add = async (more: object = {}) => {
  const admin = await api.token('admin', 'other');
  const mappings = ['default', 'other'].map((workspace) => ({ claim: 'groups', value: 'ops', workspace, role: 'operator' }));
  const added = await command.add(admin, { mappings, ...more });
  expect(added.status).toBe(201);
  return added.json;
};
const REFUSED = { code: 'OIDC_SECOND_FACTOR_MISSING', status: 403 };

it('counts a second factor where the ID token tells of one', async () => {
  await add();
  expect(await command.signIn('mfa')).toMatchObject({ workspace: 'default' });
  expect(await command.signIn('plain')).toMatchObject(REFUSED);
  expect(await command.signIn('password')).toMatchObject(REFUSED);
  expect(await command.signIn('strong')).toMatchObject(REFUSED);
});

it('asks for the classes that an administrator named, and counts them', async () => {
  expect(await add({ secondFactorAcr: ['corp:strong'] })).toMatchObject({ secondFactorAcr: ['corp:strong'], assumeSecondFactor: false });
  const { authorizationUrl } = await command.begin();
  expect(new URL(authorizationUrl).searchParams.get('acr_values')).toBe('corp:strong');
  expect(await command.signIn('strong')).toMatchObject({ workspace: 'default' });
  expect(await command.signIn('password')).toMatchObject(REFUSED);
});

it('takes the word of an administrator who vouches for the provider', async () => {
  await add({ assumeSecondFactor: true });
  expect(await command.signIn('plain')).toMatchObject({ workspace: 'default' });
});

it('holds a session from before to it when it is renewed, and says what to do', async () => {
  await api.database.query('UPDATE workspace SET second_factor_required = false');
  await add();
  const { refreshToken } = await command.signIn('plain');
  await api.database.query("UPDATE workspace SET second_factor_required = true WHERE id = 'ws_default'");
  const refused = await api.call('POST', '/v1/auth/refresh', { body: { refreshToken } });
  expect(refused).toMatchObject({ status: 403, json: { ...REFUSED, hint: expect.stringContaining('provider') } });
});
