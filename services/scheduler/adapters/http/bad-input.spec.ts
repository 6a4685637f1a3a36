import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { startApi, type RunningApi } from './fixtures/running-api';

let api: RunningApi;
let token: string;

beforeAll(async () => {
  api = await startApi();
  token = await api.token('admin');
});
beforeEach(() => api.recorded.reset());
afterEach(() => expect(api.recorded.calls).toEqual([]));
afterAll(() => api.close());

const ENDPOINTS = '/v1/workspaces/default/endpoints';
const MIGRATIONS = '/v1/workspaces/default/migrations';
const s3 = (changes: object) => ({ name: 'x', location: { kind: 's3', bucket: 'b', ...changes } });
const file = (changes: object) => ({ name: 'x', location: { kind: 'file', root: 'data', ...changes } });
const migration = (changes: object) => ({ source: { endpoint: 'a' }, target: { endpoint: 'b' }, spec: { kind: 'storage' }, ...changes });
const storage = (changes: object) => migration({ spec: { kind: 'storage', storage: changes } });

const bastion = (changes: object) => ({ kind: 'ssh', host: 'bastion', user: 'ann', hostKeys: [`SHA256:${'A'.repeat(43)}`], ...changes });

const PRIVATE_KEY =
  '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----';

describe.each<[string, string, unknown, string[]]>([
  ['a body that is not an object', ENDPOINTS, '5', ['']],
  ['null', ENDPOINTS, 'null', ['']],
  ['an array', ENDPOINTS, '[]', ['']],
  ['missing fields', ENDPOINTS, {}, ['name', 'location']],
  ['an unknown field', ENDPOINTS, { ...file({}), colour: 'red' }, ['colour']],
  ['an unknown nested field', ENDPOINTS, file({ bucket: 'b' }), ['location.bucket']],
  ['a prototype key', ENDPOINTS, '{"name":"x","location":{"kind":"file","root":"data"},"__proto__":{"a":1}}', ['__proto__']],
  ['a wrong type', ENDPOINTS, { ...file({}), name: 5 }, ['name']],
  ['an unknown kind', ENDPOINTS, { name: 'x', location: { kind: 'ftp' } }, ['location.kind']],
  ['a name with spaces', ENDPOINTS, { ...file({}), name: 'a b' }, ['name']],
  ['a name like an id', ENDPOINTS, { ...file({}), name: `ep_${'0'.repeat(32)}` }, ['name']],
  [
    'several wrong fields at once',
    ENDPOINTS,
    { name: '', location: { kind: 's3', bucket: '', region: '!' } },
    ['name', 'location.region', 'location.bucket'],
  ],
  ['a malformed URL', ENDPOINTS, s3({ serviceUrl: 'not a url' }), ['location.serviceUrl']],
  ['a URL without a host', ENDPOINTS, s3({ serviceUrl: 'http://' }), ['location.serviceUrl']],
  ['another scheme', ENDPOINTS, s3({ serviceUrl: 'file:///etc/passwd' }), ['location.serviceUrl']],
  ['credentials in a URL', ENDPOINTS, s3({ serviceUrl: 'https://key:hunter2@s3.example.com' }), ['location.serviceUrl']],
  ['a URL with a path', ENDPOINTS, s3({ serviceUrl: 'https://s3.example.com/bucket' }), ['location.serviceUrl']],
  ['a URL with a query', ENDPOINTS, s3({ serviceUrl: 'https://s3.example.com?a=b' }), ['location.serviceUrl']],
  ['a bucket with a slash', ENDPOINTS, s3({ bucket: 'a/b' }), ['location.bucket']],
  ['a bucket with a line break', ENDPOINTS, s3({ bucket: 'a\nb' }), ['location.bucket']],
  ['a bucket of dots', ENDPOINTS, s3({ bucket: '..' }), ['location.bucket']],
  ['a prefix that is too long', ENDPOINTS, s3({ prefix: 'ü'.repeat(513) }), ['location.prefix']],
  ['a CA that is no certificate', ENDPOINTS, s3({ tlsCaPem: 'hello' }), ['location.tlsCaPem']],
  ['a private key as a CA', ENDPOINTS, s3({ tlsCaPem: PRIVATE_KEY }), ['location.tlsCaPem']],
  ['a step of an unknown kind', ENDPOINTS, s3({ via: [{ kind: 'carrier-pigeon' }] }), ['location.via.0.kind']],
  ['a bastion without a host key', ENDPOINTS, s3({ via: [bastion({ hostKeys: [] })] }), ['location.via.0.hostKeys']],
  ['a host key of another form', ENDPOINTS, s3({ via: [bastion({ hostKeys: ['MD5:00'] })] }), ['location.via.0.hostKeys.0']],
  ['a bastion with a line break', ENDPOINTS, s3({ via: [bastion({ host: 'a\r\nb' })] }), ['location.via.0.host']],
  ['a password in a way', ENDPOINTS, s3({ via: [bastion({ password: 'hunter2' })] }), ['location.via.0.password']],
  ['an old version of TLS', ENDPOINTS, s3({ tls: { minVersion: 'TLSv1.1' } }), ['location.tls.minVersion']],
  ['a switch that turns trust off', ENDPOINTS, s3({ tls: { insecure: true } }), ['location.tls.insecure']],
  ['a pin that is none', ENDPOINTS, s3({ tls: { certificateSha256: 'ab:cd' } }), ['location.tls.certificateSha256']],
  [
    'a key that is none',
    ENDPOINTS,
    { ...s3({}), secret: { kind: 'none', network: { ways: [{ privateKeyPem: 'hunter2' }] } } },
    ['secret.network.ways.0.privateKeyPem'],
  ],
  ['a path with ..', ENDPOINTS, file({ path: 'a/../../etc' }), ['location.path']],
  ['an absolute path', ENDPOINTS, file({ path: '/etc' }), ['location.path']],
  ['half a character in a path', ENDPOINTS, file({ path: 'a\ud800b' }), ['location.path']],
  ['half a character in a prefix', ENDPOINTS, s3({ prefix: '\udfff' }), ['location.prefix']],
  ['NUL in a prefix', ENDPOINTS, s3({ prefix: 'a\u0000b' }), ['location.prefix']],
  ['NUL in a list', MIGRATIONS, storage({ filesFrom: ['a', 'b\u0000'] }), ['spec.storage.filesFrom.1']],
  ['a path with NUL', ENDPOINTS, file({ path: 'a\u0000b' }), ['location.path']],
  [
    'a secret for a file endpoint',
    ENDPOINTS,
    { ...file({}), secret: { kind: 's3', accessKeyId: 'a', secretAccessKey: 'b' } },
    ['secret.kind'],
  ],
  ['half a secret', ENDPOINTS, { ...s3({}), secret: { kind: 's3', accessKeyId: 'a' } }, ['secret.secretAccessKey']],
  [
    'a secret with a line break',
    ENDPOINTS,
    { ...s3({}), secret: { kind: 's3', accessKeyId: 'a', secretAccessKey: 'b\n' } },
    ['secret.secretAccessKey'],
  ],
  ['a relative file root', '/v1/file-roots', { name: 'a', path: 'srv' }, ['path']],
  ['a file root with ..', '/v1/file-roots', { name: 'a', path: '/srv/../etc' }, ['path']],
  ['a migration without ends', MIGRATIONS, { spec: { kind: 'storage' } }, ['source', 'target']],
  [
    'an endpoint that is both saved and inline',
    MIGRATIONS,
    migration({ source: { endpoint: 'a', location: { kind: 'file', root: 'r' } } }),
    ['source.location'],
  ],
  ['a wrong inline endpoint', MIGRATIONS, migration({ source: { location: { kind: 's3', bucket: 'a/b' } } }), ['source.location.bucket']],
  ['a kind of migration that there is not', MIGRATIONS, migration({ spec: { kind: 'mainframe' } }), ['spec.kind']],
  ['a wrong limit', MIGRATIONS, migration({ spec: { kind: 'storage', limits: { concurrency: -1 } } }), ['spec.limits.concurrency']],
  ['a fraction', MIGRATIONS, migration({ spec: { kind: 'storage', limits: { concurrency: 1.5 } } }), ['spec.limits.concurrency']],
  ['an unsafe number', MIGRATIONS, storage({ maxDeletes: 2 ** 60 }), ['spec.storage.maxDeletes']],
  ['a wrong glob', MIGRATIONS, storage({ include: ['a', ''] }), ['spec.storage.include.1']],
  ['a malformed glob', MIGRATIONS, storage({ include: ['a', '['], exclude: ['{a'] }), ['spec.storage.include.1', 'spec.storage.exclude.0']],
  ['an unknown delete policy', MIGRATIONS, storage({ deletePolicy: 'maybe' }), ['spec.storage.deletePolicy']],
  [
    'an interval of zero',
    MIGRATIONS,
    migration({ spec: { kind: 'storage', incrementalIntervalSeconds: 0 } }),
    ['spec.incrementalIntervalSeconds'],
  ],
  ['control characters in a name', MIGRATIONS, migration({ name: 'a\u001b[31m' }), ['name']],
  ['a field with an action that takes none', `${MIGRATIONS}/m/pause`, { force: true }, ['force']],
  ['a wrong type with cutover', `${MIGRATIONS}/m/cutover`, { sourceFrozen: 'yes' }, ['sourceFrozen']],
  ['a waiver without a reason', `${MIGRATIONS}/m/failures/resolve`, { failureIds: [], resolution: 'waive', reason: ' ' }, ['reason']],
  ['both a password and an API key', '/v1/auth/token', { username: 'a', password: 'b', apiKey: 'c' }, ['apiKey']],
  ['a password that is a number', '/v1/auth/token', { username: 'a', password: 5 }, ['password']],
])('%s', (_name, path, body, fields) => {
  it('is refused, naming the fields and repeating no value', async () => {
    const answer = await api.call('POST', path, { token, body });
    expect(answer).toMatchObject({ status: 400, json: { code: 'REQUEST_INVALID', hint: expect.any(String), traceId: expect.any(String) } });
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.json.fields.map(({ field }: { field: string }) => field)).toEqual(fields);
    expect(answer.text).not.toContain('hunter2');
  });
});

