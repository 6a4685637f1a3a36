import { createHash } from 'node:crypto';
import { decodeProtectedHeader, importJWK, jwtVerify, SignJWT, type JWK } from 'jose';
import type { Database } from '@smartant/platform/postgres';
import type { Identity } from '../../../application/identity/identity';
import { createIdentity } from './index';
import { identityDatabase, newVault } from './fixtures/identity-database';

let nowMs = Date.now();
let database: Database;
let identity: Identity;
const vault = newVault();

const open = (overrides: { adminPassword?: string; apiKeyPepper?: string } = {}) =>
  createIdentity({
    database,
    vault,
    apiKeyPepper: 'pepper',
    adminPassword: 'correct horse',
    clock: { nowMs: () => nowMs },
    ...overrides,
  });

const admin = { username: 'admin', password: 'correct horse', address: '192.0.2.1' };

beforeEach(async () => {
  nowMs = Date.now();
  database = await identityDatabase('identity-spec');
  identity = await open();
});

afterEach(() => database.close());

describe('the first start', () => {
  it('makes the administrator with the configured password', async () => {
    expect(identity.firstAdmin).toEqual({ created: true, username: 'admin', generatedPassword: null, passwordAdvice: null });
    const { subject } = await identity.signIn.withPassword(admin);
    expect(subject).toMatchObject({ username: 'admin', role: 'admin', workspaceName: 'default', workspaceId: 'ws_default' });
  });

  it('changes nothing on a later start, whatever is configured then', async () => {
    const again = await open({ adminPassword: 'another password' });
    expect(again.firstAdmin.created).toBe(false);
    await expect(again.signIn.withPassword(admin)).resolves.toMatchObject({ subject: { username: 'admin' } });
  });

  it('generates a password where none is configured', async () => {
    await database.query('DELETE FROM app_user');
    const { firstAdmin, signIn } = await open({ adminPassword: undefined });
    expect(firstAdmin.generatedPassword).toHaveLength(24);
    await expect(signIn.withPassword({ ...admin, password: firstAdmin.generatedPassword ?? '' })).resolves.toBeDefined();
  });

  it('takes a password that is easy to guess, and says what to do about it', async () => {
    await database.query('DELETE FROM app_user');
    const { firstAdmin } = await open({ adminPassword: 'password1' });
    expect(firstAdmin).toMatchObject({ created: true, passwordAdvice: expect.stringContaining('commonly used') });
  });

  it('refuses a weak password', async () => {
    await database.query('DELETE FROM app_user');
    await expect(open({ adminPassword: 'short' })).rejects.toMatchObject({ code: 'ADMIN_PASSWORD_WEAK' });
  });

  it('agrees on one key and one administrator when replicas start together', async () => {
    await database.query('DELETE FROM app_user');
    await database.query('DELETE FROM signing_key');
    const replicas = await Promise.all([open(), open(), open(), open()]);
    expect(replicas.filter(({ firstAdmin }) => firstAdmin.created)).toHaveLength(1);
    const kids = await Promise.all(replicas.map(async ({ signingKeys }) => (await signingKeys.current()).kid));
    expect(new Set(kids).size).toBe(1);
  });
});

