import type { Database } from '@smartant/platform/postgres';
import type { Identity } from '../../../application/identity/identity';
import { createIdentity } from './index';
import { identityDatabase, newVault } from './fixtures/identity-database';

/** Counts the real work; nothing is replaced. */
let hashes = 0;
jest.mock('@node-rs/argon2', () => {
  const real = jest.requireActual<typeof import('@node-rs/argon2')>('@node-rs/argon2');
  return {
    hash: (...args: Parameters<typeof real.hash>) => ((hashes += 1), real.hash(...args)),
    verify: (...args: Parameters<typeof real.verify>) => ((hashes += 1), real.verify(...args)),
  };
});

let database: Database;
let identity: Identity;
let statements = 0;

beforeEach(async () => {
  database = await identityDatabase('throttle-spec');
  const counted = new Proxy(database, {
    get: (target, name) => {
      if (name === 'query') statements += 1;
      return Reflect.get(target, name) as unknown;
    },
  });
  identity = await createIdentity({ database: counted, vault: newVault(), apiKeyPepper: 'pepper', adminPassword: 'correct horse' });
});

afterEach(() => database.close());

const signIn = (address: string, { username = 'admin', password = 'correct horse' } = {}) =>
  identity.signIn.withPassword({ username, password, address });
const codeOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'in',
    (error: { code: string }) => error.code,
  );
/** One guess from each of so many addresses. */
const guessFromEverywhere = async (count: number, username = 'admin') => {
  const codes: string[] = [];
  for (let index = 0; index < count; index += 1) {
    codes.push(await codeOf(signIn(`198.51.100.${index}`, { username, password: 'guess' })));
  }
  return codes;
};

/** The same, and the wait that it ends in lasts until the test is over. */
const exhaust = async () => {
  await guessFromEverywhere(21);
  await database.query("UPDATE sign_in_attempt SET blocked_until = now() + interval '1 minute' WHERE failures >= 20");
};

describe('a guess that comes from many addresses', () => {
  it('is slowed down for the name, though each address is new', async () => {
    const codes = await guessFromEverywhere(40);
    expect(codes.filter((code) => code === 'SIGN_IN_FAILED').length).toBeLessThanOrEqual(25);
    expect(codes).toContain('SIGN_IN_LOCKED');
    await database.query('UPDATE sign_in_attempt SET failures = 1000, blocked_until = NULL WHERE failures >= 20');
    await guessFromEverywhere(1);
    const [row] = await database.query<{ wait: number }>(
      'SELECT max(extract(epoch FROM blocked_until - updated_at))::float8 AS wait FROM sign_in_attempt',
    );
    expect(row?.wait).toBe(60);
  });

  it('does not keep a user out who comes from where they have signed in before', async () => {
    await signIn('192.0.2.1');
    await exhaust();
    expect(await codeOf(signIn('192.0.2.1'))).toBe('in');
    expect(await codeOf(signIn('192.0.2.2'))).toBe('SIGN_IN_LOCKED');
  });

  it('does not end sessions, nor stop keys', async () => {
    const { session, subject } = await signIn('192.0.2.1');
    const { secret } = await identity.apiKeys.create(subject, { name: 'ci' });
    await exhaust();
    await expect(identity.sessions.refresh(session?.refreshToken ?? '', { address: '203.0.113.5' })).resolves.toBeDefined();
    await expect(identity.signIn.withApiKey(secret)).resolves.toBeDefined();
  });

  it('is slowed down in the same way for a name that does not exist', async () => {
    expect(await guessFromEverywhere(24, 'nobody')).toEqual(await guessFromEverywhere(24));
  });
});

it('takes nothing of what all share from a user who signs in from new addresses', async () => {
  for (let index = 0; index < 30; index += 1) expect(await codeOf(signIn(`203.0.113.${index}`))).toBe('in');
});

describe('a guess that comes from one address', () => {
  it('uses up what that address has, and delays nobody elsewhere', async () => {
    for (let attempt = 0; attempt < 100; attempt += 1) await codeOf(signIn('198.51.100.1', { password: 'guess' }));
    expect(await codeOf(signIn('198.51.100.1'))).toBe('SIGN_IN_LOCKED');
    expect(await codeOf(signIn('192.0.2.77'))).toBe('in');
  });

  it('is not counted while it has to wait, so that the wait ends', async () => {
    for (let attempt = 0; attempt < 30; attempt += 1) await codeOf(signIn('198.51.100.1', { password: 'guess' }));
    const [row] = await database.query<{ failures: number }>('SELECT max(failures) AS failures FROM sign_in_attempt');
    expect(row?.failures).toBeLessThanOrEqual(7);
  });
});

it('known addresses are forgotten after months, and are kept as hashes', async () => {
  await signIn('192.0.2.1');
  expect(JSON.stringify(await database.query('SELECT * FROM sign_in_known'))).not.toMatch(/192\.0\.2|admin/);
  await database.query("UPDATE sign_in_known SET seen_at = now() - interval '91 days'");
  await exhaust();
  expect(await codeOf(signIn('192.0.2.1'))).toBe('SIGN_IN_LOCKED');
});

describe('the work of a refused sign-in', () => {
  const workOf = async (address: string, username: string) => {
    const before = { hashes, statements };
    expect(await codeOf(signIn(address, { username, password: 'wrong' }))).toBe('SIGN_IN_FAILED');
    return { hashes: hashes - before.hashes, statements: statements - before.statements };
  };

  it('is the same for a known, an unknown and a disabled user, from the first request after a start on', async () => {
    await database.query(
      `INSERT INTO app_user (id, username, password_hash, disabled_at) SELECT 'usr_gone', 'gone', password_hash, now() FROM app_user`,
    );
    const work = [];
    for (let round = 0; round < 4; round += 1) {
      for (const username of ['nobody', 'admin', 'gone']) work.push(await workOf(`192.0.2.${round}`, username));
    }
    expect(work).toHaveLength(12);
    for (const each of work) expect(each).toEqual({ hashes: 1, statements: work[0]?.statements });
  });
});
