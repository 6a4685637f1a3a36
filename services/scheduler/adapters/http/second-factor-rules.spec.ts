import { Secret, TOTP } from 'otpauth';
import { auditEntries } from '../../fixtures/audit-entries';
import { createIdentity } from '../postgres/identity';
import { newVault } from '../postgres/identity/fixtures/identity-database';
import { startApi, type RunningApi } from './fixtures/running-api';

const PASSWORD = 'correct horse battery staple';
const ADMIN = { username: 'admin', password: 'correct horse' };
const RULES = '/v1/workspaces/default/sign-in-rules';
const REFUSED = { status: 403, json: { code: 'SECOND_FACTOR_ENROLMENT_REQUIRED', hint: expect.stringContaining('/enrolment') } };

let api: RunningApi;
const vault = newVault();
const open = async (secondFactorRequired: boolean) => {
  api = await startApi({}, { vault, secondFactorRequired });
};
afterEach(() => api.close());

const post = (path: string, body: unknown, token?: string) => api.call('POST', path, { body, token });
const signIn = (body: object = ADMIN) => post('/v1/auth/token', body);
const refresh = (refreshToken: string) => post('/v1/auth/refresh', { refreshToken });
const codeOf = (secret: string) => new TOTP({ secret: Secret.fromBase32(secret) }).generate();
/** Of the next time step: that of now was used to confirm. */
const nextCode = (secret: string) => new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + 30_000 });
const enrol = async (who: object = ADMIN) => {
  const { json } = await post('/v1/auth/second-factor/enrolment', who);
  const confirmed = await post('/v1/auth/second-factor/enrolment/confirm', { ...who, code: codeOf(json.secret as string) });
  return { ...confirmed, secret: json.secret as string };
};
/** An owner of both workspaces, whose second factor is not enrolled. */
const addAnn = async () => {
  const [admin] = await api.database.query<{ password_hash: string }>("SELECT password_hash FROM app_user WHERE username = 'admin'");
  await api.database.query("INSERT INTO app_user (id, username, password_hash) VALUES ('usr_ann', 'ann', $1)", [admin?.password_hash]);
  await api.database.query(
    "INSERT INTO workspace_member (workspace_id, user_id, role) VALUES ('ws_default', 'usr_ann', 'owner'), ('ws_other', 'usr_ann', 'viewer')",
  );
  return { username: 'ann', password: ADMIN.password };
};
const setRule = (token: string, secondFactorRequired: boolean) => api.call('PATCH', RULES, { token, body: { secondFactorRequired } });

