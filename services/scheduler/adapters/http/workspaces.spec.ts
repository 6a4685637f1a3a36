import { auditEntries } from '../../fixtures/audit-entries';
import { PASSWORD, TwoTenants } from './fixtures/two-tenants';

let tenants: TwoTenants;
beforeAll(async () => {
  tenants = await TwoTenants.open();
});
afterAll(() => tenants.close());

const ask = (...args: Parameters<TwoTenants['ask']>) => tenants.ask(...args);

it('are chosen at sign-in, by name or id, and only by their people', async () => {
  const other = (await ask('GET', '/v1/auth/me', tenants.bob)).json.workspaceId as string;
  for (const workspace of ['other', other]) {
    expect((await ask('GET', '/v1/auth/me', await tenants.signIn('admin', workspace))).json).toMatchObject({ workspace: 'other' });
  }
  for (const workspace of ['other', 'nowhere']) {
    const answer = await ask('POST', '/v1/auth/token', undefined, { username: 'ann', password: PASSWORD, workspace });
    expect(answer).toMatchObject({ status: 403, json: { code: 'WORKSPACE_FORBIDDEN' } });
  }
});

it('are switched to without a password, and the new token lives no longer than the old one', async () => {
  const { accessToken, expiresInSeconds } = (await tenants.made('POST', '/v1/auth/workspace', tenants.admin, { workspace: 'other' })) as {
    accessToken: string;
    expiresInSeconds: number;
  };
  const payload = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp: number };
  expect(payload(accessToken).exp).toBe(payload(tenants.admin).exp);
  expect(expiresInSeconds).toBeLessThanOrEqual(900);
  expect(await ask('GET', '/v1/workspaces/other/endpoints', accessToken)).toMatchObject({ status: 200 });
  expect(await ask('GET', '/v1/workspaces/default/endpoints', accessToken)).toMatchObject({ status: 403 });
  const refused = await ask('POST', '/v1/auth/workspace', tenants.ann, { workspace: 'other' });
  expect(refused).toMatchObject({ status: 403, json: { code: 'WORKSPACE_FORBIDDEN' } });
});

it('are not switched to with an API key', async () => {
  const { apiKey } = await tenants.made('POST', '/v1/api-keys', tenants.admin, { name: 'fixed' });
  const token = (await tenants.made('POST', '/v1/auth/token', undefined, { apiKey }))['accessToken'] as string;
  const refused = await ask('POST', '/v1/auth/workspace', token, { workspace: 'other' });
  expect(refused).toMatchObject({ status: 403, json: { code: 'WORKSPACE_SWITCH_FORBIDDEN' } });
  const elsewhere = await ask('POST', '/v1/auth/token', undefined, { apiKey, workspace: 'other' });
  expect(elsewhere).toMatchObject({ status: 403, json: { code: 'WORKSPACE_FORBIDDEN' } });
});

it('have names of their own, which can change', async () => {
  const create = (name: string) => ask('POST', '/v1/admin/workspaces', tenants.admin, { name });
  expect(await create('third')).toMatchObject({ status: 201, json: { name: 'third', role: 'admin', disabled: false } });
  expect(await create('third')).toMatchObject({ status: 409, json: { code: 'WORKSPACE_NAME_TAKEN' } });
  expect(await create('ws_00000000000070008000000000000001')).toMatchObject({ status: 400 });
  const rename = (name: string) => ask('PATCH', '/v1/admin/workspaces/third', tenants.admin, { name });
  expect(await rename('other')).toMatchObject({ status: 409, json: { code: 'WORKSPACE_NAME_TAKEN' } });
  expect(await rename('fourth')).toMatchObject({ status: 200, json: { name: 'fourth' } });
  expect(await rename('fifth')).toMatchObject({ status: 404, json: { code: 'WORKSPACE_NOT_FOUND' } });
});

it('can not be disabled from within', async () => {
  const answer = await ask('PATCH', '/v1/admin/workspaces/default', tenants.admin, { disabled: true });
  expect(answer).toMatchObject({ status: 409, json: { code: 'WORKSPACE_IS_OWN' } });
});

it('leave a trail of their changes', async () => {
  const entries = await auditEntries(tenants.core.database);
  expect(entries.filter(({ action }) => action === 'workspace.update')).toMatchObject([
    { before: { name: 'third' }, after: { name: 'fourth' }, outcome: 'done' },
  ]);
});
