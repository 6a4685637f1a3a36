import { SmartantError } from '@smartant/kernel';
import type { PlatformUser } from '../ports/tenancy';

/** Raises USER_NOT_FOUND. */
export function requireUser(found: PlatformUser | null, idOrName: string): PlatformUser {
  if (found) return found;
  throw new SmartantError('USER_NOT_FOUND', `There is no user "${idOrName}".`, {
    kind: 'not-found',
    hint: 'Check the name, or invite somebody who has no account yet.',
  });
}
