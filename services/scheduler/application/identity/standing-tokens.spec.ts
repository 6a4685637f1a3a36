import type { TokenSubject } from './access-tokens';
import { StandingTokens } from './standing-tokens';

const tokensOf = (credential: string | null, stands: () => Promise<boolean>) =>
  new StandingTokens({ verify: async () => ({ userId: 'usr_1', credential }) as TokenSubject }, { stands });

afterEach(() => jest.useRealTimers());

it.each(['ses_1', 'key_1'])('a token of %s is good as long as that stands', async (credential) => {
  await expect(tokensOf(credential, async () => true).verify('token')).resolves.toMatchObject({ credential });
  await expect(tokensOf(credential, async () => false).verify('token')).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
});

it.each([null, 'password'])('a token of an older version (%s) has nothing behind it to look for', async (credential) => {
  await expect(tokensOf(credential, async () => false).verify('token')).resolves.toBeDefined();
});

it('does not wait for a database that hangs, nor let anybody in meanwhile', async () => {
  jest.useFakeTimers();
  const checked = expect(tokensOf('ses_1', () => new Promise(() => {})).verify('token')).rejects.toMatchObject({
    code: 'TOKEN_UNCHECKED',
    kind: 'unavailable',
    retryable: true,
  });
  await jest.advanceTimersByTimeAsync(3_000);
  await checked;
});
