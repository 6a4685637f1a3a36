import { SmartantError } from '@smartant/kernel';

const SHORTEST = 12;

/** Raises PASSWORD_WEAK. `hints`: words that a guesser would try first, such as the user's name. */
export async function assertPasswordStrong(password: string, hints: string[]): Promise<void> {
  const plain = password.toLowerCase();
  if (password.length >= SHORTEST && !hints.some((hint) => hint.toLowerCase() === plain)) return;
  throw new SmartantError('PASSWORD_WEAK', `The password is shorter than ${SHORTEST} characters, or is your own name.`, {
    kind: 'invalid',
    hint: 'Choose a longer one: four unrelated words are good.',
    fields: [{ field: 'password', message: `must have at least ${SHORTEST} characters` }],
  });
}