it('says where credentials belong', async () => {
  const { json } = await api.call('POST', ENDPOINTS, { token, body: s3({ serviceUrl: 'https://key:hunter2@s3.example.com' }) });
  expect(json.fields[0].message).toContain('"secret"');
});

it.each([
  ['an unknown parameter', `${MIGRATIONS}?color=red`, 'color'],
  ['a page size of zero', `${MIGRATIONS}?pageSize=0`, 'pageSize'],
  ['a page size that is too large', `${MIGRATIONS}?pageSize=201`, 'pageSize'],
  ['a page size that is no number', `${MIGRATIONS}?pageSize=ten`, 'pageSize'],
  ['a repeated parameter', `${MIGRATIONS}?pageToken=a&pageToken=b`, 'pageToken'],
  ['an empty page token', `${MIGRATIONS}?pageToken=`, 'pageToken'],
  ['an id that is too long', `${MIGRATIONS}/${'a'.repeat(300)}`, 'id'],
  ['an id with control characters', `${MIGRATIONS}/a%00b`, 'id'],
])('refuses %s', async (_name, path, field) => {
  const answer = await api.call('GET', path, { token });
  expect(answer).toMatchObject({ status: 400, json: { code: 'REQUEST_INVALID', fields: [{ field }] } });
});

it('refuses validateOnly that is neither true nor false', async () => {
  const answer = await api.call('POST', `${MIGRATIONS}?validateOnly=1`, { token, body: migration({}) });
  expect(answer).toMatchObject({ status: 400, json: { fields: [{ field: 'validateOnly' }] } });
});

