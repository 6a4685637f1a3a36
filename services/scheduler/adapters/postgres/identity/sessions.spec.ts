import type { Database } from '@smartant/platform/postgres';
import type { TokenSubject } from '../../../application/identity/access-tokens';
import type { Identity } from '../../../application/identity/identity';
import type { IssuedToken } from '../../../application/identity/sign-in';
import { createIdentity } from './index';
import { identityDatabase, newVault, standingNow } from './fixtures/identity-database';

let database: Database;
let identity: Identity;

const admin = { username: 'admin', password: 'correct horse', address: '192.0.2.1', userAgent: 'spec/1\u001b[2J' };
const laptop = { address: '192.0.2.1', userAgent: 'laptop' };
const thief = { address: '198.51.100.9', userAgent: 'thief' };

beforeEach(async () => {
  database = await identityDatabase('sessions-spec');
  identity = await createIdentity({ database, vault: newVault(), apiKeyPepper: 'pepper', adminPassword: 'correct horse' });
});

afterEach(() => database.close());

const signIn = () => identity.signIn.withPassword(admin);
const tokenOf = ({ session }: Pick<IssuedToken, 'session'>) => session?.refreshToken ?? '';
const callerOf = ({ subject }: { subject: TokenSubject }) => ({
  ...subject,
  origin: { address: '192.0.2.1', credential: subject.credential, traceId: 'trace' },
});
/** As if the last rotation had been so long ago. */
const later = (seconds: number) => database.query(`UPDATE user_session SET rotated_at = rotated_at - interval '${seconds} seconds'`);
const audited = async () =>
  (await database.query<{ entry: { action: string } }>('SELECT entry FROM audit_pending')).map(({ entry }) => entry);

describe('a session', () => {
  it('is opened by a password, carried by the access token, and told of without secrets', async () => {
    const signedIn = await signIn();
    expect(tokenOf(signedIn)).toMatch(/^srt_[A-Za-z0-9_-]{43}$/);
    expect(signedIn.subject.credential).toBe(signedIn.session?.id);
    const [session] = await identity.sessions.list(callerOf(signedIn));
    expect(session).toMatchObject({ id: signedIn.session?.id, method: 'password', address: '192.0.2.1', userAgent: 'spec/1[2J' });
    const kept = JSON.stringify([
      session,
      await database.query('SELECT * FROM user_session'),
      await database.query("SELECT encode(digest, 'escape') FROM user_session_token"),
      await audited(),
    ]);
    expect(kept).not.toContain(tokenOf(signedIn).slice(4));
    expect((await audited()).slice(-1)).toMatchObject([
      { action: 'session.open', after: { method: 'password' }, actor: { address: '192.0.2.1' } },
    ]);
  });

  it('is none for an API key', async () => {
    const caller = callerOf(await signIn());
    const { secret, key } = await identity.apiKeys.create(caller, { name: 'ci' });
    expect(await identity.signIn.withApiKey(secret)).toMatchObject({ session: null, subject: { credential: key.id } });
  });

  it('goes on with each new token, from where the client is now, with the role of now', async () => {
    const first = await signIn();
    await database.query('UPDATE app_user SET platform_admin = false');
    const second = await identity.sessions.refresh(tokenOf(first), { address: '192.0.2.7', userAgent: 'laptop' });
    expect(second).toMatchObject({ subject: { role: 'owner', credential: first.session?.id } });
    expect(tokenOf(second)).not.toBe(tokenOf(first));
    await expect(identity.sessions.list(callerOf(first))).resolves.toMatchObject([{ address: '192.0.2.7', userAgent: 'laptop' }]);
    await expect(identity.sessions.refresh(tokenOf(second), laptop)).resolves.toBeDefined();
  });

  it.each([
    ['was ended', "UPDATE user_session SET ended_at = now(), end_reason = 'revoked'"],
    ['was not used for too long', 'UPDATE user_session SET idle_until = now()'],
    ['belongs to a disabled user', 'UPDATE app_user SET disabled_at = now()'],
    ['belongs to a user who left its workspace', 'UPDATE app_user SET platform_admin = false; DELETE FROM workspace_member'],
    ['is gone', 'DELETE FROM user_session'],
  ])('is refused when it %s', async (_name, sql) => {
    const signedIn = await signIn();
    await database.query(sql);
    await expect(identity.sessions.refresh(tokenOf(signedIn), laptop)).rejects.toMatchObject({
      code: 'SESSION_ENDED',
      kind: 'unauthenticated',
    });
  });

  it('is not moved beyond its end by being used', async () => {
    const signedIn = await signIn();
    await database.query("UPDATE user_session SET ends_at = now() + interval '1 minute'");
    await identity.sessions.refresh(tokenOf(signedIn), laptop);
    const [session] = await identity.sessions.list(callerOf(signedIn));
    expect(session?.idleUntil).toBe(session?.endsAt);
  });
});

