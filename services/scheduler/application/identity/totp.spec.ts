import { newTotpSecret, totpEnrolment, totpStep } from './totp';

/** The seed of RFC 6238, appendix B. The last six of its eight digits are the code of six. */
const RFC_SECRET = Buffer.from('12345678901234567890');

it.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
])('at %i s the code is that of RFC 6238', (seconds, code) => {
  expect(totpStep(RFC_SECRET, code, seconds * 1_000)).toBe(Math.floor(seconds / 30));
});

it('takes the code of the step before and after, and names its own step', () => {
  expect(totpStep(RFC_SECRET, '287082', 89_000)).toBe(1);
  expect(totpStep(RFC_SECRET, '287082', 29_000)).toBe(1);
  expect(totpStep(RFC_SECRET, '287082', 90_000)).toBeNull();
});

it.each(['', '28708', '2870820', '２８７０８２', '287082\n', 'abcdef'])('refuses %j', (code) => {
  expect(totpStep(RFC_SECRET, code, 59_000)).toBeNull();
});

it('makes a link for the app, with a secret of 160 bits', () => {
  const secret = newTotpSecret();
  expect(secret).toHaveLength(20);
  const { uri, secret: typed } = totpEnrolment(RFC_SECRET, 'ann lee');
  expect(typed).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
  expect(uri).toBe(`otpauth://totp/SmartAnt:ann%20lee?issuer=SmartAnt&secret=${typed}&algorithm=SHA1&digits=6&period=30`);
});
