import { createHash } from 'node:crypto';
import { SmartantError } from '@smartant/kernel';
import type { IdentityStore } from './identity-store';

/** Hashed: people type their password into the field of the name, and the table must not keep it. */
export function attemptSubject(...parts: string[]): string {
  return createHash('sha256').update(parts.join('\u0000')).digest('hex');
}

/** Counts one attempt of a subject. Raises SIGN_IN_LOCKED while it has to wait. */
export async function beginAttempt(store: Pick<IdentityStore, 'beginSignIn'>, subject: string): Promise<void> {
  const waitMs = await store.beginSignIn(subject);
  if (waitMs > 0) throw locked(waitMs);
}

function locked(waitMs: number): SmartantError {
  return new SmartantError('SIGN_IN_LOCKED', 'Too many failed sign-ins.', {
    kind: 'too-many',
    retry: { kind: 'after', delayMs: waitMs },
    hint: `Try again in ${Math.ceil(waitMs / 1_000)} s.`,
  });
}
