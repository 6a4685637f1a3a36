import { Secret, TOTP } from 'otpauth';
import type { Database } from '@smartant/platform/postgres';
import type { Identity } from '../../../application/identity/identity';
import { createIdentity } from './index';
import { identityDatabase, newVault, standingNow } from './fixtures/identity-database';

let nowMs = 0;
let database: Database;
let identity: Identity;
const vault = newVault();

const admin = { username: 'admin', password: 'correct horse', address: '192.0.2.1' };
const open = () =>
  createIdentity({ database, vault, apiKeyPepper: 'pepper', adminPassword: 'correct horse', clock: { nowMs: () => nowMs } });

beforeEach(async () => {
  nowMs = 1_800_000_000_000;
  database = await identityDatabase('second-factor-spec');
  identity = await open();
});

afterEach(() => database.close());

const signIn = async (code?: string) => {
  const signedIn = await identity.signIn.withPassword({ ...admin, code });
  const { subject } = signedIn;
  return { ...signedIn, caller: { ...subject, origin: { address: '192.0.2.1', credential: subject.credential, traceId: null } } };
};
/** What the app on the phone shows now. */
const appOf = (secret: string) => () => new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: nowMs });

const enrolled = async () => {
  const { caller } = await signIn();
  const { secret } = await identity.secondFactor.enrol(caller, admin.password);
  const code = appOf(secret);
  const recoveryCodes = await identity.secondFactor.confirm(caller, code());
  nowMs += 30_000;
  return { caller, code, recoveryCodes, secret };
};
const audited = async () =>
  (await database.query<{ entry: { action: string } }>('SELECT entry FROM audit_pending')).map(({ entry }) => entry);

describe('a second factor', () => {
  it('is asked for from its first code on, and not before', async () => {
    const { caller } = await signIn();
    const { uri, secret } = await identity.secondFactor.enrol(caller, admin.password);
    expect(uri).toContain(`otpauth://totp/SmartAnt:admin?issuer=SmartAnt&secret=${secret}`);
    await expect(signIn()).resolves.toBeDefined();
    await expect(identity.secondFactor.confirm(caller, '000000')).rejects.toMatchObject({ code: 'SECOND_FACTOR_WRONG', kind: 'forbidden' });
    expect(await identity.secondFactor.confirm(caller, appOf(secret)())).toHaveLength(10);
    await expect(signIn()).rejects.toMatchObject({ code: 'SECOND_FACTOR_REQUIRED', kind: 'unauthenticated' });
    await expect(identity.secondFactor.status(caller)).resolves.toMatchObject({ enrolled: true, recoveryCodesLeft: 10 });
  });

  it('is asked for after the password alone: a guesser learns nothing of it', async () => {
    await enrolled();
    await expect(identity.signIn.withPassword({ ...admin, password: 'wrong' })).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' });
  });

  it('lets a code in once, also when two replicas see it at the same time', async () => {
    const { code } = await enrolled();
    const other = await open();
    const tries = [identity, other, identity, other].map(({ signIn: replica }) => replica.withPassword({ ...admin, code: code() }));
    const codes = (await Promise.allSettled(tries)).map((each) => (each.status === 'fulfilled' ? 'in' : each.reason.code));
    expect(codes.sort()).toEqual(['SECOND_FACTOR_WRONG', 'SECOND_FACTOR_WRONG', 'SECOND_FACTOR_WRONG', 'in']);
  });

  it('does not let the code in that confirmed it, nor an earlier one after a later one', async () => {
    const { caller } = await signIn();
    const code = appOf((await identity.secondFactor.enrol(caller, admin.password)).secret);
    const first = code();
    await identity.secondFactor.confirm(caller, first);
    await expect(signIn(first)).rejects.toMatchObject({ code: 'SECOND_FACTOR_WRONG' });
    nowMs += 30_000;
    const second = code();
    nowMs += 30_000;
    await signIn(code());
    await expect(signIn(second)).rejects.toMatchObject({ code: 'SECOND_FACTOR_WRONG' });
  });

  it('is slowed down like a password, from all addresses together', async () => {
    const { code } = await enrolled();
    const guess = (index: number) => identity.signIn.withPassword({ ...admin, address: `192.0.2.${index}`, code: '000000' });
    for (let index = 10; index < 15; index += 1) await expect(guess(index)).rejects.toMatchObject({ code: 'SECOND_FACTOR_WRONG' });
    await expect(signIn(code())).rejects.toMatchObject({ code: 'SIGN_IN_LOCKED' });
  });

  it('gives way to each recovery code once, however it is written', async () => {
    const { recoveryCodes, caller } = await enrolled();
    const [one = '', two = ''] = recoveryCodes;
    // With 112 bits of entropy a fast hash is enough to keep one.
    expect(one.replaceAll('-', '').length * Math.log2(29)).toBeGreaterThan(112);
    expect(one).toMatch(/^(\w{4}-){5}\w{4}$/);
    await expect(signIn(one)).resolves.toBeDefined();
    await expect(signIn(one)).rejects.toMatchObject({ code: 'SECOND_FACTOR_WRONG' });
    await expect(signIn(` ${two.replaceAll('-', '').toUpperCase()} `)).resolves.toBeDefined();
    await expect(identity.secondFactor.status(caller)).resolves.toMatchObject({ recoveryCodesLeft: 8 });
    expect((await audited()).filter(({ action }) => action === 'second-factor.use-recovery-code')).toHaveLength(2);
  });

  it('leaves the recovery codes where its secret was given up with a lost key', async () => {
    const { recoveryCodes, code } = await enrolled();
    await database.query("UPDATE user_second_factor SET sealed_secret = ''");
    await expect(signIn(code())).rejects.toMatchObject({ code: 'SECOND_FACTOR_WRONG' });
    await expect(signIn(recoveryCodes[0]!)).resolves.toBeDefined();
  });

  it('is kept sealed, its recovery codes hashed, and neither is in the trail', async () => {
    const { recoveryCodes, secret, caller } = await enrolled();
    const kept = JSON.stringify([
      await database.query('SELECT * FROM user_second_factor'),
      await database.query("SELECT user_id, encode(digest, 'escape') FROM user_recovery_code"),
      await audited(),
    ]);
    for (const text of [secret, ...recoveryCodes]) expect(kept).not.toContain(text);
    const [row] = await database.query<{ sealed_secret: string }>('SELECT sealed_secret FROM user_second_factor');
    await expect(vault.open(`second-factor/${caller.userId}`, row?.sealed_secret ?? '')).resolves.toHaveLength(20);
    await expect(vault.open('second-factor/usr_other', row?.sealed_secret ?? '')).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
  });
});

