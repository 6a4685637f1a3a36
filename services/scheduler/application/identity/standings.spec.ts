import type { TokenSubject } from './access-tokens';
import type { Standing } from './identity-store';
import { Standings } from './standings';

const subject: TokenSubject = {
  userId: 'usr_1',
  username: 'ann',
  workspaceId: 'ws_1',
  workspaceName: 'old name',
  role: 'operator',
  credential: 'password',
};
const good: Standing = { userDisabled: false, workspaceDisabled: false, workspaceName: 'photos', role: 'owner', credentialEnded: false };

/** A store that answers with what stands in it, and counts how often it was asked. */
function storeOf(standing: Standing | null | Error) {
  const store = {
    now: standing,
    asked: 0,
    standing: async () => {
      store.asked += 1;
      if (store.now instanceof Error) throw store.now;
      return store.now;
    },
  };
  return store;
}

let nowMs = 0;
beforeEach(() => {
  nowMs = 1_000_000;
  jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
});
afterEach(() => jest.restoreAllMocks());

it.each([
  ['owner', 'operator'],
  ['admin', 'operator'],
  ['operator', 'operator'],
  ['viewer', 'viewer'],
] as const)('gives a token of an operator who is %s now the role %s', async (now, role) => {
  const confirmed = await new Standings(storeOf({ ...good, role: now })).confirm(subject);
  expect(confirmed).toEqual({ ...subject, workspaceName: 'photos', role });
});

it.each([
  ['nobody', null, 'TOKEN_REVOKED'],
  ['a disabled user', { ...good, userDisabled: true }, 'TOKEN_REVOKED'],
  ['a former member', { ...good, role: null }, 'TOKEN_REVOKED'],
  ['an ended session or a revoked key', { ...good, credentialEnded: true }, 'TOKEN_REVOKED'],
  ['a disabled workspace', { ...good, workspaceDisabled: true }, 'WORKSPACE_DISABLED'],
])('refuses a token of %s', async (_name, standing, code) => {
  await expect(new Standings(storeOf(standing)).confirm(subject)).rejects.toMatchObject({ code });
});

it('asks once for many requests at the same time, and apart for each user, workspace and credential', async () => {
  const store = storeOf(good);
  const standings = new Standings(store);
  await Promise.all(Array.from({ length: 50 }, () => standings.confirm(subject)));
  expect(store.asked).toBe(1);
  for (const other of [{ userId: 'usr_2' }, { workspaceId: 'ws_2' }, { credential: 'key_1' }])
    await standings.confirm({ ...subject, ...other });
  expect(store.asked).toBe(4);
});

it('believes no answer for longer than four seconds, also where it can not ask', async () => {
  const store = storeOf(good);
  const standings = new Standings(store);
  await standings.confirm(subject);
  store.now = new Error('the database is away');
  nowMs += 3_999;
  await expect(standings.confirm(subject)).resolves.toBeDefined();
  nowMs += 1;
  await expect(standings.confirm(subject)).rejects.toThrow('the database is away');
  store.now = { ...good, userDisabled: true };
  await expect(standings.confirm(subject)).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
});

it('asks again beside the requests, which wait for nothing', async () => {
  const store = storeOf(good);
  const standings = new Standings(store);
  await standings.confirm(subject);
  store.now = { ...good, userDisabled: true };
  nowMs += 2_000;
  await expect(standings.confirm(subject)).resolves.toBeDefined();
  expect(store.asked).toBe(2);
  await new Promise(setImmediate);
  await expect(standings.confirm(subject)).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
  expect(store.asked).toBe(2);
});

it('does not wait for a database that hangs, nor lets anybody in meanwhile', async () => {
  jest.useFakeTimers({ doNotFake: ['performance'] });
  const confirmed = expect(new Standings({ standing: () => new Promise(() => {}) }).confirm(subject)).rejects.toMatchObject({
    code: 'TOKEN_UNCHECKED',
    kind: 'unavailable',
    retryable: true,
  });
  await jest.advanceTimersByTimeAsync(3_000);
  await confirmed;
  jest.useRealTimers();
});