describe('signing in', () => {
  it('stores no password', async () => {
    const [row] = await database.query<{ password_hash: string }>('SELECT password_hash FROM app_user');
    expect(row?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it('does not tell a wrong name from a wrong password', async () => {
    const refusal = { code: 'SIGN_IN_FAILED', message: 'The user name or the password is wrong.' };
    await expect(identity.signIn.withPassword({ ...admin, password: 'wrong' })).rejects.toMatchObject(refusal);
    await expect(identity.signIn.withPassword({ ...admin, username: 'nobody' })).rejects.toMatchObject(refusal);
    await expect(identity.signIn.withPassword({ ...admin, username: 'nul\u0000' })).rejects.toMatchObject(refusal);
  });

  it('takes the name in any case', async () => {
    await expect(identity.signIn.withPassword({ ...admin, username: 'ADMIN' })).resolves.toBeDefined();
  });

  it('refuses a disabled user, and one without a workspace', async () => {
    await database.query('DELETE FROM workspace_member');
    await expect(identity.signIn.withPassword(admin)).resolves.toMatchObject({ subject: { role: 'admin' } });
    await database.query('UPDATE app_user SET platform_admin = false');
    await expect(identity.signIn.withPassword(admin)).rejects.toMatchObject({ code: 'WORKSPACE_MEMBERSHIP_MISSING' });
    await database.query('UPDATE app_user SET disabled_at = now()');
    await expect(identity.signIn.withPassword(admin)).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' });
  });

  it('locks after parallel guesses, also for the right password, but not from another address', async () => {
    const guesses = Array.from({ length: 30 }, (_, index) => identity.signIn.withPassword({ ...admin, password: `guess ${index}` }));
    const codes = (await Promise.allSettled(guesses)).map((guess) => (guess.status === 'rejected' ? guess.reason.code : 'in'));
    expect(codes.filter((code) => code === 'SIGN_IN_FAILED')).toHaveLength(5);
    expect(codes.filter((code) => code === 'SIGN_IN_LOCKED')).toHaveLength(25);
    await database.query("UPDATE sign_in_attempt SET blocked_until = now() + interval '60 seconds' WHERE blocked_until IS NOT NULL");
    await expect(identity.signIn.withPassword(admin)).rejects.toMatchObject({ code: 'SIGN_IN_LOCKED', retry: { kind: 'after' } });
    await expect(identity.signIn.withPassword({ ...admin, address: '192.0.2.2' })).resolves.toBeDefined();
  });

  it('doubles the wait up to a quarter of an hour, and forgets failures after a success', async () => {
    await identity.signIn.withPassword(admin);
    await database.query('DELETE FROM sign_in_attempt');
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 18; attempt += 1) {
      await expect(identity.signIn.withPassword({ ...admin, password: 'wrong' })).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' });
      const [row] = await database.query<{ wait: number | null }>(
        'SELECT extract(epoch FROM blocked_until - updated_at)::float8 AS wait FROM sign_in_attempt',
      );
      waits.push(row?.wait ?? 0);
      await database.query('UPDATE sign_in_attempt SET blocked_until = now()');
    }
    expect(waits).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]);
    await identity.signIn.withPassword(admin);
    expect(await database.query('SELECT 1 FROM sign_in_attempt')).toEqual([]);
  });

  it('keeps no name that was typed', async () => {
    await expect(identity.signIn.withPassword({ ...admin, username: 'my-secret-password' })).rejects.toBeDefined();
    expect(JSON.stringify(await database.query('SELECT * FROM sign_in_attempt'))).not.toContain('my-secret-password');
  });
});