describe('a session in several workspaces', () => {
  beforeEach(() =>
    database.query("INSERT INTO workspace_member (workspace_id, user_id, role) SELECT 'ws_other', id, 'viewer' FROM app_user"),
  );

  it('begins in the one that is wanted', async () => {
    const signedIn = await identity.signIn.withPassword({ ...admin, workspace: 'other' });
    expect(signedIn.subject).toMatchObject({ workspaceId: 'ws_other', credential: signedIn.session?.id });
    await expect(identity.sessions.list(callerOf(signedIn))).resolves.toMatchObject([{ workspaceId: 'ws_other' }]);
    await expect(identity.signIn.withPassword({ ...admin, workspace: 'nowhere' })).rejects.toMatchObject({ code: 'WORKSPACE_FORBIDDEN' });
    await expect(identity.sessions.list(callerOf(signedIn))).resolves.toHaveLength(1);
  });

  it('is the same after a switch, and refreshed to where it was switched to', async () => {
    const first = await signIn();
    const subject = await standingNow(database, identity, first.accessToken);
    const switched = await identity.switchWorkspace.to(subject, 'other', laptop);
    expect(switched).toMatchObject({ subject: { workspaceId: 'ws_other' }, session: { id: first.session?.id } });
    await expect(standingNow(database, identity, switched.accessToken)).resolves.toMatchObject({ credential: first.session?.id });
    const next = await identity.sessions.refresh(tokenOf(first), laptop);
    expect(next.subject).toMatchObject({ workspaceId: 'ws_other', credential: first.session?.id });
    expect(await audited()).toContainEqual(
      expect.objectContaining({
        action: 'session.switch-workspace',
        before: { workspaceId: 'ws_default' },
        after: { workspaceId: 'ws_other' },
      }),
    );
    await identity.sessions.end(callerOf(next), 'current');
    await expect(identity.switchWorkspace.to(subject, 'default', laptop)).rejects.toMatchObject({ code: 'SESSION_ENDED' });
  });

  it('gives nothing more in one that its user was removed from', async () => {
    const { subject, accessToken, ...rest } = await identity.signIn.withPassword({ ...admin, workspace: 'other' });
    await database.query("UPDATE app_user SET platform_admin = false; DELETE FROM workspace_member WHERE workspace_id = 'ws_other'");
    await expect(standingNow(database, identity, accessToken)).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
    await expect(identity.sessions.refresh(tokenOf(rest), laptop)).rejects.toMatchObject({ code: 'SESSION_ENDED' });
    await expect(identity.switchWorkspace.to({ ...subject, expiresAt: Infinity }, 'other', laptop)).rejects.toMatchObject({
      code: 'WORKSPACE_FORBIDDEN',
    });
  });
});

