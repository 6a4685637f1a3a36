/** How this platform is known to a provider of sign-ins (OpenID Connect). */
export interface OidcRegistration {
  issuer: string;
  clientId: string;
  clientSecret: string;
  scopes: string;
  /** Classes of authentication to ask for (`acr_values`); none: whatever the provider does. */
  acrValues?: readonly string[];
}

/** What binds the answer of a provider to the request that asked for it. */
export interface OidcRequest {
  redirectUri: string;
  state: string;
  nonce: string;
  codeVerifier: string;
}

/** What a provider says of a user, after its signature, audience, time and nonce were checked. */
export type OidcClaims = { sub: string } & Record<string, unknown>;

/** Speaks to providers: authorization code with PKCE. Raises OIDC_PROVIDER_FAILED for whatever goes wrong there, and EGRESS_FORBIDDEN. */
export interface OidcClient {
  /** Reads the provider's description: proof that the issuer is one. */
  check(registration: OidcRegistration): Promise<void>;
  /** Where to send the user's browser. */
  authorizationUrl(registration: OidcRegistration, request: OidcRequest): Promise<string>;
  /** Exchanges the code of a callback. `parameters`: the whole query that the browser came back with. */
  claims(registration: OidcRegistration, request: OidcRequest, parameters: Record<string, string>): Promise<OidcClaims>;
}
