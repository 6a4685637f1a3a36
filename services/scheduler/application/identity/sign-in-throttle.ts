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

/** What all addresses together get for one name, from where it has never signed in: a guess spread over many addresses is slowed too. */
const NAME_BUDGET = { freeFailures: 20, longestWaitSeconds: 60 };

/**
 * Slows guesses of passwords down, so that nobody is locked out by others. Each address has a budget of its own for a name. Besides, all
 * addresses that the name has not signed in from share a budget, whose wait is short: whoever makes it run out delays a user who comes
 * from a new place, and not one who comes from a known one. Names that do not exist are treated alike.
 */
export class SignInThrottle {
  constructor(private readonly store: IdentityStore) {}

  /** Counts an attempt. Raises SIGN_IN_LOCKED, and then counts nothing. */
  async begin(username: string, address: string): Promise<void> {
    const here = subjectOf(username, address);
    // The own budget first: whoever has used it up must not use up what others share.
    await beginAttempt(this.store, here);
    if (await this.store.knowsSignIn(here)) return;
    const waitMs = await this.store.beginSignIn(nameSubjectOf(username), NAME_BUDGET);
    if (waitMs === 0) return;
    await this.store.forgiveSignIn(here);
    throw locked(waitMs);
  }

  /** Forgets the failures from this address, and knows it from now on. What others have used up of the shared budget stays so. */
  async succeeded(username: string, address: string): Promise<void> {
    const here = subjectOf(username, address);
    if (!(await this.store.knowsSignIn(here))) await this.store.forgiveSignIn(nameSubjectOf(username));
    await this.store.clearSignIn(here);
    await this.store.rememberSignIn(here);
  }
}

const nameSubjectOf = (username: string) => attemptSubject('name', username.toLowerCase());
const subjectOf = (username: string, address: string) => attemptSubject(username.toLowerCase(), address);

function locked(waitMs: number): SmartantError {
  return new SmartantError('SIGN_IN_LOCKED', 'Too many failed sign-ins.', {
    kind: 'too-many',
    retry: { kind: 'after', delayMs: waitMs },
    hint: `Try again in ${Math.ceil(waitMs / 1_000)} s.`,
  });
}
