import { ApiProblem } from '../api/api-problem';
import { Session } from './session';
import * as calls from './session-calls';

jest.mock('./session-calls');
const { renew, open, end, whoAmI } = jest.mocked(calls);

const identity = { userId: 'usr_1', username: 'ann', workspaceId: 'ws_1', workspace: 'default', role: 'owner' as const, permissions: [] };
const token = (accessToken: string, expiresInSeconds = 900) => ({ accessToken, expiresInSeconds }) as never;
const refusal = new ApiProblem({ code: 'SESSION_ENDED', status: 401, retryable: false } as never);
const away = new ApiProblem({ code: 'CONSOLE_API_UNREACHABLE', status: 0, retryable: true } as never);

/** All promises that can be settled by now are. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

let session: Session;
beforeEach(() => {
  jest.resetAllMocks();
  whoAmI.mockResolvedValue(identity);
  session = new Session();
});

it('goes on with the session of the cookie, or asks for a sign-in where there is none', async () => {
  renew.mockResolvedValueOnce(token('a'));
  await session.open();
  expect(session.state).toEqual({ kind: 'signed-in', identity });
  expect(await session.accessToken()).toBe('a');
  const other = new Session();
  renew.mockRejectedValueOnce(refusal);
  await other.open();
  expect(other.state).toEqual({ kind: 'signed-out' });
});

it('renews a token that is about to end, once for all who ask meanwhile', async () => {
  open.mockResolvedValueOnce(token('a', 10));
  await session.signIn({ username: 'ann', password: 'x' });
  const before = session.state;
  renew.mockResolvedValueOnce(token('b'));
  expect(await Promise.all([session.accessToken(), session.accessToken()])).toEqual(['b', 'b']);
  expect(renew).toHaveBeenCalledTimes(1);
  // Nothing that a page shows has changed.
  expect(session.state).toBe(before);
});

it('lets requests wait for a new sign-in when the session has ended', async () => {
  open.mockResolvedValueOnce(token('a'));
  await session.signIn({ username: 'ann', password: 'x' });
  session.distrustToken();
  renew.mockRejectedValueOnce(refusal);
  const waiting = session.accessToken();
  await settled();
  expect(session.state).toEqual({ kind: 'expired', identity });
  const another = session.accessToken();
  open.mockResolvedValueOnce(token('b'));
  await session.signIn({ username: 'ann', password: 'x' });
  expect(await Promise.all([waiting, another])).toEqual(['b', 'b']);
  expect(renew).toHaveBeenCalledTimes(1);
  expect(session.state).toEqual({ kind: 'signed-in', identity });
});

it('does not take a network that is gone for an end of the session', async () => {
  open.mockResolvedValueOnce(token('a'));
  await session.signIn({ username: 'ann', password: 'x' });
  session.distrustToken();
  renew.mockRejectedValueOnce(away);
  await expect(session.accessToken()).rejects.toBe(away);
  expect(session.state).toEqual({ kind: 'signed-in', identity });
});

it('forgets the token on sign-out, and refuses who still waits', async () => {
  open.mockResolvedValueOnce(token('a'));
  await session.signIn({ username: 'ann', password: 'x' });
  session.distrustToken();
  renew.mockRejectedValueOnce(refusal);
  const waiting = session.accessToken();
  await settled();
  await session.signOut();
  expect(end).toHaveBeenCalled();
  await expect(waiting).rejects.toThrow('signed out');
  expect(session.state).toEqual({ kind: 'signed-out' });
});
