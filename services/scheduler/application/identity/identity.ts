import { systemClock, type Clock } from '@smartant/kernel';
import type { Vault } from '../ports/vault';
import { AccessTokens } from './access-tokens';
import { ApiKeys } from './api-keys';
import { ensureFirstAdmin, type FirstAdmin } from './first-admin';
import type { IdentityStore } from './identity-store';
import { SignIn } from './sign-in';
import { SigningKeys } from './signing-keys';
import { Standings } from './standings';
import { SwitchWorkspace } from './switch-workspace';

/** How long an access token lives, unless configured otherwise. */
export const DEFAULT_TOKEN_LIFE_SECONDS = 900;

export interface IdentityOptions {
  store: IdentityStore;
  /** Seals the keys that sign access tokens. */
  vault: Pick<Vault, 'seal' | 'open'>;
  /** Secret that API keys are hashed with. Another pepper makes all issued keys useless. */
  apiKeyPepper: string;
  /** Of the first administrator, on the first start. Generated when absent. */
  adminPassword?: string;
  tokenLifeSeconds?: number;
  clock?: Clock;
}

/** Users, API keys and access tokens: all that the edge needs to know who asks. */
export interface Identity {
  signIn: SignIn;
  switchWorkspace: SwitchWorkspace;
  standings: Standings;
  tokens: AccessTokens;
  apiKeys: ApiKeys;
  signingKeys: SigningKeys;
  /** What was made for the operator on the first start. */
  firstAdmin: FirstAdmin;
}

/** Makes the first signing key and the first administrator where there are none. Raises ADMIN_PASSWORD_WEAK and what the vault raises. */
export async function openIdentity(options: IdentityOptions): Promise<Identity> {
  const { store, vault, apiKeyPepper, clock = systemClock } = options;
  const signingKeys = new SigningKeys(store, vault, clock);
  await signingKeys.ensure();
  const tokens = new AccessTokens(signingKeys, clock, options.tokenLifeSeconds ?? DEFAULT_TOKEN_LIFE_SECONDS);
  return {
    signIn: new SignIn(store, tokens, apiKeyPepper),
    switchWorkspace: new SwitchWorkspace(store, tokens),
    standings: new Standings(store),
    tokens,
    apiKeys: new ApiKeys(store, apiKeyPepper),
    signingKeys,
    firstAdmin: await ensureFirstAdmin(store, options.adminPassword),
  };
}
