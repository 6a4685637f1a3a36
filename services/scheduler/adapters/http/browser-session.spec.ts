import { startApi, type CallOptions, type RunningApi } from './fixtures/running-api';

const PATH = '/v1/auth/browser-session';
const PASSWORD = { username: 'admin', password: 'correct horse' };

let api: RunningApi;

beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.close());

/** As a page of the console asks. */
const ask = (method: string, path: string, { headers, ...options }: CallOptions = {}) =>
  api.call(method, path, { ...options, headers: { 'x-smartant-console': '1', origin: api.url, ...headers } });

/** What a browser would send back of the cookie that it was given, and its attributes. */
function cookieOf(headers: Headers): { pair: string; attributes: string } {
  const [pair = '', ...attributes] = (headers.get('set-cookie') ?? '').split('; ');
  return { pair, attributes: attributes.join('; ') };
}

const open = async (options: CallOptions = {}) => ask('POST', PATH, { body: PASSWORD, ...options });
const sessions = async (token: string) => (await api.call('GET', '/v1/auth/sessions', { token })).json.items as { id: string }[];

it('keeps the refresh token where no script can read it', async () => {
  const answer = await open();
  expect(answer).toMatchObject({ status: 200, json: { workspace: 'default', role: 'admin', sessionId: expect.stringMatching(/^ses_/) } });
  expect(answer.text).not.toContain('srt_');
  const { pair, attributes } = cookieOf(answer.headers);
  expect(pair).toMatch(/^smartant-session=srt_/);
  expect(attributes).toMatch(/Path=\/v1\/auth\/browser-session; Expires=.+; HttpOnly; SameSite=Strict$/);
});

it('marks the cookie as secure where the browser speaks TLS', async () => {
  const { pair, attributes } = cookieOf((await open({ headers: { 'x-forwarded-proto': 'https' } })).headers);
  expect(pair).toMatch(/^__Secure-smartant-session=/);
  expect(attributes).toContain('Secure');
});

it('renews the session by its cookie, which is replaced each time', async () => {
  const first = await open();
  const { pair } = cookieOf(first.headers);
  const renewed = await ask('POST', `${PATH}/renewal`, { headers: { cookie: `theme=dark; ${pair}` } });
  expect(renewed).toMatchObject({ status: 200, json: { sessionId: first.json.sessionId } });
  expect(cookieOf(renewed.headers).pair).not.toBe(pair);
  expect((await api.call('GET', '/v1/auth/me', { token: renewed.json.accessToken })).json).toMatchObject({
    username: 'admin',
    permissions: expect.arrayContaining(['migration:write']),
  });
});

it('answers SESSION_ENDED without a cookie, and for one of no session', async () => {
  expect(await ask('POST', `${PATH}/renewal`)).toMatchObject({ status: 401, json: { code: 'SESSION_ENDED' } });
  const cookie = `smartant-session=srt_${'a'.repeat(43)}`;
  expect(await ask('POST', `${PATH}/renewal`, { headers: { cookie } })).toMatchObject({ status: 401, json: { code: 'SESSION_ENDED' } });
});

it('signs out: the session ends, its access token stops, the cookie is removed', async () => {
  const { json, headers } = await open();
  const ended = await ask('DELETE', PATH, { headers: { cookie: cookieOf(headers).pair } });
  expect(ended.status).toBe(204);
  expect(cookieOf(ended.headers)).toEqual({ pair: 'smartant-session=', attributes: expect.stringContaining('1970') });
  expect(await api.call('GET', '/v1/auth/me', { token: json.accessToken })).toMatchObject({ status: 401, json: { code: 'TOKEN_REVOKED' } });
  // Again, and without one: nothing is left to do.
  expect((await ask('DELETE', PATH, { headers: { cookie: cookieOf(headers).pair } })).status).toBe(204);
  expect((await ask('DELETE', PATH)).status).toBe(204);
});

it('goes on with a session that was opened in another way, whose refresh token is good no more', async () => {
  const { refreshToken, sessionId } = (await api.call('POST', '/v1/auth/token', { body: PASSWORD })).json;
  expect(await open({ body: { refreshToken } })).toMatchObject({ status: 200, json: { sessionId } });
});

it('ends the session that a new sign-in takes the cookie of', async () => {
  const { pair } = cookieOf((await open()).headers);
  const second = await open({ headers: { cookie: pair } });
  expect(await sessions(second.json.accessToken)).toEqual([expect.objectContaining({ id: second.json.sessionId })]);
});

describe.each([
  ['POST', PATH],
  ['POST', `${PATH}/renewal`],
  ['DELETE', PATH],
])('%s %s', (method, path) => {
  const body = method === 'POST' && path === PATH ? PASSWORD : undefined;

  it.each<[string, Record<string, string>]>([
    ['without the header of the console', { 'x-smartant-console': '' }],
    ['of a page elsewhere', { origin: 'https://evil.example' }],
    ['of another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['of a page without an origin', { origin: 'null' }],
    ['that the browser calls cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['that the browser calls same-site', { 'sec-fetch-site': 'same-site' }],
  ])('refuses a request %s, and leaves the session alone', async (_name, headers) => {
    const opened = await open();
    const answer = await ask(method, path, { body, headers: { cookie: cookieOf(opened.headers).pair, ...headers } });
    expect(answer).toMatchObject({ status: 403, json: { code: 'CROSS_SITE_REQUEST' } });
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect(await sessions(opened.json.accessToken)).toHaveLength(1);
  });
});

it('takes the cookie for a session at no other route', async () => {
  const { pair } = cookieOf((await open()).headers);
  expect(await ask('GET', '/v1/auth/me', { headers: { cookie: pair } })).toMatchObject({ status: 401, json: { code: 'TOKEN_MISSING' } });
  expect(await ask('POST', '/v1/auth/refresh', { body: { refreshToken: 'x' }, headers: { cookie: pair } })).toMatchObject({
    json: { code: 'SESSION_ENDED' },
  });
});
