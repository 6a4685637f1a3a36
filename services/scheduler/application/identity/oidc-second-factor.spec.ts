import { hasSecondFactor } from './oidc-second-factor';

const provider = (more: object = {}) => ({ assumeSecondFactor: false, secondFactorAcr: ['corp:strong'], ...more });

it.each([
  ['nothing', {}, false],
  ['a password alone', { amr: ['pwd'] }, false],
  ['a code alone', { amr: ['otp'] }, false],
  ['two things that the user knows', { amr: ['pwd', 'pin'] }, false],
  ['two things that the user has', { amr: ['otp', 'sms'] }, false],
  ['a password and a code', { amr: ['pwd', 'otp'] }, true],
  ['a hardware key with its pin', { amr: ['hwk', 'pin'] }, true],
  ['that there were several factors', { amr: ['mfa'] }, true],
  ['it as text and not as a list', { amr: 'mfa' }, false],
  ['a class that means it everywhere', { acr: 'phr' }, true],
  ['a class that an administrator named', { acr: 'corp:strong' }, true],
  ['another class', { acr: 'corp:weak' }, false],
  ['classes as a list', { acr: ['phr'] }, false],
])('takes an ID token that says %s', (_name, claims, expected) => {
  expect(hasSecondFactor(provider(), { sub: 'ann', ...claims })).toBe(expected);
});

it('takes the word of an administrator for the provider', () => {
  expect(hasSecondFactor(provider({ assumeSecondFactor: true }), { sub: 'ann' })).toBe(true);
});