it.each([
  ['Idempotency-Key', 'POST', MIGRATIONS, { 'idempotency-key': 'has spaces' }, migration({})],
  ['If-Match', 'PATCH', `${MIGRATIONS}/m/limits`, { 'if-match': 'W/"7"' }, { concurrency: 1 }],
])('refuses a malformed %s', async (_name, method, path, headers, body) => {
  const answer = await api.call(method, path, { token, body, headers });
  expect(answer).toMatchObject({ status: 400, json: { code: 'REQUEST_INVALID', fields: [{ field: Object.keys(headers)[0] }] } });
});

it.each([
  ['malformed JSON', '{"name":', 'application/json', 400, 'BODY_MALFORMED'],
  ['no body', undefined, 'application/json', 400, 'BODY_MISSING'],
  ['a form', 'name=x', 'application/x-www-form-urlencoded', 415, 'MEDIA_TYPE_UNSUPPORTED'],
  ['an unknown charset', '{}', 'application/json; charset=klingon', 415, 'MEDIA_TYPE_UNSUPPORTED'],
  ['too much', JSON.stringify({ name: 'x'.repeat(300_000) }), 'application/json', 413, 'BODY_TOO_LARGE'],
])('refuses %s', async (_name, body, contentType, status, code) => {
  const answer = await api.call('POST', ENDPOINTS, { token, body, headers: { 'content-type': contentType } });
  expect(answer).toMatchObject({ status, json: { code, hint: expect.any(String) } });
});

it('does not read the body of who may not ask', async () => {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const request = httpRequest(`${api.url}${ENDPOINTS}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': 4_000_000 },
    });
    request.once('response', (response) => resolve(response.statusCode)).once('error', reject);
    request.write('{');
  });
  expect(status).toBe(401);
});

it('counts a compressed body by what it unpacks to', async () => {
  const body = gzipSync(JSON.stringify({ name: 'x'.repeat(50_000_000) }));
  expect(body.length).toBeLessThan(100_000);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-encoding': 'gzip' };
  const answer = await fetch(`${api.url}${ENDPOINTS}`, { method: 'POST', headers, body });
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([413, 'BODY_TOO_LARGE']);
});

it('takes little from strangers', async () => {
  const answer = await api.call('POST', '/v1/auth/token', { body: { username: 'a', password: 'b'.repeat(20_000) } });
  expect(answer).toMatchObject({ status: 413, json: { code: 'BODY_TOO_LARGE' } });
});

it.each([
  ['an unknown address', 'GET', '/v1/unknown', 404, 'ROUTE_NOT_FOUND', null],
  ['another method', 'PUT', MIGRATIONS, 405, 'METHOD_NOT_ALLOWED', 'GET, POST'],
  ['a path that cannot be decoded', 'GET', `${MIGRATIONS}/%zz`, 400, 'REQUEST_MALFORMED', null],
])('refuses %s', async (_name, method, path, status, code, allow) => {
  const answer = await api.call(method, path, { token });
  expect(answer).toMatchObject({ status, json: { code, hint: expect.any(String) } });
  expect(answer.headers.get('allow')).toBe(allow);
});