describe('access tokens', () => {
  it('are checked by anyone with the published keys, and carry who asks', async () => {
    const { accessToken, expiresInSeconds } = await identity.signIn.withPassword(admin);
    expect(expiresInSeconds).toBe(900);
    const published = await identity.signingKeys.published();
    const { kid } = decodeProtectedHeader(accessToken);
    const jwk = published.find((key) => key.kid === kid);
    const { payload } = await jwtVerify(accessToken, await importJWK(jwk as JWK, 'ES256'), {
      issuer: 'smartant',
      audience: 'smartant-api',
    });
    expect(payload).toMatchObject({ ws: 'ws_default', wsn: 'default', role: 'admin', name: 'admin' });
    expect(JSON.stringify(published)).not.toContain('"d"');
  });

  it('expire', async () => {
    const { accessToken } = await identity.signIn.withPassword(admin);
    nowMs += 906_000;
    await expect(identity.tokens.verify(accessToken)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED', kind: 'unauthenticated' });
  });

  it.each([
    ['nonsense', async () => 'nonsense'],
    ['a changed signature', async (token: string) => `${token.slice(0, -6)}AAAAAA`],
    ['a changed payload', async (token: string) => token.replace(/\.([^.]+)\./, `.${btoa('{"role":"admin"}').replaceAll('=', '')}.`)],
    ['no signature', async () => `${btoa('{"alg":"none"}').replaceAll('=', '')}.${btoa('{"sub":"usr_1"}').replaceAll('=', '')}.`],
    [
      'a symmetric algorithm with the public key as its secret',
      async (token: string) =>
        new SignJWT({ ws: 'ws_default', wsn: 'default', role: 'admin', name: 'admin' })
          .setProtectedHeader({ alg: 'HS256', kid: decodeProtectedHeader(token).kid })
          .setSubject('usr_1')
          .setExpirationTime('1h')
          .sign(
            createHash('sha256')
              .update(JSON.stringify(await identity.signingKeys.published()))
              .digest(),
          ),
    ],
  ])('refuse %s', async (_name, change) => {
    const { accessToken } = await identity.signIn.withPassword(admin);
    await expect(identity.tokens.verify(await change(accessToken))).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });

  it('survive a restart and a rotation of the key, until the overlap ends', async () => {
    const { accessToken } = await identity.signIn.withPassword(admin);
    const restarted = await open();
    const kid = await restarted.signingKeys.rotate(0, 60_000);
    await expect(restarted.tokens.verify(accessToken)).resolves.toMatchObject({ username: 'admin' });
    expect(decodeProtectedHeader((await restarted.signIn.withPassword(admin)).accessToken).kid).toBe(kid);
    await database.query('UPDATE signing_key SET retires_at = now() WHERE retires_at IS NOT NULL');
    await expect((await open()).tokens.verify(accessToken)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });

  it('are not cut short by a rotation that an administrator asks for, which tells what it did', async () => {
    const { accessToken, subject } = await identity.signIn.withPassword(admin);
    const keys = await identity.signingKeyService.rotate(subject, { atOnce: false });
    expect(keys).toMatchObject([
      { state: 'next', retiresAt: null },
      { state: 'signing', retiresAt: expect.any(String) },
    ]);
    const [next, signing] = keys;
    const honouredMs = Date.parse(signing?.retiresAt ?? '') - Date.parse(next?.activatesAt ?? '');
    expect(honouredMs).toBeGreaterThanOrEqual((900 + 60 + 5) * 1_000);
    await expect(identity.tokens.verify(accessToken)).resolves.toBeDefined();
    const [audited] = await database.query<{ entry: object }>(
      "SELECT entry FROM audit_pending WHERE entry->>'action' = 'signing-key.rotate'",
    );
    expect(audited?.entry).toMatchObject({ target: { id: next?.kid }, actor: { userId: subject.userId } });
  });

  it('are useless at once where the key has leaked, also those of keys that were honoured still', async () => {
    const { accessToken, subject } = await identity.signIn.withPassword(admin);
    await identity.signingKeys.rotate(0, 900_000);
    const second = await identity.signIn.withPassword(admin);
    expect(await identity.signingKeyService.rotate(subject, { atOnce: true })).toMatchObject([{ state: 'signing' }]);
    await expect(identity.tokens.verify(accessToken)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    await expect(identity.tokens.verify(second.accessToken)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    await expect(identity.sessions.refresh(second.session?.refreshToken ?? '', { address: '192.0.2.1' })).resolves.toBeDefined();
    const owner = { ...subject, role: 'owner' as const };
    await expect(identity.signingKeyService.rotate(owner, { atOnce: true })).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
  });

  it('publish a key before it signs, and know a key that another replica rotated in', async () => {
    const other = await open();
    await other.signingKeys.rotate(600_000, 900_000);
    expect(await other.signingKeys.published()).toHaveLength(2);
    const before = (await identity.signingKeys.current()).kid;
    expect((await other.signingKeys.current()).kid).toBe(before);
    await other.signingKeys.rotate(0, 900_000);
    const { accessToken } = await other.signIn.withPassword(admin);
    nowMs += 6_000;
    await expect(identity.tokens.verify(accessToken)).resolves.toMatchObject({ username: 'admin' });
  });

  it('keep their private keys sealed, each under its own name', async () => {
    const [row] = await database.query<{ kid: string; sealed_private_key: string; public_jwk: object }>('SELECT * FROM signing_key');
    expect(row?.public_jwk).not.toHaveProperty('d');
    await expect(vault.open(`signing-key/${row?.kid}`, row?.sealed_private_key ?? '')).resolves.toBeInstanceOf(Buffer);
    await expect(vault.open('signing-key/another', row?.sealed_private_key ?? '')).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
    const foreign = createIdentity({ database, vault: newVault(), apiKeyPepper: 'pepper' });
    await expect(foreign).rejects.toMatchObject({ code: 'VAULT_KEY_MISMATCH' });
  });
});

describe('API keys', () => {
  const signIn = async () => (await identity.signIn.withPassword(admin)).subject;

  it('are shown once, stored as a digest, and exchanged for a token', async () => {
    const caller = await signIn();
    const { key, secret } = await identity.apiKeys.create(caller, { name: 'ci', role: 'operator', expiresInDays: 30 });
    expect(secret).toMatch(/^sak_[A-Za-z0-9_-]{43}$/);
    expect(secret.startsWith(key.prefix)).toBe(true);
    const stored = await database.query<{ digest: Buffer }>('SELECT * FROM api_key');
    expect(JSON.stringify(stored)).not.toContain(secret.slice(10));
    expect((await identity.signIn.withApiKey(secret)).subject).toMatchObject({ role: 'operator', userId: caller.userId });
    const [listed] = await identity.apiKeys.list(caller);
    expect(listed).toMatchObject({ id: key.id, name: 'ci', lastUsedAt: expect.any(String), expiresAt: expect.any(String) });
  });

  it('never have more power than the one who makes them, nor than their user has later', async () => {
    const caller = await signIn();
    await expect(identity.apiKeys.create({ ...caller, role: 'owner' }, { name: 'up', role: 'admin' })).rejects.toMatchObject({
      code: 'API_KEY_ROLE_TOO_HIGH',
    });
    const { secret } = await identity.apiKeys.create(caller, { name: 'mine' });
    await database.query('UPDATE app_user SET platform_admin = false');
    await database.query("UPDATE workspace_member SET role = 'viewer'");
    expect((await identity.signIn.withApiKey(secret)).subject.role).toBe('viewer');
  });

  it.each([
    ['revoked', (id: string) => `UPDATE api_key SET revoked_at = now() WHERE id = '${id}'`],
    ['expired', (id: string) => `UPDATE api_key SET expires_at = now() WHERE id = '${id}'`],
    ['of a disabled user', () => 'UPDATE app_user SET disabled_at = now()'],
    ['of a user who left the workspace', () => 'UPDATE app_user SET platform_admin = false; DELETE FROM workspace_member'],
    ['of a disabled workspace', () => 'UPDATE workspace SET disabled_at = now()'],
  ])('are refused when %s', async (_name, sql) => {
    const { key, secret } = await identity.apiKeys.create(await signIn(), { name: 'ci' });
    await database.query(sql(key.id));
    await expect(identity.signIn.withApiKey(secret)).rejects.toMatchObject({ code: 'API_KEY_INVALID', kind: 'unauthenticated' });
  });

  it('are refused when unknown, misshapen or made under another pepper', async () => {
    const { secret } = await identity.apiKeys.create(await signIn(), { name: 'ci' });
    for (const wrong of ['', 'sak_', 'x', secret.slice(0, -1), `${secret.slice(0, -1)}_`, `sak_${'A'.repeat(43)}`]) {
      await expect(identity.signIn.withApiKey(wrong)).rejects.toMatchObject({ code: 'API_KEY_INVALID' });
    }
    await expect((await open({ apiKeyPepper: 'other' })).signIn.withApiKey(secret)).rejects.toMatchObject({ code: 'API_KEY_INVALID' });
  });

  it('have a name of their own in their workspace, free again once revoked', async () => {
    const caller = await signIn();
    const { key } = await identity.apiKeys.create(caller, { name: 'ci' });
    await expect(identity.apiKeys.create(caller, { name: 'ci' })).rejects.toMatchObject({ code: 'API_KEY_NAME_TAKEN' });
    await identity.apiKeys.revoke(caller, key.id);
    await expect(identity.apiKeys.revoke(caller, key.id)).rejects.toMatchObject({ code: 'API_KEY_NOT_FOUND' });
    await expect(identity.apiKeys.create(caller, { name: 'ci' })).resolves.toBeDefined();
    await expect(identity.apiKeys.revoke({ ...caller, workspaceId: 'ws_other' }, key.id)).rejects.toMatchObject({
      code: 'API_KEY_NOT_FOUND',
    });
  });
});
