import { ApiProblem } from '../api/api-problem';
import { keepForReturn, type ProviderAnswer } from './provider-answer';
import { session } from './session';
import * as calls from './session-calls';

/** Why the last one came to nothing: the code of a refusal, or what was raised. */
let refusal: unknown;

export function lastRefusal(): unknown {
  return refusal;
}

/** It is of no interest any more once it is on the screen: not before, since what is drawn may be thrown away and drawn anew. */
export function forgetRefusal(): void {
  refusal = undefined;
}

/** Leaves the console for the provider. Raises ApiProblem, and TypeError where the browser has no cryptography (plain HTTP to another machine). */
export async function beginWith(name: string): Promise<void> {
  const verifier = base64Url(crypto.getRandomValues(new Uint8Array(32)));
  const challenge = base64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))));
  const { authorizationUrl } = await calls.beginWithProvider(name, { challenge });
  keepForReturn(verifier);
  location.assign(authorizationUrl);
}

/** Back from the provider: opens the session, or leaves it to the page of sign-in to say why not. */
export async function finishWith({ ticket, error, verifier }: ProviderAnswer): Promise<void> {
  refusal = error ?? undefined;
  if (ticket !== null) {
    try {
      const { refreshToken } = await calls.exchangeTicket({ ticket, verifier: verifier === '' ? UNKNOWN : verifier });
      await session.signIn({ refreshToken: refreshToken ?? '' });
      return;
    } catch (thrown) {
      refusal = thrown instanceof ApiProblem && verifier === '' ? 'OIDC_FLOW_UNKNOWN' : thrown;
    }
  }
  // Whoever was signed in before goes on as that.
  await session.open();
}

/** Of a sign-in that this tab has not begun: it spends the ticket, which nobody can use any more. */
const UNKNOWN = '-'.repeat(43);

const base64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
