import { createHash, createHmac, randomBytes } from 'node:crypto';
import { toSmartantError, type SmartantError } from '@smartant/kernel';
import type { OidcClient, OidcRequest } from '../ports/oidc-client';
import type { Vault } from '../ports/vault';
import type { IdentityStore } from './identity-store';
import { oidcFlowUnknown, oidcNotAllowed, oidcProviderNotFound } from './oidc-errors';
import { oidcProviderContext, type OidcFlow, type StoredOidcProvider } from './oidc-store';
import { hasSecondFactor } from './oidc-second-factor';
import { admitOidcUser, type AdmitOidcOptions } from './oidc-user';
import type { Sessions, SignedIn, Visit } from './sessions';

/** Long enough to type a password and a code at the provider. */
const FLOW_LIFE_SECONDS = 600;
const CALLBACK = '/v1/auth/oidc/callback';
const CONSOLE = '/console/';

/** `onLastOwnerKept` is told of what a sign-in left as it was, so that a workspace keeps an owner. */
export interface OidcSignInOptions extends AdmitOidcOptions {
  store: Pick<IdentityStore, 'memberships'>;
  vault: Pick<Vault, 'open'>;
  client: OidcClient;
  sessions: Sessions;
  pepper: string;
  /** Where browsers reach this API, without a trailing slash. */
  publicUrl: string;
  /** Told of a sign-in that the browser is sent away from: the browser is told the code alone. */
  onRefusal: (error: SmartantError) => void;
}

/**
 * Sign-in with a provider, for commands (RFC 8252): a command begins it and listens on 127.0.0.1, the browser goes to the provider and
 * comes back here, and from here with a ticket to the command, which alone can exchange it. So the provider needs to know one address. The
 * console does the same, and is sent back to itself.
 */
export class OidcSignIn {
  constructor(private readonly options: OidcSignInOptions) {}

  /** Where to send the browser. Raises OIDC_PROVIDER_NOT_FOUND, OIDC_PROVIDER_FAILED. */
  async begin(name: string, { challenge, port }: Pick<OidcFlow, 'challenge' | 'port'>): Promise<string> {
    const { oidc } = this.options.unitOfWork.direct;
    const provider = await oidc.providerByName(name);
    if (!provider) throw oidcProviderNotFound(name);
    const state = randomBytes(32).toString('base64url');
    const url = await this.options.client.authorizationUrl(await this.registration(provider), this.request(state));
    await oidc.beginFlow(digest(state), { providerId: provider.id, challenge, port }, FLOW_LIFE_SECONDS);
    return url;
  }

  /** What the browser came back with. Resolves with where to send it: to the command, with a ticket or with the code of a refusal. Raises OIDC_FLOW_UNKNOWN. */
  async callback(parameters: Record<string, string>, visit: Visit): Promise<string> {
    const state = parameters['state'] ?? '';
    const flow = await this.options.unitOfWork.direct.oidc.takeFlow(digest(state));
    if (!flow) throw oidcFlowUnknown();
    try {
      return this.wayBack(flow, 'ticket', await this.admitted(flow, state, parameters, visit));
    } catch (error) {
      const refusal = toSmartantError(error);
      this.options.onRefusal(refusal);
      return this.wayBack(flow, 'error', refusal.code);
    }
  }

  /** Opens the session. `verifier`: the secret behind the challenge. Raises OIDC_FLOW_UNKNOWN, OIDC_NOT_ALLOWED, OIDC_SECOND_FACTOR_MISSING. */
  async finish(ticket: string, verifier: string, visit: Visit): Promise<SignedIn> {
    const { unitOfWork, store, sessions } = this.options;
    const taken = await unitOfWork.direct.oidc.takeTicket(digest(ticket));
    if (!taken || digest(verifier).toString('base64url') !== taken.challenge) throw oidcFlowUnknown();
    const user = await unitOfWork.direct.accounts.find(taken.userId);
    const places = await store.memberships(taken.userId);
    // The first place that was earned may be in a workspace that is disabled.
    const membership = places.find(({ workspace }) => workspace.id === taken.workspaceId) ?? places[0];
    if (!user || user.disabled || !membership) throw oidcNotAllowed();
    return sessions.open(user, membership, { method: taken.method, secondFactor: taken.secondFactor }, visit);
  }

  /** In the fragment, which browsers send to nobody, where a page reads it. */
  private wayBack({ port }: OidcFlow, name: 'ticket' | 'error', value: string): string {
    return port === null ? `${this.options.publicUrl}${CONSOLE}#oidc-${name}=${value}` : `http://127.0.0.1:${port}/?${name}=${value}`;
  }

  private async admitted(flow: OidcFlow, state: string, parameters: Record<string, string>, visit: Visit): Promise<string> {
    const { unitOfWork, client } = this.options;
    const provider = await unitOfWork.direct.oidc.providerById(flow.providerId);
    if (!provider) throw oidcFlowUnknown();
    const claims = await client.claims(await this.registration(provider), this.request(state), parameters);
    const admitted = await admitOidcUser(this.options, provider, claims, visit);
    const ticket = randomBytes(32).toString('base64url');
    const proof = { method: `oidc:${provider.name}`, secondFactor: hasSecondFactor(provider, claims) };
    await unitOfWork.direct.oidc.keepTicket(digest(state), digest(ticket), { ...admitted, ...proof });
    return ticket;
  }

  /** Nonce and verifier follow from the state and the pepper: they need not be kept, and nobody without the pepper can know them. */
  private request(state: string): OidcRequest {
    const derived = (purpose: string) => createHmac('sha256', this.options.pepper).update(`oidc/${purpose}/${state}`).digest('base64url');
    return { redirectUri: `${this.options.publicUrl}${CALLBACK}`, state, nonce: derived('nonce'), codeVerifier: derived('verifier') };
  }

  private async registration({ id, issuer, clientId, scopes, sealedSecret, secondFactorAcr }: StoredOidcProvider) {
    const secret = await this.options.vault.open(oidcProviderContext(id), sealedSecret);
    return { issuer, clientId, scopes, clientSecret: secret.toString('utf8'), acrValues: secondFactorAcr };
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
