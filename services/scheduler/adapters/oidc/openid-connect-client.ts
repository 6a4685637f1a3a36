import { SmartantError } from '@smartant/kernel';
import * as openid from 'openid-client';
import type { OidcClaims, OidcClient, OidcRegistration, OidcRequest } from '../../application/ports/oidc-client';

const TIMEOUT_SECONDS = 10;

/** Speaks to providers by `openid-client`. `fetch`: the guarded one, so that an issuer can't be an address of the inner network. */
export class OpenIdConnectClient implements OidcClient {
  constructor(private readonly guardedFetch: typeof fetch) {}

  async check(registration: OidcRegistration): Promise<void> {
    await this.discover(registration);
  }

  async authorizationUrl(registration: OidcRegistration, request: OidcRequest): Promise<string> {
    const config = await this.discover(registration);
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: request.redirectUri,
      scope: registration.scopes,
      state: request.state,
      nonce: request.nonce,
      code_challenge: await openid.calculatePKCECodeChallenge(request.codeVerifier),
      code_challenge_method: 'S256',
      ...(registration.acrValues?.length ? { acr_values: registration.acrValues.join(' ') } : {}),
    });
    return url.href;
  }

  async claims(registration: OidcRegistration, request: OidcRequest, parameters: Record<string, string>): Promise<OidcClaims> {
    const config = await this.discover(registration);
    const callback = new URL(request.redirectUri);
    callback.search = new URLSearchParams(parameters).toString();
    try {
      const tokens = await openid.authorizationCodeGrant(config, callback, {
        expectedState: request.state,
        expectedNonce: request.nonce,
        pkceCodeVerifier: request.codeVerifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (!claims) throw new TypeError('an ID token was expected');
      return claims;
    } catch (error) {
      throw providerFailed(error);
    }
  }

  /** Each time anew: sign-ins are rare, and a provider's keys and addresses change. */
  private async discover({ issuer, clientId, clientSecret }: OidcRegistration): Promise<openid.Configuration> {
    const insecure = issuer.startsWith('http:');
    try {
      return await openid.discovery(new URL(issuer), clientId, clientSecret, undefined, {
        [openid.customFetch]: this.guardedFetch as openid.CustomFetch,
        timeout: TIMEOUT_SECONDS,
        // The signature of the ID token is checked too, though it comes over TLS. Plain HTTP is taken on this machine only: the schema
        // of providers sees to that.
        execute: [openid.enableNonRepudiationChecks, ...(insecure ? [openid.allowInsecureRequests] : [])],
      });
    } catch (error) {
      throw providerFailed(error);
    }
  }
}

/** A refusal of the guard is told as it is. Of all others the cause stays here: it may quote the provider's answer. */
function providerFailed(error: unknown): SmartantError {
  for (let cause: unknown = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    if (cause instanceof SmartantError) return cause;
  }
  return new SmartantError('OIDC_PROVIDER_FAILED', 'The provider could not be reached, or its answer was not in order.', {
    kind: 'unavailable',
    hint: 'Check the issuer, the client id and its secret, and the redirect address at the provider.',
    cause: error,
  });
}
