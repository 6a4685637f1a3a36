/** What a provider's sign-in came back to the console with: a ticket to be exchanged, or the code of a refusal. */
export interface ProviderAnswer {
  ticket: string | null;
  error: string | null;
  /** The secret that proves that this tab has begun it; empty: it has not. */
  verifier: string;
}

const KEY = 'smartant.provider-sign-in';
const BASE = '/console/';

let answer = readAnswer();

/** Once: what is in the address of this page, which is taken out of it before anything else reads it. */
export function takeProviderAnswer(): ProviderAnswer | undefined {
  const taken = answer;
  answer = undefined;
  return taken;
}

/** For the way to the provider and back, in this tab alone. */
export function keepForReturn(verifier: string): void {
  sessionStorage.setItem(KEY, JSON.stringify({ verifier, page: location.pathname + location.search }));
}

function readAnswer(): ProviderAnswer | undefined {
  const given = new URLSearchParams(location.hash.slice(1));
  const [ticket, error] = [given.get('oidc-ticket'), given.get('oidc-error')];
  if (ticket === null && error === null) return undefined;
  const { verifier, page } = kept();
  history.replaceState(null, '', page);
  return { ticket, error, verifier };
}

function kept(): { verifier: string; page: string } {
  const text = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  const { verifier = '', page = BASE } = (text === null ? {} : JSON.parse(text)) as { verifier?: string; page?: string };
  return { verifier, page: page.startsWith(BASE) ? page : BASE };
}
