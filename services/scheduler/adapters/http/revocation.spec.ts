import { eventually, migrationInput } from '../../fixtures/scheduler-under-test';
import { TwoTenants } from './fixtures/two-tenants';

/** Tokens that are out, and have just been used, after what they stand for has changed. */
let tenants: TwoTenants;
beforeEach(async () => {
  tenants = await TwoTenants.open();
});
afterEach(() => tenants.close());

/** Well above the four seconds that a change may go unnoticed, and well below a token's life. */
const AT_MOST_MS = 30_000;

const codeAt = async (path: string, token: string) => {
  const { status, json } = await tenants.ask('GET', path, token);
  return status === 200 ? 'ok' : (json.code as string);
};

async function turnsInto(code: string, path: string, tokens: string[]): Promise<void> {
  const sinceMs = Date.now();
  await eventually(async () => (await Promise.all(tokens.map((token) => codeAt(path, token)))).every((now) => now === code));
  expect(Date.now() - sinceMs).toBeLessThan(AT_MOST_MS);
}

const apiKeyToken = async (owner: string, name: string) => {
  const { apiKey, id } = await tenants.made('POST', '/v1/api-keys', owner, { name });
  const { accessToken } = await tenants.made('POST', '/v1/auth/token', undefined, { apiKey });
  return { apiKey: apiKey as string, id: id as string, token: accessToken as string };
};

it('refuses tokens and keys of a disabled user, and takes the keys again when the user is enabled', async () => {
  const { apiKey, token } = await apiKeyToken(tenants.ann, 'of ann');
  const both = [tenants.ann, token];
  await turnsInto('ok', '/v1/auth/me', both);
  await tenants.made('PATCH', '/v1/admin/users/ann', tenants.admin, { disabled: true });
  expect((await tenants.ask('POST', '/v1/auth/token', undefined, { apiKey })).json.code).toBe('API_KEY_INVALID');
  await turnsInto('TOKEN_REVOKED', '/v1/auth/me', both);
  expect(await codeAt('/v1/auth/me', tenants.bob)).toBe('ok');
  await tenants.made('PATCH', '/v1/admin/users/ann', tenants.admin, { disabled: false });
  await turnsInto('ok', '/v1/auth/me', [token]);
  // A session that was stolen does not come back with its user.
  expect(await codeAt('/v1/auth/me', tenants.ann)).toBe('TOKEN_REVOKED');
});

it('gives a token no more than its user has now', async () => {
  const { userId } = await tenants.made('GET', '/v1/auth/me', tenants.ann);
  await turnsInto('ok', '/v1/workspaces/default/members', [tenants.ann]);
  await tenants.made('PATCH', `/v1/workspaces/default/members/${userId as string}`, tenants.admin, { role: 'viewer' });
  await turnsInto('ROLE_FORBIDDEN', '/v1/workspaces/default/members', [tenants.ann]);
  expect(await codeAt('/v1/workspaces/default/endpoints', tenants.ann)).toBe('ok');
  expect((await tenants.ask('DELETE', `/v1/workspaces/default/members/${userId as string}`, tenants.admin)).status).toBe(204);
  await turnsInto('TOKEN_REVOKED', '/v1/workspaces/default/endpoints', [tenants.ann]);
});

it('lets nobody use the seconds after a removal to make what would outlast it', async () => {
  const { userId } = await tenants.made('GET', '/v1/auth/me', tenants.ann);
  await tenants.made('POST', '/v1/workspaces/default/service-accounts', tenants.ann, { name: 'robot', role: 'owner' });
  expect((await tenants.ask('DELETE', `/v1/workspaces/default/members/${userId as string}`, tenants.admin)).status).toBe(204);
  // At once: what the edge remembers of her still stands.
  const answers = await Promise.all([
    tenants.ask('POST', '/v1/workspaces/default/members', tenants.ann, { username: 'bob', role: 'owner' }),
    tenants.ask('POST', '/v1/workspaces/default/invitations', tenants.ann, { invitee: 'bob', role: 'owner' }),
    tenants.ask('POST', '/v1/workspaces/default/service-accounts', tenants.ann, { name: 'other', role: 'owner' }),
    tenants.ask('POST', '/v1/workspaces/default/service-accounts/robot/api-keys', tenants.ann, { name: 'key' }),
  ]);
  expect(answers.map(({ json }) => json.code)).toEqual(answers.map(() => 'ROLE_FORBIDDEN'));
});