describe('where the platform makes it compulsory', () => {
  beforeEach(() => open(true));

  it('lets a user without one in to enrol one, and to nothing else', async () => {
    const refused = await signIn();
    expect(refused).toMatchObject(REFUSED);
    expect(refused.json).not.toHaveProperty('accessToken');
    const enrolled = await enrol();
    expect(enrolled).toMatchObject({
      status: 200,
      json: { role: 'admin', workspace: 'default', refreshToken: expect.stringMatching(/^srt_/) },
    });
    expect(enrolled.json.recoveryCodes).toHaveLength(10);
    const token = enrolled.json.accessToken as string;
    expect((await api.call('GET', '/v1/auth/second-factor', { token })).json).toMatchObject({ enrolled: true, required: true });
    expect((await refresh(enrolled.json.refreshToken as string)).status).toBe(200);
    expect((await signIn()).json.code).toBe('SECOND_FACTOR_REQUIRED');
    expect((await signIn({ ...ADMIN, code: nextCode(enrolled.secret) })).status).toBe(200);
    expect((await signIn({ ...ADMIN, code: enrolled.json.recoveryCodes[0] })).status).toBe(200);
  });

  it('never locks the only administrator out: the password is enough to enrol, and to replace a lost app by a recovery code', async () => {
    const { json } = await enrol();
    const token = json.accessToken as string;
    const removal = { password: ADMIN.password, code: json.recoveryCodes[1] };
    expect((await post('/v1/auth/second-factor/remove', removal, token)).status).toBe(204);
    expect(await refresh(json.refreshToken as string)).toMatchObject(REFUSED);
    expect(await signIn()).toMatchObject(REFUSED);
    expect((await enrol()).status).toBe(200);
  });

  it('lets whoever runs the platform reset the only administrator, once for all replicas that start', async () => {
    const { json } = await enrol();
    const before = new Date(Date.now() + 1_000).toISOString();
    expect(await api.identity.secondFactor.resetAtStart('ADMIN', before)).toBe(true);
    expect((await refresh(json.refreshToken as string)).json.code).toBe('SESSION_ENDED');
    expect((await auditEntries(api.database)).at(-1)).toMatchObject({ action: 'second-factor.reset', actor: { userId: 'system' } });
    expect((await enrol()).status).toBe(200);
    await api.database.query("UPDATE user_second_factor SET confirmed_at = now() + interval '1 minute'");
    expect(await api.identity.secondFactor.resetAtStart('admin', before)).toBe(false);
    expect(await api.identity.secondFactor.resetAtStart('nobody', before)).toBe(false);
    expect((await signIn()).json.code).toBe('SECOND_FACTOR_REQUIRED');
  });

  it('enrols with the right password alone, slows guesses of it down, and shows a second secret to nobody', async () => {
    const wrong = { ...ADMIN, password: 'wrong' };
    expect((await post('/v1/auth/second-factor/enrolment', wrong)).json.code).toBe('SIGN_IN_FAILED');
    expect((await post('/v1/auth/second-factor/enrolment/confirm', { ...wrong, code: '000000' })).json.code).toBe('SIGN_IN_FAILED');
    await enrol();
    expect(await post('/v1/auth/second-factor/enrolment', ADMIN)).toMatchObject({ status: 409, json: { code: 'SECOND_FACTOR_IN_USE' } });
    for (let index = 0; index < 5; index += 1) await post('/v1/auth/second-factor/enrolment', wrong);
    expect((await post('/v1/auth/second-factor/enrolment', ADMIN)).json.code).toBe('SIGN_IN_LOCKED');
  });

  it('enrols nothing where there is no such workspace: recovery codes are shown once', async () => {
    const { secret } = (await post('/v1/auth/second-factor/enrolment', ADMIN)).json;
    const confirm = (more: object) => post('/v1/auth/second-factor/enrolment/confirm', { ...ADMIN, ...more });
    expect((await confirm({ code: codeOf(secret as string), workspace: 'nowhere' })).json.code).toBe('WORKSPACE_FORBIDDEN');
    expect((await confirm({ code: '000000' })).json.code).toBe('SECOND_FACTOR_WRONG');
    expect((await confirm({ code: codeOf(secret as string), workspace: 'other' })).json).toMatchObject({ workspace: 'other' });
  });

  it('makes the account of an invitation, and opens no session for it', async () => {
    expect(await post('/v1/invitations/accept', { token: 'sin_token', username: 'bob', password: PASSWORD })).toMatchObject(REFUSED);
    expect(await api.database.query('SELECT 1 FROM user_session')).toEqual([]);
  });

  it('is not asked of API keys', async () => {
    const { json } = await enrol();
    const made = await post('/v1/api-keys', { name: 'ci' }, json.accessToken as string);
    await api.database.query('DELETE FROM user_second_factor');
    expect((await signIn({ apiKey: made.json.apiKey })).status).toBe(200);
  });
});

it('holds sessions from before the platform made it compulsory to it, when they are renewed', async () => {
  await open(false);
  const [first, other] = [await signIn(), await signIn()];
  const restarted = await createIdentity({ database: api.database, vault, apiKeyPepper: 'pepper', secondFactorRequired: true });
  const renew = (token: string) => restarted.sessions.refresh(token, { address: '192.0.2.1' });
  for (let times = 0; times < 2; times += 1) {
    await expect(renew(first.json.refreshToken as string)).rejects.toMatchObject({ code: 'SECOND_FACTOR_ENROLMENT_REQUIRED' });
  }
  expect((await refresh(other.json.refreshToken as string)).status).toBe(200);
});

