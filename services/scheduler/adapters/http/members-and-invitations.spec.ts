import { auditEntries } from '../../fixtures/audit-entries';
import { eventually } from '../../fixtures/scheduler-under-test';
import { PASSWORD, TwoTenants } from './fixtures/two-tenants';

let tenants: TwoTenants;
beforeAll(async () => {
  tenants = await TwoTenants.open();
});
afterAll(() => tenants.close());

const MEMBERS = '/v1/workspaces/default/members';
const INVITATIONS = '/v1/workspaces/default/invitations';
const ask = (...args: Parameters<TwoTenants['ask']>) => tenants.ask(...args);
const idOf = async (token: string) => (await tenants.made('GET', '/v1/auth/me', token))['userId'] as string;
const invite = async (role = 'viewer', token = tenants.ann) =>
  (await tenants.made('POST', INVITATIONS, token, { invitee: 'somebody@example.com', role })) as { id: string; token: string };
const accept = (token: string, username: string, password = PASSWORD) =>
  ask('POST', '/v1/invitations/accept', undefined, { token, username, password });

describe('members', () => {
  it('are added, changed and removed by owners', async () => {
    const bob = await idOf(tenants.bob);
    const body = { username: 'BOB', role: 'operator' };
    expect(await ask('POST', MEMBERS, tenants.ann, body)).toMatchObject({ status: 201, json: { userId: bob, role: 'operator' } });
    expect(await ask('POST', MEMBERS, tenants.ann, body)).toMatchObject({ status: 409, json: { code: 'MEMBER_EXISTS' } });
    const nobody = await ask('POST', MEMBERS, tenants.ann, { username: 'nobody', role: 'viewer' });
    expect(nobody).toMatchObject({ status: 404, json: { code: 'USER_NOT_FOUND' } });
    const asOperator = await tenants.signIn('bob', 'default');
    expect(await ask('GET', MEMBERS, asOperator)).toMatchObject({ status: 403, json: { code: 'ROLE_FORBIDDEN' } });
    expect(await ask('PATCH', `${MEMBERS}/${bob}`, tenants.ann, { role: 'viewer' })).toMatchObject({
      status: 200,
      json: { role: 'viewer' },
    });
    expect(await ask('PATCH', `${MEMBERS}/${bob}`, tenants.ann, { role: 'admin' })).toMatchObject({ status: 400 });
    expect((await ask('DELETE', `${MEMBERS}/${bob}`, tenants.ann)).status).toBe(204);
    const names = (await ask('GET', MEMBERS, tenants.ann)).json.items.map((member: { username: string }) => member.username);
    expect(names).toEqual(['admin', 'ann']);
  });

  it('keep an owner who can sign in, whoever removes whom at the same time', async () => {
    const carol = await tenants.newcomer('carol', 'owner', tenants.bob, 'other');
    const [bob, asCarol] = [await idOf(tenants.bob), await tenants.signIn('carol')];
    const OTHERS = '/v1/workspaces/other/members';
    const admin = await idOf(tenants.admin);
    expect((await ask('PATCH', `${OTHERS}/${admin}`, tenants.bob, { role: 'viewer' })).status).toBe(200);
    const [one, two] = await Promise.all([
      ask('DELETE', `${OTHERS}/${carol}`, tenants.bob),
      ask('PATCH', `${OTHERS}/${bob}`, asCarol, { role: 'viewer' }),
    ]);
    expect([one.status, two.status].filter((status) => status < 300)).toHaveLength(1);
    // The second one is no owner any more by then.
    expect(['ROLE_FORBIDDEN', 'TOKEN_REVOKED']).toContain([one, two].find(({ status }) => status >= 300)?.json.code);
    const asAdmin = await tenants.signIn('admin', 'other');
    const owners = (await ask('GET', OTHERS, asAdmin)).json.items.filter(({ role }: { role: string }) => role === 'owner');
    expect(owners).toHaveLength(1);
    const last = `${OTHERS}/${owners[0].userId as string}`;
    for (const answer of [await ask('DELETE', last, asAdmin), await ask('PATCH', last, asAdmin, { role: 'operator' })]) {
      expect(answer).toMatchObject({ status: 409, json: { code: 'MEMBER_LAST_OWNER' } });
    }
    expect((await ask('PATCH', last, asAdmin, { role: 'owner' })).status).toBe(200);
  });
});