describe('changing it', () => {
  it('ends the other sessions when it is enrolled', async () => {
    const elsewhere = await signIn();
    const { caller } = await enrolled();
    await expect(identity.sessions.list(caller)).resolves.toMatchObject([{ id: caller.credential }]);
    await expect(standingNow(database, identity, elsewhere.accessToken)).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
  });

  it('needs the password to enrol, a session, and no factor before', async () => {
    const { caller } = await enrolled();
    await expect(identity.secondFactor.enrol(caller, 'wrong')).rejects.toMatchObject({ code: 'PASSWORD_WRONG' });
    await expect(identity.secondFactor.enrol(caller, admin.password)).rejects.toMatchObject({ code: 'SECOND_FACTOR_IN_USE' });
    const withKey = { ...caller, origin: { ...caller.origin, credential: 'key_1' } };
    await expect(identity.secondFactor.enrol(withKey, admin.password)).rejects.toMatchObject({ code: 'SESSION_NEEDED' });
    await expect(identity.secondFactor.confirm(withKey, '000000')).rejects.toMatchObject({ code: 'SESSION_NEEDED' });
  });

  it('needs both factors to be removed', async () => {
    const { caller, code } = await enrolled();
    await expect(identity.secondFactor.remove(caller, 'wrong', code())).rejects.toMatchObject({ code: 'PASSWORD_WRONG' });
    await expect(identity.secondFactor.remove(caller, admin.password, '000000')).rejects.toMatchObject({
      code: 'SECOND_FACTOR_WRONG',
      kind: 'forbidden',
    });
    await identity.secondFactor.remove(caller, admin.password, code());
    await expect(signIn()).resolves.toBeDefined();
    await expect(identity.secondFactor.remove(caller, admin.password, '000000')).rejects.toMatchObject({ code: 'SECOND_FACTOR_MISSING' });
    expect((await audited()).map(({ action }) => action)).toEqual(expect.arrayContaining(['second-factor.enrol', 'second-factor.remove']));
  });

  it('is reset by an administrator, by id or name, which ends all sessions', async () => {
    const { caller } = await enrolled();
    await identity.secondFactor.reset(caller, 'ADMIN');
    await expect(identity.sessions.list(caller)).resolves.toEqual([]);
    await expect(signIn()).resolves.toBeDefined();
    for (const user of ['admin', caller.userId, 'nobody']) {
      await expect(identity.secondFactor.reset(caller, user)).rejects.toMatchObject({ code: 'SECOND_FACTOR_MISSING' });
    }
    expect(await audited()).toContainEqual(
      expect.objectContaining({ action: 'second-factor.reset', target: expect.objectContaining({ id: caller.userId }) }),
    );
  });
});
