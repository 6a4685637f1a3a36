import { SmartantError } from '@smartant/kernel';
import type { Caller } from '../use-cases';

/**
 * The id of the session that the caller came with. A key is for programs, and lies where programs are: whoever finds one must not be able
 * to take the account over with it, nor to see from where its user signs in. Raises SESSION_NEEDED.
 */
export function requireSession(caller: Caller): string {
  const credential = caller.origin?.credential;
  if (credential?.startsWith('ses_')) return credential;
  throw new SmartantError('SESSION_NEEDED', 'This is for the user alone, signed in by a session; an API key cannot do it.', {
    kind: 'forbidden',
    hint: 'Sign in with your password ("smartant login") or with a provider, and do it again.',
  });
}