describe('an invitation', () => {
  it('lets one in, of many who come with it at the same time', async () => {
    const { token, id } = await invite('operator');
    const answers = await Promise.all(Array.from({ length: 6 }, (_, index) => accept(token, `dave${index}`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 404, 404, 404, 404, 404]);
    expect(answers.find(({ status }) => status === 404)?.json).toMatchObject({ code: 'INVITATION_INVALID' });
    const daves = (await ask('GET', MEMBERS, tenants.ann)).json.items.filter((member: { username: string }) =>
      /^dave/.test(member.username),
    );
    expect(daves).toMatchObject([{ role: 'operator' }]);
    const users = await tenants.core.database.query(`SELECT 1 FROM app_user WHERE username LIKE 'dave%'`);
    expect(users).toHaveLength(1);
    expect(await ask('DELETE', `${INVITATIONS}/${id}`, tenants.ann)).toMatchObject({ status: 404, json: { code: 'INVITATION_NOT_FOUND' } });
  });

  it('signs its newcomer in, with a session in the workspace that goes on', async () => {
    const { json } = await accept((await invite('operator')).token, 'judy');
    expect(json).toMatchObject({ workspace: 'default', role: 'operator', sessionId: expect.stringMatching(/^ses_/) });
    expect((await ask('GET', '/v1/auth/sessions', json.accessToken)).json.items).toMatchObject([{ current: true, method: 'invitation' }]);
    const next = await tenants.made('POST', '/v1/auth/refresh', undefined, { refreshToken: json.refreshToken });
    expect(next).toMatchObject({ sessionId: json.sessionId, workspace: 'default' });
  });

  it('is kept as a digest, and its token is in no list', async () => {
    const { token } = await invite();
    expect(token).toMatch(/^sin_[A-Za-z0-9_-]{43}$/);
    expect((await ask('GET', INVITATIONS, tenants.ann)).text).not.toContain(token.slice(10));
    const stored = await tenants.core.database.query(
      `SELECT invitation::text, (SELECT json_agg(entry) FROM audit_pending) AS trail FROM invitation`,
    );
    expect(JSON.stringify(stored)).not.toContain(token.slice(10));
    expect(tenants.rig.logLines.join('')).not.toContain(token.slice(10));
  });

  it.each([
    ['revoked', async ({ id }: { id: string }) => void (await ask('DELETE', `${INVITATIONS}/${id}`, tenants.ann))],
    [
      'expired',
      async ({ id }: { id: string }) =>
        void (await tenants.core.database.query('UPDATE invitation SET expires_at = now() WHERE id = $1', [id])),
    ],
  ])('is worth nothing once %s', async (_name, spoil) => {
    const invitation = await invite();
    await spoil(invitation);
    expect(await accept(invitation.token, 'erin')).toMatchObject({ status: 404, json: { code: 'INVITATION_INVALID' } });
    expect(await ask('POST', '/v1/invitations/join', tenants.bob, { token: invitation.token })).toMatchObject({ status: 404 });
    expect((await ask('GET', INVITATIONS, tenants.ann)).text).not.toContain(invitation.id);
  });

  it('is worth nothing once its inviter owns the workspace no more', async () => {
    const frank = await tenants.newcomer('frank', 'owner', tenants.ann, 'default');
    const { token } = await invite('owner', await tenants.signIn('frank'));
    expect((await ask('DELETE', `${MEMBERS}/${frank}`, tenants.ann)).status).toBe(204);
    expect(await accept(token, 'frank2')).toMatchObject({ status: 404, json: { code: 'INVITATION_INVALID' } });
  });

  it('is not used up by what fails', async () => {
    const { token } = await invite();
    expect(await accept(token, 'ann')).toMatchObject({ status: 409, json: { code: 'USER_NAME_TAKEN' } });
    expect(await accept(token, 'grace', 'short')).toMatchObject({ status: 400, json: { code: 'PASSWORD_WEAK' } });
    expect(await accept(token, 'grace@ws_1')).toMatchObject({ status: 400 });
    expect(await ask('POST', '/v1/invitations/join', tenants.ann, { token })).toMatchObject({
      status: 409,
      json: { code: 'MEMBER_EXISTS' },
    });
    expect((await accept(token, 'grace')).status).toBe(201);
  });

  it('brings somebody with an account in, who then has two workspaces', async () => {
    await tenants.newcomer('heidi', 'viewer', await tenants.signIn('admin', 'other'), 'other');
    const heidi = await tenants.signIn('heidi');
    const { token } = await invite('operator');
    const joined = await ask('POST', '/v1/invitations/join', heidi, { token });
    expect(joined).toMatchObject({ status: 201, json: { workspace: 'default', role: 'operator' } });
    const roles = (await ask('GET', '/v1/workspaces', heidi)).json.items;
    expect(roles).toMatchObject([
      { name: 'default', role: 'operator' },
      { name: 'other', role: 'viewer' },
    ]);
  });
});

describe('a service account', () => {
  const ACCOUNTS = '/v1/workspaces/default/service-accounts';
  const tokenOf = async (apiKey: unknown) => (await tenants.made('POST', '/v1/auth/token', undefined, { apiKey }))['accessToken'] as string;

  it('acts with keys of its own, and in no other way', async () => {
    expect((await ask('POST', ACCOUNTS, tenants.ann, { name: 'robot', role: 'operator' })).status).toBe(201);
    const taken = await ask('POST', ACCOUNTS, tenants.ann, { name: 'Robot', role: 'viewer' });
    expect(taken).toMatchObject({ status: 409, json: { code: 'SERVICE_ACCOUNT_NAME_TAKEN' } });
    const tooHigh = await ask('POST', `${ACCOUNTS}/robot/api-keys`, tenants.ann, { name: 'up', role: 'owner' });
    expect(tooHigh).toMatchObject({ status: 403, json: { code: 'API_KEY_ROLE_TOO_HIGH' } });
    const { apiKey } = await tenants.made('POST', `${ACCOUNTS}/robot/api-keys`, tenants.ann, { name: 'robot-key' });
    const robot = await tokenOf(apiKey);
    expect((await ask('GET', '/v1/auth/me', robot)).json).toMatchObject({ role: 'operator', workspace: 'default' });
    const { token } = await invite();
    expect(await ask('POST', '/v1/invitations/join', robot, { token })).toMatchObject({
      status: 403,
      json: { code: 'INVITATION_NOT_FOR_PROGRAMS' },
    });
    const me = (await ask('GET', '/v1/auth/me', robot)).json.username as string;
    for (const password of ['', 'x', PASSWORD]) {
      const answer = await ask('POST', '/v1/auth/token', undefined, { username: me, password });
      expect([400, 401]).toContain(answer.status);
    }
    const members = (await ask('GET', MEMBERS, tenants.ann)).text;
    const users = (await ask('GET', '/v1/admin/users', tenants.admin)).text;
    expect([members, users].some((text) => text.includes('robot'))).toBe(false);
  });

  it('is disabled and deleted by owners, with its keys', async () => {
    const { id } = await tenants.made('POST', ACCOUNTS, tenants.ann, { name: 'short-lived', role: 'owner' });
    const { apiKey } = await tenants.made('POST', `${ACCOUNTS}/short-lived/api-keys`, tenants.ann, { name: 'short' });
    const token = await tokenOf(apiKey);
    expect((await ask('PATCH', `${ACCOUNTS}/short-lived`, tenants.ann, { disabled: true })).json).toMatchObject({ disabled: true });
    expect((await ask('POST', '/v1/auth/token', undefined, { apiKey })).json.code).toBe('API_KEY_INVALID');
    await eventually(async () => (await ask('GET', '/v1/auth/me', token)).status === 401);
    await tenants.made('PATCH', `${ACCOUNTS}/short-lived`, tenants.ann, { disabled: false });
    await tokenOf(apiKey);
    expect((await ask('DELETE', `${ACCOUNTS}/${id as string}`, tenants.ann)).status).toBe(204);
    expect((await ask('POST', '/v1/auth/token', undefined, { apiKey })).json.code).toBe('API_KEY_INVALID');
    expect((await ask('GET', '/v1/api-keys', tenants.ann)).text).not.toContain('"short"');
  });
});

it('leaves a trail of it all, without a secret', async () => {
  // The first administrator was made by the platform itself.
  const entries = (await auditEntries(tenants.core.database)).filter(({ actor }) => actor.userId !== 'system');
  const actions = new Set(entries.map(({ action }) => action));
  expect([...actions]).toEqual(
    expect.arrayContaining([
      'workspace.create',
      'member.add',
      'member.change-role',
      'member.remove',
      'invitation.create',
      'invitation.accept',
      'invitation.revoke',
      'service-account.create',
      'service-account.update',
      'service-account.remove',
      'api-key.create',
    ]),
  );
  expect(entries.every(({ actor }) => actor.userId.startsWith('usr_') && actor.address !== '')).toBe(true);
  expect(JSON.stringify(entries)).not.toMatch(/sak_[A-Za-z0-9_-]{20}|sin_[A-Za-z0-9_-]{20}|argon2/);
  expect(JSON.stringify(entries)).not.toContain(PASSWORD);
});
