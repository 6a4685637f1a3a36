import { systemClock, type Clock, type SmartantError } from '@smartant/kernel';
import type { RefusalLog } from '../audit/refusal-log';
import type { OidcClient } from '../ports/oidc-client';
import type { Vault } from '../ports/vault';
import { AccessTokens } from './access-tokens';
import type { AccountUnitOfWork } from './account-stores';
import { ApiKeys } from './api-keys';
import { ChangePassword } from './change-password';
import { EnrolAtSignIn } from './enrol-at-sign-in';
import { ensureFirstAdmin, type FirstAdmin } from './first-admin';
import type { IdentityStore } from './identity-store';
import { OidcProviders } from './oidc-providers';
import { OidcSignIn } from './oidc-sign-in';
import type { KeptOwner } from './oidc-user';
import { prepareDecoy } from './password-hash';
import { PasswordProof } from './password-proof';
import { SecondFactor } from './second-factor';
import { SecondFactorCheck } from './second-factor-check';
import { SecondFactorEnrolment } from './second-factor-enrolment';
import { SecondFactorRule } from './second-factor-rule';
import { DEFAULT_SESSION_LIFE, Sessions, type SessionLife } from './sessions';
import { SignIn } from './sign-in';
import { SignInRules } from './sign-in-rules';
import { SigningKeyService } from './signing-key-service';
import { SigningKeys } from './signing-keys';
import { Standings } from './standings';
import { SwitchWorkspace } from './switch-workspace';

/** How long an access token lives, unless configured otherwise. */
export const DEFAULT_TOKEN_LIFE_SECONDS = 900;

export interface IdentityOptions {
  store: IdentityStore;
  accounts: AccountUnitOfWork;
  /** Seals the keys that sign access tokens. */
  vault: Pick<Vault, 'seal' | 'open'>;
  /** Secret that API keys are hashed with. Another pepper makes all issued keys useless. */
  apiKeyPepper: string;
  /** Of the first administrator, on the first start. Generated when absent. */
  adminPassword?: string;
  /** Where failed sign-ins are noted; absent: nowhere. */
  refusals?: Pick<RefusalLog, 'note'>;
  tokenLifeSeconds?: number;
  sessionLife?: SessionLife;
  /** A second factor is compulsory for everybody who signs in. */
  secondFactorRequired?: boolean;
  oidcClient: OidcClient;
  /** Where browsers reach the API, without a trailing slash. */
  publicUrl: string;
  /** Told of refused sign-ins with providers. */
  onOidcRefusal?: (error: SmartantError) => void;
  /** Told of last owners whom a provider would have taken away. */
  onLastOwnerKept?: (kept: KeptOwner) => void;
  clock?: Clock;
}

/** Users, API keys and access tokens: all that the edge needs to know who asks. */
export interface Identity {
  signIn: SignIn;
  switchWorkspace: SwitchWorkspace;
  standings: Standings;
  tokens: AccessTokens;
  sessions: Sessions;
  changePassword: ChangePassword;
  secondFactor: SecondFactor;
  enrolAtSignIn: EnrolAtSignIn;
  signInRules: SignInRules;
  signingKeyService: SigningKeyService;
  oidcProviders: OidcProviders;
  oidcSignIn: OidcSignIn;
  apiKeys: ApiKeys;
  signingKeys: SigningKeys;
  /** What was made for the operator on the first start. */
  firstAdmin: FirstAdmin;
}

/** Makes the first signing key and the first administrator where there are none. Raises ADMIN_PASSWORD_WEAK and what the vault raises. */
export async function openIdentity(options: IdentityOptions): Promise<Identity> {
  const { store, vault, accounts, apiKeyPepper, clock = systemClock } = options;
  const refusals = options.refusals ?? { note: () => undefined };
  const signingKeys = new SigningKeys(store, vault, clock);
  await signingKeys.ensure();
  await prepareDecoy();
  const tokens = new AccessTokens(signingKeys, clock, options.tokenLifeSeconds ?? DEFAULT_TOKEN_LIFE_SECONDS);
  const rule = new SecondFactorRule(options.secondFactorRequired ?? false);
  const sessions = new Sessions({
    unitOfWork: accounts,
    store,
    tokens,
    pepper: apiKeyPepper,
    life: options.sessionLife ?? DEFAULT_SESSION_LIFE,
    rule,
  });
  const factorOptions = { unitOfWork: accounts, store, vault, pepper: apiKeyPepper, clock };
  const factorCheck = new SecondFactorCheck(factorOptions);
  const enrolment = new SecondFactorEnrolment(factorOptions);
  const proof = new PasswordProof({ store, refusals });
  return {
    signIn: new SignIn({ store, proof, tokens, pepper: apiKeyPepper, sessions, secondFactor: factorCheck, refusals }),
    switchWorkspace: new SwitchWorkspace(store, tokens, sessions),
    standings: new Standings(store),
    tokens,
    sessions,
    changePassword: new ChangePassword(accounts, store),
    oidcProviders: new OidcProviders(accounts, vault, options.oidcClient),
    oidcSignIn: new OidcSignIn({
      unitOfWork: accounts,
      store,
      vault,
      client: options.oidcClient,
      sessions,
      pepper: apiKeyPepper,
      publicUrl: options.publicUrl,
      onRefusal: options.onOidcRefusal ?? (() => undefined),
      onLastOwnerKept: options.onLastOwnerKept ?? (() => undefined),
    }),
    signingKeyService: new SigningKeyService(accounts, signingKeys, tokens.lifeSeconds),
    secondFactor: new SecondFactor({ ...factorOptions, enrolment, rule }, factorCheck),
    enrolAtSignIn: new EnrolAtSignIn({ store, proof, enrolment, sessions }),
    signInRules: new SignInRules(accounts, rule),
    apiKeys: new ApiKeys(store, apiKeyPepper),
    signingKeys,
    firstAdmin: await ensureFirstAdmin(store, options.adminPassword),
  };
}
