import { randomBytes } from 'node:crypto';
import { newId, SmartantError } from '@smartant/kernel';
import type { IdentityStore } from './identity-store';
import { hashPassword } from './password-hash';
import { assertPasswordStrong, SHORTEST_PASSWORD } from './password-policy';

export const FIRST_ADMIN_NAME = 'admin';
export const FIRST_WORKSPACE_NAME = 'default';

export interface FirstAdmin {
  /** False on every start but the first. */
  created: boolean;
  username: string;
  /** Set when no password was configured: show it to the operator once, and never log it. */
  generatedPassword: string | null;
  /** Why the configured password should be changed; it is taken all the same, so that no installation stops starting. */
  passwordAdvice: string | null;
}

/** Makes the user `admin` of the workspace `default` on the first start, and nothing on later ones. Raises ADMIN_PASSWORD_WEAK. */
export async function ensureFirstAdmin(store: IdentityStore, configuredPassword: string | undefined): Promise<FirstAdmin> {
  const existing = await store.findUserByName(FIRST_ADMIN_NAME);
  if (existing) return { created: false, username: FIRST_ADMIN_NAME, generatedPassword: null, passwordAdvice: null };
  if (configuredPassword !== undefined && configuredPassword.length < SHORTEST_PASSWORD) {
    throw new SmartantError('ADMIN_PASSWORD_WEAK', `SMARTANT_ADMIN_PASSWORD is shorter than ${SHORTEST_PASSWORD} characters.`, {
      kind: 'invalid',
      actor: 'operator',
      hint: 'Choose a longer one, or leave it out to have one generated.',
    });
  }
  const password = configuredPassword ?? randomBytes(18).toString('base64url');
  const created = await store.createFirstAdmin(FIRST_WORKSPACE_NAME, {
    id: newId('usr'),
    username: FIRST_ADMIN_NAME,
    passwordHash: await hashPassword(password),
  });
  const generated = configuredPassword === undefined;
  return {
    created,
    username: FIRST_ADMIN_NAME,
    generatedPassword: created && generated ? password : null,
    passwordAdvice: created && !generated ? await adviceFor(password) : null,
  };
}

function adviceFor(password: string): Promise<string | null> {
  return assertPasswordStrong(password, [FIRST_ADMIN_NAME]).then(
    () => null,
    (error: unknown) => (error instanceof SmartantError ? (error.hint ?? null) : null),
  );
}
