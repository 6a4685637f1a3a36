import { SmartantError } from '@smartant/kernel';
import { registry } from '@smartant/platform/metrics';
import { startApi, type RunningApi } from './fixtures/running-api';
import { sampleEndpoint, sampleMigration } from './fixtures/sample-values';

let api: RunningApi;
let token: string;

beforeAll(async () => {
  api = await startApi();
  token = await api.token('admin');
});
beforeEach(() => api.recorded.reset());
afterAll(() => api.close());

const MIGRATIONS = '/v1/workspaces/default/migrations';
const body = { source: { endpoint: 'a' }, target: { endpoint: 'b' }, spec: { kind: 'storage' } };

describe('signing in', () => {
  it('by password, then asking who one is', async () => {
    const signedIn = await api.call('POST', '/v1/auth/token', { body: { username: 'admin', password: 'correct horse' } });
    expect(signedIn).toMatchObject({
      status: 200,
      json: { tokenType: 'Bearer', expiresInSeconds: 900, workspace: 'default', role: 'admin' },
    });
    const me = await api.call('GET', '/v1/auth/me', { token: signedIn.json.accessToken });
    expect(me.json).toMatchObject({ username: 'admin', workspaceId: 'ws_default', workspace: 'default', role: 'admin' });
  });

  it('by an API key that was made over the API, listed without its secret, and revoked', async () => {
    const signedIn = await api.call('POST', '/v1/auth/token', { body: { username: 'admin', password: 'correct horse' } });
    const own = { token: signedIn.json.accessToken as string };
    const created = await api.call('POST', '/v1/api-keys', { ...own, body: { name: 'ci', role: 'viewer' } });
    expect(created).toMatchObject({ status: 201, json: { apiKey: expect.stringMatching(/^sak_/), role: 'viewer', lastUsedAt: null } });
    const exchanged = await api.call('POST', '/v1/auth/token', { body: { apiKey: created.json.apiKey } });
    expect(exchanged).toMatchObject({ status: 200, json: { role: 'viewer' } });
    const listed = await api.call('GET', '/v1/api-keys', own);
    expect(listed.json.items).toEqual([expect.objectContaining({ name: 'ci', lastUsedAt: expect.any(String) })]);
    expect(listed.text).not.toContain(created.json.apiKey);
    expect((await api.call('DELETE', `/v1/api-keys/${created.json.id}`, own)).status).toBe(204);
    const again = await api.call('POST', '/v1/auth/token', { body: { apiKey: created.json.apiKey } });
    expect(again).toMatchObject({ status: 401, json: { code: 'API_KEY_INVALID' } });
  });

  it('says how long to wait after many failures, and keeps secrets out of the log', async () => {
    const guess = () => api.call('POST', '/v1/auth/token', { body: { username: 'bob', password: 'hunter2' } });
    const answers = await Promise.all(Array.from({ length: 8 }, guess));
    expect(answers.map(({ status }) => status).sort()).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    const locked = answers.find(({ status }) => status === 429);
    expect(Number(locked?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(locked?.json).toMatchObject({ code: 'SIGN_IN_LOCKED', retryable: true, retryAfterMs: expect.any(Number) });
    expect(api.logLines.join('')).not.toMatch(/hunter2|bob/);
  });

  it('counts failures by the address that a trusted proxy names', async () => {
    const guess = (address: string) =>
      api.call('POST', '/v1/auth/token', { body: { username: 'eve', password: 'x' }, headers: { 'x-forwarded-for': address } });
    await Promise.all(Array.from({ length: 8 }, () => guess('192.0.2.1')));
    expect((await guess('192.0.2.1')).status).toBe(429);
    expect((await guess('192.0.2.2')).status).toBe(401);
  });

  it('publishes the keys that tokens are checked with', async () => {
    const { json } = await api.call('GET', '/.well-known/jwks.json');
    expect(json.keys).toEqual([expect.objectContaining({ alg: 'ES256', use: 'sig', kty: 'EC', crv: 'P-256' })]);
    expect(json.keys[0]).not.toHaveProperty('d');
  });
});

describe('creating', () => {
  it('fills in defaults and hands over the idempotency key', async () => {
    const answer = await api.call('POST', MIGRATIONS, { token, body, headers: { 'idempotency-key': 'k-1' } });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('etag')).toBe('"7"');
    const [, input, requestId] = api.recorded.calls[0]?.args ?? [];
    expect(requestId).toBe('k-1');
    expect(input).toMatchObject({
      spec: {
        storage: { include: [], deletePolicy: 'auto', maxDeletes: 1_000, verify: 'content' },
        limits: { bytesPerSecond: 0, requestsPerSecond: 0, concurrency: 0 },
        cutover: { mode: 'manual', sourceFrozen: false, finalize: 'manual' },
        incrementalIntervalSeconds: 60,
      },
    });
  });

  it.each([
    ['path style where a service is named', { serviceUrl: 'https://s3.example.com' }, 'path'],
    ["virtual hosts at AWS' own", {}, 'virtual'],
    ['what is asked for', { serviceUrl: 'https://s3.example.com', addressing: 'virtual' }, 'virtual'],
  ])('an endpoint takes %s', async (_name, location, addressing) => {
    const endpoint = { name: 'x', location: { kind: 's3', bucket: 'b', ...location } };
    expect((await api.call('POST', '/v1/workspaces/default/endpoints', { token, body: endpoint })).status).toBe(201);
    expect(api.recorded.calls[0]?.args[1]).toMatchObject({
      location: { addressing, prefix: '', region: 'us-east-1' },
      secret: { kind: 'none' },
    });
  });

  it('with validateOnly is a precheck, and creates nothing', async () => {
    const answer = await api.call('POST', `${MIGRATIONS}?validateOnly=true`, { token, body });
    expect(answer).toMatchObject({ status: 200, json: { findings: [{ code: 'TARGET_NOT_EMPTY' }], estimate: { complete: true } } });
    expect(api.recorded.calls.map(({ name }) => name)).toEqual(['migrations.validate']);
  });
});

describe('changing limits', () => {
  const patch = (headers?: Record<string, string>) =>
    api.call('PATCH', `${MIGRATIONS}/m/limits`, { token, body: { concurrency: 3 }, headers });

  it('changes the named ones only', async () => {
    expect((await patch()).headers.get('etag')).toBe('"8"');
    expect(api.recorded.calls[0]?.args.slice(1)).toEqual(['m', { concurrency: 3 }, { expectedVersion: undefined }]);
  });

  it('hands over the version that the change is based on', async () => {
    expect((await patch({ 'if-match': '"7"' })).status).toBe(200);
    expect(api.recorded.calls[0]?.args.at(-1)).toEqual({ expectedVersion: 7 });
  });

  it('is refused where the migration has changed since', async () => {
    const mismatch = new SmartantError('MIGRATION_VERSION_MISMATCH', 'It has changed.', { kind: 'conflict' });
    api.recorded.answer({ migrations: { setLimits: () => Promise.reject(mismatch) } });
    expect(await patch({ 'if-match': '"6"' })).toMatchObject({ status: 412, json: { code: 'MIGRATION_VERSION_MISMATCH' } });
  });

  it('takes any version for *', async () => {
    expect((await patch({ 'if-match': '*' })).status).toBe(200);
  });
});

it.each(['pause', 'resume', 'cancel', 'cutover', 'finalize', 'rollback', 'retry'])('%s needs no body', async (action) => {
  const answer = await api.call('POST', `${MIGRATIONS}/m/${action}`, { token, headers: { 'idempotency-key': 'k' } });
  expect(answer.status).toBe(200);
  expect(api.recorded.calls[0]?.args.slice(1)).toEqual(['m', action, expect.objectContaining({ requestId: 'k' })]);
});

it('hands over the word that the source is frozen', async () => {
  await api.call('POST', `${MIGRATIONS}/m/cutover`, { token, body: { sourceFrozen: true } });
  expect(api.recorded.calls[0]?.args[3]).toMatchObject({ sourceFrozen: true });
});

it('reads pages and what is at an endpoint', async () => {
  const answer = await api.call('GET', '/v1/workspaces/default/endpoints/photos/items?path=a%2Fb&pageSize=5&pageToken=t', { token });
  expect(answer.json).toEqual({ items: [{ path: 'a/', kind: 'prefix', sizeBytes: 0 }], nextPageToken: null });
  expect(api.recorded.calls[0]?.args.slice(1)).toEqual(['photos', 'a/b', { pageSize: 5, pageToken: 't' }]);
});

describe('answers', () => {
  it('never carry a field that is not in the document', async () => {
    const leaky = { ...sampleEndpoint(), secret: { secretAccessKey: 'hunter2' } };
    api.recorded.answer({ endpoints: { get: async () => leaky } });
    const answer = await api.call('GET', '/v1/workspaces/default/endpoints/photos', { token });
    expect(answer.json).toEqual(sampleEndpoint());
  });

  it('that lack a promised field are a failure of ours', async () => {
    api.recorded.answer({ migrations: { get: async () => ({ ...sampleMigration(), ledger: undefined }) as never } });
    const answer = await api.call('GET', `${MIGRATIONS}/m`, { token });
    expect(answer).toMatchObject({ status: 500, json: { code: 'ANSWER_MISSHAPEN' } });
  });

  it.each([
    ['MIGRATION_NOT_FOUND', new SmartantError('MIGRATION_NOT_FOUND', 'No such migration.', { kind: 'not-found', hint: 'h' }), 404],
    ['MIGRATION_ACTION_NOT_ALLOWED', new SmartantError('MIGRATION_ACTION_NOT_ALLOWED', 'Not now.', { kind: 'precondition' }), 409],
    [
      'MIGRATOR_UNAVAILABLE',
      new SmartantError('MIGRATOR_UNAVAILABLE', 'Down.', { kind: 'unavailable', retry: { kind: 'after', delayMs: 1_500 } }),
      503,
    ],
    ['MIGRATOR_TIMEOUT', new SmartantError('MIGRATOR_TIMEOUT', 'Slow.', { kind: 'timeout' }), 504],
  ])('to %s have a status of their own', async (_code, error, status) => {
    api.recorded.answer({ migrations: { get: () => Promise.reject(error) } });
    const answer = await api.call('GET', `${MIGRATIONS}/m`, { token });
    expect(answer).toMatchObject({
      status,
      json: { type: `urn:smartant:error:${error.code}`, status, detail: error.message, code: error.code, retryable: error.retryable },
    });
    expect(answer.headers.get('retry-after')).toBe(error.retry.kind === 'after' ? '2' : null);
    expect(answer.json.traceId).toBe(answer.headers.get('x-trace-id'));
  });

  it('to what was not foreseen say nothing of the cause, which is logged', async () => {
    api.recorded.answer({ migrations: { get: () => Promise.reject(new Error('table "secret_table" of 10.0.0.7')) } });
    const answer = await api.call('GET', `${MIGRATIONS}/m`, { token });
    expect(answer).toMatchObject({ status: 500, json: { code: 'INTERNAL_ERROR' } });
    expect(answer.text).not.toContain('secret_table');
    const logged = api.logLines.find((line) => line.includes('request failed') && line.includes(answer.json.traceId));
    expect(logged).toContain('secret_table');
  });

  it.each([
    ['what there is', `${MIGRATIONS}/m`, 200],
    ['what there is not', '/v1/nothing', 404],
    ['what is refused at once', `${MIGRATIONS}?x=${'a'.repeat(9_000)}`, 414],
  ])('to %s are safe in a browser and are not kept by it', async (_name, path, expected) => {
    const { headers, status } = await api.call('GET', path, { token });
    expect(status).toBe(expected);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('are logged in one line without the query', async () => {
    const { headers } = await api.call('GET', `${MIGRATIONS}?pageToken=hunter2`, { token });
    const line = api.logLines.find((text) => text.includes('request served') && text.includes(headers.get('x-trace-id') ?? '?'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ method: 'GET', path: MIGRATIONS, status: 200, userId: 'usr_1', completed: true });
    expect(line).not.toContain('hunter2');
  });
});

it('measures requests by route, not by path', async () => {
  await api.call('GET', `${MIGRATIONS}/some-id-of-mine`, { token });
  await api.call('GET', '/v1/some-unknown-path', { token });
  const metrics = await registry.metrics();
  expect(metrics).toMatch(
    /smartant_http_request_duration_seconds_count\{[^}]*route="\/v1\/workspaces\/:ws\/migrations\/:id",status="200"[^}]*\} [1-9]/,
  );
  expect(metrics).not.toMatch(/some-id-of-mine|some-unknown-path/);
});

describe('the documentation', () => {
  it('is pointed to by the root, for people and for programs', async () => {
    expect((await api.call('GET', '/')).json).toMatchObject({ docs: '/docs', openapi: '/openapi.json' });
    expect((await api.call('GET', '/', { headers: { accept: 'text/html' } })).text).toContain('href="/docs"');
  });

  it('loads nothing from elsewhere', async () => {
    const page = await api.call('GET', '/docs');
    expect(page.status).toBe(200);
    expect(page.text).not.toMatch(/(src|href)="(https?:)?\/\//);
    const parts = [...page.text.matchAll(/(?:src|href)="\.?\/?([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(parts.length).toBeGreaterThan(3);
    for (const part of parts) expect((await api.call('GET', `/${part.replace(/^\.\//, '')}`)).status).toBe(200);
    expect(page.text).not.toMatch(/<script(?![^>]*src=)[^>]*>/);
  });

  it('has its document at /openapi.json', async () => {
    expect((await api.call('GET', '/openapi.json')).json).toMatchObject({ openapi: '3.1.0', info: { version: '0.1.0' } });
  });
});