describe('a refresh token that was used before', () => {
  it('is taken once more in a retried request, and both answers go on', async () => {
    const first = await signIn();
    const lost = await identity.sessions.refresh(tokenOf(first), laptop);
    const retried = await identity.sessions.refresh(tokenOf(first), laptop);
    expect(tokenOf(retried)).not.toBe(tokenOf(lost));
    const next = await identity.sessions.refresh(tokenOf(retried), laptop);
    await expect(identity.sessions.refresh(tokenOf(next), laptop)).resolves.toBeDefined();
  });

  it('ends the session for owner and thief when it comes back later', async () => {
    const first = await signIn();
    const owner = await identity.sessions.refresh(tokenOf(first), laptop);
    await later(31);
    await expect(identity.sessions.refresh(tokenOf(first), thief)).rejects.toMatchObject({ code: 'REFRESH_TOKEN_REUSED' });
    await expect(identity.sessions.refresh(tokenOf(owner), laptop)).rejects.toMatchObject({ code: 'SESSION_ENDED' });
    await expect(standingNow(database, identity, owner.accessToken)).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
    expect(await audited()).toContainEqual(
      expect.objectContaining({
        action: 'session.end',
        after: { why: 'token-reused' },
        actor: expect.objectContaining({ address: thief.address }),
      }),
    );
  });

  it('ends the session also when the thief came within the grace: one of the two comes second', async () => {
    const first = await signIn();
    const owner = await identity.sessions.refresh(tokenOf(first), laptop);
    const stolen = await identity.sessions.refresh(tokenOf(first), thief);
    await identity.sessions.refresh(tokenOf(stolen), thief);
    await later(31);
    await expect(identity.sessions.refresh(tokenOf(owner), laptop)).rejects.toMatchObject({ code: 'REFRESH_TOKEN_REUSED' });
  });

  it('is not taken two rotations later, however soon', async () => {
    const first = await signIn();
    const second = await identity.sessions.refresh(tokenOf(first), laptop);
    await identity.sessions.refresh(tokenOf(second), laptop);
    await expect(identity.sessions.refresh(tokenOf(first), thief)).rejects.toMatchObject({ code: 'REFRESH_TOKEN_REUSED' });
  });

  it('gives parallel requests one rotation', async () => {
    const first = await signIn();
    const all = await Promise.all(Array.from({ length: 8 }, () => identity.sessions.refresh(tokenOf(first), laptop)));
    expect(new Set(all.map(tokenOf)).size).toBe(8);
    expect(await database.query('SELECT generation FROM user_session')).toEqual([{ generation: 2 }]);
  });

  it.each(['', 'srt_short', `srt_${'a'.repeat(43)}`, `sak_${'a'.repeat(43)}`])('%s is refused', async (token) => {
    await expect(identity.sessions.refresh(token, laptop)).rejects.toMatchObject({ code: 'SESSION_ENDED' });
  });
});

