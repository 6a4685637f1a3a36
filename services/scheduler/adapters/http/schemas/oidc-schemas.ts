import { z } from 'zod';
import { plainText, request, resourceName, response, timestamp } from './named-schema';

const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost'];

/** Plain HTTP only for a provider on this machine: whoever listens on the way could sign in as anybody. */
function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  const secure = protocol === 'https:' || (protocol === 'http:' && LOOPBACK.includes(hostname));
  return secure && username === '' && password === '' && search === '' && hash === '';
}

const role = () => z.enum(['viewer', 'operator', 'owner']);

const mappingInput = z.union([
  z.strictObject({
    emailDomain: plainText(253).describe('Of the address, where the provider has verified it.'),
    workspace: plainText(200).describe('Id or name.'),
    role: role(),
  }),
  z.strictObject({
    claim: plainText(200).describe('A claim of the ID token, for example groups.'),
    value: plainText(500).describe('Equal to the claim, or one of it where it is a list.'),
    workspace: plainText(200),
    role: role(),
  }),
]);

export const identityProviderInput = request(
  'CreateIdentityProviderRequest',
  z.strictObject({
    name: resourceName(),
    issuer: z.string().max(500).refine(isIssuer, { error: 'must be an https address without query and credentials' }),
    clientId: plainText(500),
    clientSecret: plainText(1_000),
    scopes: plainText(500).default('openid email profile'),
    mappings: z.array(mappingInput).min(1).max(100).describe('Who gets which place. Nobody else is let in.'),
    linkVerifiedEmail: z
      .boolean()
      .default(false)
      .describe('A user whose name is the verified address is taken for the same person. Only for a provider that you run.'),
    assumeSecondFactor: z
      .boolean()
      .default(false)
      .describe('Where a second factor is compulsory: your word that the provider asks everybody for one, whatever its ID tokens say.'),
    secondFactorAcr: z
      .array(plainText(200).regex(/^\S+$/, 'must have no white space'))
      .max(20)
      .default([])
      .describe('Values of the claim `acr` that mean a second factor. They are asked for as `acr_values`.'),
  }),
);

export const identityProvider = response(
  'IdentityProvider',
  z.object({
    id: z.string(),
    name: z.string(),
    issuer: z.string(),
    clientId: z.string(),
    scopes: z.string(),
    mappings: z.array(
      z.object({
        emailDomain: z.string().optional(),
        claim: z.string().optional(),
        value: z.string().optional(),
        workspaceId: z.string(),
        role: role(),
      }),
    ),
    linkVerifiedEmail: z.boolean(),
    assumeSecondFactor: z.boolean(),
    secondFactorAcr: z.array(z.string()),
    createdAt: timestamp(),
  }),
);

export const identityProviderList = response('IdentityProviderList', z.object({ items: z.array(identityProvider) }));

const S256 = /^[A-Za-z0-9_-]{43}$/;

export const oidcStartInput = request(
  'StartOidcRequest',
  z.strictObject({
    challenge: z.string().regex(S256, 'must be the S256 of the verifier').describe('S256 of the verifier, as in PKCE (RFC 7636).'),
    port: z.int().min(1).max(65_535).optional().describe('Where the command listens on 127.0.0.1. Absent: the console is what signs in.'),
  }),
);

export const oidcStart = response('OidcStart', z.object({ authorizationUrl: z.string().describe('To open in a browser.') }));

export const signInProviders = response(
  'SignInProviders',
  z.object({ items: z.array(z.object({ name: z.string() })).describe('By name: what a page of sign-in has buttons for.') }),
);

export const oidcTokenInput = request(
  'OidcTokenRequest',
  z.strictObject({ ticket: z.string().min(1).max(200), verifier: z.string().min(43).max(128) }),
);

/** Providers add parameters of their own. */
export const oidcCallbackQuery = z.looseObject({
  state: z.string().min(1).max(200).describe('Of the sign-in that comes back.'),
  code: z.string().max(4_000).optional(),
  error: z.string().max(500).optional(),
});
