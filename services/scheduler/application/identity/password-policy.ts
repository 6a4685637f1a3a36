import type { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { SmartantError } from '@smartant/kernel';

/** Few words in an unlikely spelling cost many guesses; OWASP ASVS 5.0 asks for a length all the same (6.2.1). */
export const SHORTEST_PASSWORD = 8;
/** What a guesser of this platform tries first; documented in docs/guides/sign-in.md. The user's name is added to them. */
const CONTEXT_WORDS = [
  'smartant',
  'kubesphere',
  'kubernetes',
  'migration',
  'migrator',
  'scheduler',
  'endpoint',
  'workspace',
  'operator',
  'cutover',
];
/** Guesses that a password must cost: at least 10^8, which "correct horse" just reaches. */
const LOWEST_SCORE = 3;
/** The estimate's time grows with the length, and no guesser needs what comes after this. */
const ESTIMATED_CHARACTERS = 64;
/** Of letters written as digits and signs; the estimator's default of 100 holds up the process for a second over one long password. */
const MOST_SUBSTITUTIONS = 8;

let estimator: ZxcvbnFactory | undefined;

/**
 * Raises PASSWORD_WEAK with the estimator's advice. `hints`: what a guesser knows of the user, such as the user name. `field`: of the request
 * that the password came in. No rule of "a digit and a capital": those are met by `Password1` (NIST SP 800-63B, 3.1.1.2, advises against
 * them).
 */
export async function assertPasswordStrong(password: string, hints: string[], field = 'newPassword'): Promise<void> {
  const { score, feedback } = theEstimator().check(password.slice(0, ESTIMATED_CHARACTERS), [...CONTEXT_WORDS, ...hints]);
  const tooShort = Array.from(password).length < SHORTEST_PASSWORD;
  if (score >= LOWEST_SCORE && !tooShort) return;
  const advice = tooShort
    ? [`Use at least ${SHORTEST_PASSWORD} characters.`]
    : [feedback.warning, ...feedback.suggestions].filter((text) => typeof text === 'string' && text !== '');
  throw new SmartantError('PASSWORD_WEAK', 'The password is too easy to guess.', {
    kind: 'invalid',
    hint: advice.join(' ') || 'Add more words that are less common.',
    fields: [{ field, message: 'is too easy to guess' }],
  });
}

/** Loaded at the first use: its dictionaries take 70 MB, and most processes never see a new password. */
function theEstimator(): ZxcvbnFactory {
  if (estimator) return estimator;
  /* eslint-disable @typescript-eslint/no-require-imports -- a dynamic import can't be loaded by jest */
  const { ZxcvbnFactory } = require('@zxcvbn-ts/core') as typeof import('@zxcvbn-ts/core');
  const common = require('@zxcvbn-ts/language-common') as typeof import('@zxcvbn-ts/language-common');
  const english = require('@zxcvbn-ts/language-en') as typeof import('@zxcvbn-ts/language-en');
  /* eslint-enable @typescript-eslint/no-require-imports */
  estimator = new ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
    translations: english.translations,
    l33tMaxSubstitutions: MOST_SUBSTITUTIONS,
  });
  return estimator;
}