describe('where the owners of a workspace make it compulsory', () => {
  beforeEach(() => open(false));

  it('is set by owners who have signed in with one themselves, and is on the trail', async () => {
    const ann = await addAnn();
    const weak = (await signIn(ann)).json;
    expect(await setRule(weak.accessToken as string, true)).toMatchObject({ status: 403, json: { code: 'SECOND_FACTOR_OWN_MISSING' } });
    const key = (await post('/v1/api-keys', { name: 'ci' }, weak.accessToken as string)).json.apiKey;
    const withKey = (await signIn({ apiKey: key })).json.accessToken as string;
    expect(await setRule(withKey, true)).toMatchObject({ status: 403, json: { code: 'SESSION_NEEDED' } });
    const strong = (await enrol(ann)).json.accessToken as string;
    expect(await setRule(strong, true)).toMatchObject({
      status: 200,
      json: { secondFactorRequired: true, secondFactorRequiredByPlatform: false },
    });
    expect((await api.call('GET', RULES, { token: withKey })).json).toMatchObject({ secondFactorRequired: true });
    expect((await auditEntries(api.database)).at(-1)).toMatchObject({
      action: 'workspace.set-sign-in-rules',
      actor: { userId: 'usr_ann' },
      before: { secondFactorRequired: false },
      after: { secondFactorRequired: true },
    });
    const viewer = (await signIn({ ...ADMIN, workspace: 'other' })).json.accessToken as string;
    expect((await setRule(viewer, false)).json.code).toBe('WORKSPACE_FORBIDDEN');
  });

  it('holds for that workspace alone: at sign-in, at a switch, and when a session is renewed', async () => {
    const ann = await addAnn();
    const before = (await signIn()).json;
    expect((await setRule((await enrol(ann)).json.accessToken as string, true)).status).toBe(200);
    expect(await signIn()).toMatchObject(REFUSED);
    expect(await refresh(before.refreshToken as string)).toMatchObject(REFUSED);
    // The tokens that it got before live on for minutes.
    expect((await api.call('GET', '/v1/auth/me', { token: before.accessToken as string })).status).toBe(200);
    expect(await setRule(before.accessToken as string, false)).toMatchObject({ json: { code: 'SECOND_FACTOR_OWN_MISSING' } });
    const elsewhere = (await signIn({ ...ADMIN, workspace: 'other' })).json;
    expect(elsewhere).toMatchObject({ workspace: 'other' });
    expect(await post('/v1/auth/workspace', { workspace: 'default' }, elsewhere.accessToken as string)).toMatchObject(REFUSED);
    expect((await refresh(elsewhere.refreshToken as string)).json).toMatchObject({ workspace: 'other' });
    expect(await post('/v1/auth/workspace', { workspace: 'default' }, await api.token('admin', 'other'))).toMatchObject(REFUSED);
  });

  it('counts a session in which one was enrolled, and no session any more in which it was removed', async () => {
    const ann = await addAnn();
    expect((await setRule((await enrol(ann)).json.accessToken as string, true)).status).toBe(200);
    const { json } = await signIn({ ...ADMIN, workspace: 'other' });
    const token = json.accessToken as string;
    const { secret } = (await post('/v1/auth/second-factor', { password: ADMIN.password }, token)).json;
    expect((await post('/v1/auth/second-factor/confirm', { code: codeOf(secret as string) }, token)).status).toBe(200);
    expect((await post('/v1/auth/workspace', { workspace: 'default' }, token)).status).toBe(200);
    const { items } = (await api.call('GET', '/v1/auth/sessions', { token })).json;
    expect(items).toMatchObject([{ current: true, secondFactor: true }]);
    const removal = { password: ADMIN.password, code: nextCode(secret as string) };
    expect((await post('/v1/auth/second-factor/remove', removal, token)).status).toBe(204);
    expect(await refresh(json.refreshToken as string)).toMatchObject(REFUSED);
  });
});
