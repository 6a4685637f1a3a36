import { SmartantError } from '@smartant/kernel';
import type { TokenSubject } from './access-tokens';
import { VerifiedTokens } from './verified-tokens';

const subject = { userId: 'usr_1' } as TokenSubject;
let nowMs = 0;
let checks = 0;
let refusal: SmartantError | undefined;
let tokens: VerifiedTokens;

beforeEach(() => {
  nowMs = checks = 0;
  refusal = undefined;
  jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
  tokens = new VerifiedTokens({
    verify: async () => {
      checks += 1;
      if (refusal) throw refusal;
      return subject;
    },
  });
});

afterEach(() => jest.restoreAllMocks());

it('checks once for requests that come together, and again five seconds later', async () => {
  await Promise.all([tokens.verify('a'), tokens.verify('a'), tokens.verify('a')]);
  nowMs = 4_999;
  await tokens.verify('a');
  expect(checks).toBe(1);
  nowMs = 5_000;
  await tokens.verify('a');
  expect(checks).toBe(2);
});

it('asks again after a refusal', async () => {
  refusal = new SmartantError('DATABASE_UNAVAILABLE', 'gone', { kind: 'unavailable' });
  await expect(tokens.verify('a')).rejects.toBe(refusal);
  refusal = undefined;
  await expect(tokens.verify('a')).resolves.toBe(subject);
});
