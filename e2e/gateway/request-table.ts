import { CONSOLE, MACHINES, REQUEST_BYTES } from './gateway-chart';
import type { PlainRequest } from './plain-request';
import type { WrongToken } from './token-press';

/** Which Kong is asked: the chart with every setting, with a list of who is let in, or in maintenance. */
export type Setting = 'open to all' | 'for some addresses' | 'in maintenance';

export interface Row {
  /** "GET /v1/me with a token" */
  name: string;
  setting?: Setting;
  request: PlainRequest;
  token?: 'right' | WrongToken;
  /** From which address, as the balancer before Kong says. */
  from?: string;
  /** Over TLS; else without. */
  tls?: true;
  status: number;
  /** Whether the scheduler sees it. Default: exactly what is answered with 200. */
  arrives?: boolean;
  /** What the body says. */
  says?: RegExp;
  headers?: Readonly<Record<string, RegExp>>;
  without?: readonly string[];
}

const API = '/v1/workspaces';
const INVALID = { 'www-authenticate': /^Bearer error="invalid_token"$/ };
const DENIED = /This address may not use the platform/;
const NO_ADMIN = /Administration is not allowed from this address/;
const PREFLIGHT = { origin: CONSOLE, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' };
/** How Kong tells a version of itself, and how long a request took it. */
const TALK = ['via', 'x-kong-proxy-latency', 'x-kong-upstream-latency', 'x-kong-request-id'];

const refusedToken = (token: WrongToken, says: RegExp): Row => ({
  name: `a token ${token}`,
  request: { path: API },
  token,
  status: 401,
  says,
  headers: INVALID,
});

/** Statuses, bodies and headers are those of Kong 3.9.1's plugins, read in their sources. */
const TOKENS: Row[] = [
  { name: 'a token of the scheduler', request: { path: API }, token: 'right', status: 200, without: TALK },
  { name: 'a token over TLS', request: { path: API }, token: 'right', tls: true, status: 200 },
  { name: 'no token', request: { path: API }, status: 401, says: /Unauthorized/, headers: { 'www-authenticate': /^Bearer$/ } },
  refusedToken('signed by another key', /Invalid signature/),
  refusedToken('expired', /"exp":"token expired"/),
  refusedToken('of an unknown key', /No credentials found for given 'kid'/),
  refusedToken('without an end', /"exp":"must be a number"/),
  refusedToken('unsigned', /Bad token; invalid alg/),
  refusedToken('signed with the public key', /Invalid algorithm/),
  refusedToken('no token at all', /Bad token/),
  // The plugin ends with an error where a signature is not as long as it has to be.
  { name: 'a token with half a signature', request: { path: API }, token: 'with half a signature', status: 500 },
  {
    name: 'a machine’s key where a token is asked for',
    request: { path: API, headers: { 'x-api-key': MACHINES.billing.key } },
    status: 401,
  },
  { name: 'a question about methods that is no preflight', request: { method: 'OPTIONS', path: API }, status: 401 },
];

const ROUTES: Row[] = [
  { name: 'sign-in', request: { method: 'POST', path: '/v1/auth/token' }, status: 200 },
  { name: 'the console', request: { path: '/console/migrations/mig_1' }, status: 200 },
  { name: 'the description of the API', request: { path: '/openapi.json' }, status: 200 },
  { name: 'the keys of tokens', request: { path: '/.well-known/jwks.json' }, status: 200 },
  { name: 'to write where one may only read', request: { method: 'POST', path: '/v1/version' }, status: 401 },
  { name: 'a way out of the open pages', request: { path: '/docs/../v1/admin/users' }, status: 401 },
  { name: 'an encoded way out of the open pages', request: { path: '/docs/%2e%2e/v1/admin/users' }, status: 401 },
  { name: 'a path with two slashes', request: { path: '//v1/admin/users' }, status: 401 },
  ...['/metrics', '/livez', '/config', '/v2/anything'].map((path) => ({
    name: `${path}, which is nobody’s`,
    request: { path },
    token: 'right' as const,
    status: 404,
    says: /no Route matched/,
  })),
  {
    name: 'gRPC’s path without gRPC',
    request: { path: '/smartant.migration.v1.MigrationService/GetMigration', headers: { host: 'grpc.smartant.internal' } },
    tls: true,
    status: 415,
    says: /Non-gRPC request/,
  },
];

const ADDRESSES: Row[] = [
  { name: 'a denied address', request: { path: '/docs/' }, from: '203.0.113.9', status: 403, says: DENIED },
  { name: 'a denied address with a token', request: { path: API }, token: 'right', from: '203.0.113.9', status: 403, says: DENIED },
  { name: 'a denied address that says it is another', request: { path: '/docs/' }, from: '198.51.100.1, 203.0.113.9', status: 403 },
  { name: 'an address that names a denied one before it', request: { path: '/docs/' }, from: '203.0.113.9, 198.51.100.1', status: 200 },
  { name: 'administration from its network', request: { path: '/v1/admin/users' }, token: 'right', from: '10.9.8.7', status: 200 },
  {
    name: 'administration from elsewhere',
    request: { path: '/v1/admin/users' },
    token: 'right',
    from: '198.51.100.1',
    status: 403,
    says: NO_ADMIN,
  },
  {
    name: 'administration from a denied address of its network',
    request: { path: '/v1/admin/users' },
    token: 'right',
    from: '10.1.2.3',
    status: 403,
  },
  { name: 'an address of the list', setting: 'for some addresses', request: { path: '/docs/' }, from: '198.51.100.1', status: 200 },
  {
    name: 'an address that no list names',
    setting: 'for some addresses',
    request: { path: '/docs/' },
    from: '192.0.2.1',
    status: 403,
    says: DENIED,
  },
  { name: 'a denied one', setting: 'for some addresses', request: { path: '/docs/' }, from: '203.0.113.9', status: 403, says: DENIED },
];

const body = (bodyBytes: number, chunked = false): PlainRequest => ({ method: 'POST', path: API, bodyBytes, chunked });
const TOO_BIG = /Request size limit exceeded/;

const BODIES: Row[] = [
  { name: 'a body of the limit', request: body(REQUEST_BYTES), token: 'right', status: 200 },
  { name: 'a body beyond it', request: body(REQUEST_BYTES + 1), token: 'right', status: 413, says: TOO_BIG },
  { name: 'a body beyond it that does not say so', request: body(REQUEST_BYTES + 1, true), token: 'right', status: 413, says: TOO_BIG },
];

const ORIGINS: Row[] = [
  {
    name: 'a preflight, without a token',
    request: { method: 'OPTIONS', path: API, headers: PREFLIGHT },
    status: 200,
    arrives: false,
    headers: {
      'access-control-allow-origin': /^https:\/\/console\.example\.com$/,
      'access-control-allow-methods': /POST.*DELETE/,
      'access-control-allow-headers': /Authorization.*Idempotency-Key/,
      'access-control-max-age': /^600$/,
      vary: /Origin/i,
    },
    without: ['access-control-allow-credentials'],
  },
  {
    name: 'a preflight of another origin, which is told whom it is for',
    request: { method: 'OPTIONS', path: API, headers: { ...PREFLIGHT, origin: 'https://evil.example.com' } },
    status: 200,
    arrives: false,
    headers: { 'access-control-allow-origin': /^https:\/\/console\.example\.com$/ },
  },
  {
    name: 'a request of the console’s page',
    request: { path: API, headers: { origin: CONSOLE } },
    token: 'right',
    status: 200,
    headers: { 'access-control-allow-origin': /^https:\/\/console\.example\.com$/, 'access-control-expose-headers': /X-Request-Id/ },
  },
];

const MAINTENANCE: Row[] = [
  { name: 'a token', setting: 'in maintenance', request: { path: API }, token: 'right', status: 503, says: /Migrations go on/ },
  {
    name: 'sign-in',
    setting: 'in maintenance',
    request: { method: 'POST', path: '/v1/auth/token' },
    status: 503,
    says: /Migrations go on/,
  },
  { name: 'the console', setting: 'in maintenance', request: { path: '/console/' }, status: 503, says: /Migrations go on/ },
  { name: 'no token', setting: 'in maintenance', request: { path: API }, status: 401 },
  { name: 'a denied address', setting: 'in maintenance', request: { path: '/console/' }, from: '203.0.113.9', status: 403 },
];

export const TABLE: Row[] = [...TOKENS, ...ROUTES, ...ADDRESSES, ...BODIES, ...ORIGINS, ...MAINTENANCE];

export const SETTINGS: Record<Setting, string[]> = {
  'open to all': [],
  'for some addresses': ['gateway.access.allow={198.51.100.0/24}'],
  'in maintenance': ['gateway.maintenance.enabled=true'],
};