describe('ending sessions', () => {
  it('stops their access tokens, and leaves others alone', async () => {
    const [here, elsewhere] = [await signIn(), await signIn()];
    await identity.sessions.end(callerOf(here), elsewhere.session?.id ?? '');
    await expect(standingNow(database, identity, elsewhere.accessToken)).rejects.toMatchObject({
      code: 'TOKEN_REVOKED',
      kind: 'unauthenticated',
    });
    await expect(standingNow(database, identity, here.accessToken)).resolves.toMatchObject({ username: 'admin' });
    await identity.sessions.end(callerOf(here), 'current');
    await expect(standingNow(database, identity, here.accessToken)).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
    expect((await audited()).filter(({ action }) => action === 'session.end')).toMatchObject([
      { after: { why: 'revoked' } },
      { after: { why: 'signed-out' } },
    ]);
  });

  it('is for the owner alone', async () => {
    const signedIn = await signIn();
    const stranger = { ...callerOf(signedIn), userId: 'usr_other' };
    await expect(identity.sessions.end(stranger, signedIn.session?.id ?? '')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
    await expect(identity.sessions.list(stranger)).resolves.toEqual([]);
  });

  it('happens to those unused for longest when a user has too many', async () => {
    const kept = await signIn();
    await database.query(
      `INSERT INTO user_session (id, user_id, workspace_id, method, address, idle_until, ends_at, last_used_at)
       SELECT 'ses_' || n, user_id, workspace_id, method, address, idle_until, ends_at, last_used_at - make_interval(secs => n)
       FROM user_session, generate_series(1, 499) AS n`,
    );
    const newest = await signIn();
    const ids = (await identity.sessions.list(callerOf(kept))).map(({ id }) => id);
    expect(ids).toHaveLength(500);
    expect(ids).toEqual(expect.arrayContaining([kept.session?.id, newest.session?.id, 'ses_498']));
    expect(ids).not.toContain('ses_499');
  });

  it('forgets them a month later', async () => {
    await signIn();
    await database.query("UPDATE user_session SET idle_until = now() - interval '31 days'");
    await signIn();
    expect(await database.query('SELECT 1 FROM user_session')).toHaveLength(1);
  });
});

describe('an access token of an API key', () => {
  it.each([
    ['revoked', 'UPDATE api_key SET revoked_at = now()'],
    ['expired', 'UPDATE api_key SET expires_at = now()'],
    ['of a disabled user', 'UPDATE app_user SET disabled_at = now()'],
  ])('stops when the key is %s', async (_name, sql) => {
    const { secret } = await identity.apiKeys.create(callerOf(await signIn()), { name: 'ci' });
    const { accessToken } = await identity.signIn.withApiKey(secret);
    await expect(standingNow(database, identity, accessToken)).resolves.toBeDefined();
    await database.query(sql);
    await expect(standingNow(database, identity, accessToken)).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
  });
});

describe('changing the password', () => {
  const change = { currentPassword: 'correct horse', newPassword: 'winter over the bridge' };

  it('ends the other sessions, and only the new password signs in', async () => {
    const [here, elsewhere] = [await signIn(), await signIn()];
    await identity.changePassword.change(callerOf(here), change);
    await expect(standingNow(database, identity, here.accessToken)).resolves.toBeDefined();
    await expect(identity.sessions.refresh(tokenOf(elsewhere), laptop)).rejects.toMatchObject({ code: 'SESSION_ENDED' });
    await expect(signIn()).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' });
    await expect(identity.signIn.withPassword({ ...admin, password: change.newPassword })).resolves.toBeDefined();
    expect(await audited()).toContainEqual(expect.objectContaining({ action: 'user.change-password', after: { endedSessions: 1 } }));
    expect(JSON.stringify(await audited())).not.toMatch(/winter over|correct horse|argon2/);
  });

  it('needs the current one, a strong new one, and a session', async () => {
    const caller = callerOf(await signIn());
    await expect(identity.changePassword.change(caller, { ...change, currentPassword: 'x' })).rejects.toMatchObject({
      code: 'PASSWORD_WRONG',
    });
    await expect(identity.changePassword.change(caller, { ...change, newPassword: 'admin123' })).rejects.toMatchObject({
      code: 'PASSWORD_WEAK',
    });
    const withKey = { ...caller, origin: { ...caller.origin, credential: 'key_1' } };
    await expect(identity.changePassword.change(withKey, change)).rejects.toMatchObject({
      code: 'SESSION_NEEDED',
      hint: expect.stringContaining('smartant login'),
    });
    await expect(signIn()).resolves.toBeDefined();
  });

  it('slows guesses of the current one down, for that user alone', async () => {
    const caller = callerOf(await signIn());
    const wrong = { ...change, currentPassword: 'wrong' };
    for (let guess = 0; guess < 5; guess += 1)
      await expect(identity.changePassword.change(caller, wrong)).rejects.toMatchObject({ code: 'PASSWORD_WRONG' });
    await expect(identity.changePassword.change(caller, change)).rejects.toMatchObject({ code: 'SIGN_IN_LOCKED' });
    await expect(signIn()).resolves.toBeDefined();
  });
});