it('ends an open watch of somebody who was removed, and no other', async () => {
  const { source, target } = migrationInput();
  const body = { source, target, spec: { kind: 'storage' } };
  const { id } = await tenants.made('POST', '/v1/workspaces/default/migrations', tenants.ann, body);
  const watch = async (token: string, signal?: AbortSignal) => {
    const url = `${tenants.url}/v1/workspaces/default/migrations/${id as string}/watch`;
    return (await fetch(url, { headers: { authorization: `Bearer ${token}` }, signal })).text();
  };
  const admins = new AbortController();
  const [ended, goesOn] = [watch(tenants.ann), watch(tenants.admin, admins.signal)];
  const { userId } = await tenants.made('GET', '/v1/auth/me', tenants.ann);
  expect((await tenants.ask('DELETE', `/v1/workspaces/default/members/${userId as string}`, tenants.admin)).status).toBe(204);
  expect(await ended).toMatch(/event: error\ndata: .*TOKEN_REVOKED/);
  admins.abort();
  await expect(goesOn).rejects.toMatchObject({ name: 'AbortError' });
});

it('refuses tokens of a revoked key, and only those', async () => {
  const { id, token } = await apiKeyToken(tenants.ann, 'short');
  await turnsInto('ok', '/v1/auth/me', [token]);
  expect((await tenants.ask('DELETE', `/v1/api-keys/${id}`, tenants.ann)).status).toBe(204);
  await turnsInto('TOKEN_REVOKED', '/v1/auth/me', [token]);
  expect(await codeAt('/v1/auth/me', tenants.ann)).toBe('ok');
});

it('lets nobody act in a disabled workspace, and knows a renamed one by its new name', async () => {
  const answers = async (name: string) => codeAt(`/v1/workspaces/${name}/endpoints`, tenants.bob);
  await tenants.made('PATCH', '/v1/admin/workspaces/other', tenants.admin, { name: 'renamed' });
  await eventually(async () => (await answers('renamed')) === 'ok');
  expect(await answers('other')).toBe('WORKSPACE_FORBIDDEN');
  await tenants.made('PATCH', '/v1/admin/workspaces/renamed', tenants.admin, { disabled: true });
  await turnsInto('WORKSPACE_DISABLED', '/v1/auth/me', [tenants.bob]);
  await expect(tenants.core.useCases.workspaces.resolve('renamed')).rejects.toMatchObject({ code: 'WORKSPACE_DISABLED' });
  const refused = await tenants.ask('POST', '/v1/auth/workspace', tenants.admin, { workspace: 'renamed' });
  expect(refused).toMatchObject({ status: 403, json: { code: 'WORKSPACE_FORBIDDEN' } });
  await tenants.made('PATCH', '/v1/admin/workspaces/renamed', tenants.admin, { disabled: false });
  await turnsInto('ok', '/v1/auth/me', [tenants.bob]);
});

it('keeps one administrator who can sign in', async () => {
  const answer = await tenants.ask('PATCH', '/v1/admin/users/admin', tenants.admin, { disabled: true });
  expect(answer).toMatchObject({ status: 409, json: { code: 'USER_LAST_ADMIN' } });
  await tenants.core.database.query(`UPDATE app_user SET platform_admin = true WHERE username IN ('ann', 'bob')`);
  const [ann, bob] = [await tenants.signIn('ann'), await tenants.signIn('bob')];
  const disable = (name: string, by: string) => tenants.ask('PATCH', `/v1/admin/users/${name}`, by, { disabled: true });
  const answers = await Promise.all([disable('ann', tenants.admin), disable('bob', ann), disable('admin', bob)]);
  expect(answers.map(({ status }) => status)).toEqual(expect.arrayContaining([200]));
  const left = await tenants.core.database.query('SELECT 1 FROM app_user WHERE platform_admin AND disabled_at IS NULL');
  expect(left.length).toBeGreaterThan(0);
  // Whoever was disabled meanwhile could not disable anybody any more.
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(3 - left.length);
  // 401: already at the door.
  expect(answers.filter(({ status }) => ![200, 401, 403].includes(status))).toEqual([]);
});
