import { createLogger } from '@smartant/platform/logging';
import { Rig } from '../../fixtures/scheduler-under-test';
import { createIdentity } from '../postgres/identity';
import { serveApi, type CallOptions, type ServedApi } from './fixtures/running-api';

/** The API in front of the real use cases, database and driver; only the migrator is scripted. */
let rig: Rig;
let api: ServedApi;
let token: string;

beforeAll(async () => {
  rig = await Rig.open();
  const core = await rig.started();
  const identity = await createIdentity({
    database: core.database,
    vault: rig.vault,
    apiKeyPepper: 'pepper',
    adminPassword: 'correct horse',
  });
  const logger = createLogger({ service: 'journey', level: 'info', output: { write: (line: string) => void rig.logLines.push(line) } });
  api = await serveApi({ useCases: core.useCases, identity, logger });
  token = (await api.call('POST', '/v1/auth/token', { body: { username: 'admin', password: 'correct horse' } })).json.accessToken;
});
afterAll(async () => {
  await api.app.close();
  await rig.close();
});

const WORKSPACE = '/v1/workspaces/default';
const ask = (method: string, path: string, options: CallOptions = {}) => api.call(method, path, { token, ...options });
const secret = { kind: 's3', accessKeyId: 'access', secretAccessKey: 'CANARY-OF-THE-JOURNEY' };
const endpoint = (name: string) => ({ name, location: { kind: 's3', serviceUrl: 'http://127.0.0.1:9000', bucket: name }, secret });
const body = { source: { endpoint: 'photos' }, target: { endpoint: 'cloud' }, spec: { kind: 'storage' } };

/** Reads the stream of updates until the migration is as wanted, or at rest. */
async function watchUntil(id: string, wanted: string): Promise<void> {
  const controller = new AbortController();
  const response = await fetch(`${api.url}${WORKSPACE}/migrations/${id}/watch`, {
    headers: { authorization: `Bearer ${token}` },
    signal: controller.signal,
  });
  const [phase, status] = wanted.split('/');
  let text = '';
  for await (const chunk of (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const updates = [...text.matchAll(/^data: (.*)$/gm)].map((match) => JSON.parse(match[1] ?? '{}').migration);
    if (updates.some((migration) => migration?.phase === phase && migration?.status === status)) return controller.abort();
  }
  throw new Error(`${wanted} was not reached: ${text.slice(-500)}`);
}

/** What a list, a summary and the history show of a migration that has ended. */
async function seenFromAfar(id: string): Promise<void> {
  const found = async (query: string) =>
    (await ask('GET', `${WORKSPACE}/migrations?${query}`)).json.items.map((each: { id: string }) => each.id);
  expect(await found('phase=done&status=succeeded&kind=storage&name=PHOTOS')).toEqual([id]);
  expect(await found(`name=${id}`)).toEqual([id]);
  for (const none of ['phase=full', 'status=failed', 'kind=host', 'name=nothing%25']) expect(await found(none)).toEqual([]);
  expect(await ask('GET', `${WORKSPACE}/migrations?status=lost`)).toMatchObject({ status: 400, json: { code: 'REQUEST_INVALID' } });
  const standing = { kind: 'storage', phase: 'done', status: 'succeeded', count: 1 };
  expect((await ask('GET', `${WORKSPACE}/migration-summary`)).json.items).toEqual([expect.objectContaining(standing)]);
  expect((await ask('GET', '/v1/admin/migration-summary')).json.items).toEqual([expect.objectContaining(standing)]);

  const first = (await ask('GET', `${WORKSPACE}/migrations/${id}/events?pageSize=2`)).json;
  expect(first.items[0]).toMatchObject({ change: 'finalized', phase: 'done', status: 'succeeded', errorCode: null });
  const all: { change: string; seq: number }[] = first.items;
  for (let next = first.nextPageToken; next !== null;) {
    const page = (await ask('GET', `${WORKSPACE}/migrations/${id}/events?pageSize=2&pageToken=${next}`)).json;
    all.push(...page.items);
    next = page.nextPageToken;
  }
  expect(all.at(-1)).toMatchObject({ change: 'created', version: 1 });
  expect(all.map(({ seq }) => seq)).toEqual(all.map(({ seq }) => seq).sort((a, b) => b - a));
  expect(await ask('GET', `${WORKSPACE}/migrations/${id}/events?pageToken=x`)).toMatchObject({ json: { code: 'PAGE_TOKEN_INVALID' } });
}

it('keeps drafts, which two people may change, and none that holds a secret', async () => {
  const drafts = `${WORKSPACE}/migration-drafts`;
  const draft = { name: 'photos to the cloud', content: { step: 1, source: { endpoint: 'photos' } } };
  const created = await ask('POST', drafts, { body: draft });
  expect(created).toMatchObject({ status: 201, json: { ...draft, version: 1 } });
  const path = `${drafts}/${created.json.id}`;
  const change = { body: { content: { step: 2 } }, headers: { 'if-match': created.headers.get('etag') ?? '' } };
  expect(await ask('PATCH', path, change)).toMatchObject({ status: 200, json: { name: draft.name, content: { step: 2 }, version: 2 } });
  expect(await ask('PATCH', path, change)).toMatchObject({ status: 412, json: { code: 'DRAFT_VERSION_MISMATCH' } });
  const leak = { body: { name: 'x', content: { source: { secretAccessKey: secret.secretAccessKey } } } };
  expect(await ask('POST', drafts, leak)).toMatchObject({ status: 400, json: { code: 'DRAFT_HOLDS_SECRET' } });
  expect((await ask('GET', drafts)).json.items).toEqual([expect.objectContaining({ id: created.json.id, content: { step: 2 } })]);
  expect((await ask('DELETE', path)).status).toBe(204);
  for (const gone of [await ask('GET', path), await ask('DELETE', path), await ask('PATCH', path, { body: { name: 'y' } })])
    expect(gone).toMatchObject({ status: 404, json: { code: 'DRAFT_NOT_FOUND' } });
});

it('leads from saved endpoints to a signed report', async () => {
  for (const name of ['photos', 'cloud']) {
    expect(await ask('POST', `${WORKSPACE}/endpoints`, { body: endpoint(name) })).toMatchObject({ status: 201, json: { name } });
  }
  expect((await ask('GET', `${WORKSPACE}/endpoints?pageSize=1`)).json).toMatchObject({ items: [{}], nextPageToken: expect.any(String) });
  expect(await ask('POST', `${WORKSPACE}/endpoints/photos/test`)).toMatchObject({ status: 200, json: { reachable: true } });
  expect(await ask('POST', `${WORKSPACE}/migrations?validateOnly=true`, { body })).toMatchObject({ status: 200, json: { findings: [] } });

  const headers = { 'idempotency-key': 'journey-1' };
  const created = await ask('POST', `${WORKSPACE}/migrations`, { body, headers });
  expect(created).toMatchObject({ status: 201, json: { id: expect.stringMatching(/^mig_/) } });
  const repeated = await ask('POST', `${WORKSPACE}/migrations`, { body, headers });
  expect(repeated.json.id).toBe(created.json.id);
  const reused = await ask('POST', `${WORKSPACE}/migrations`, { body: { ...body, name: 'another' }, headers });
  expect(reused).toMatchObject({ status: 409, json: { code: 'IDEMPOTENCY_KEY_REUSED' } });

  const id = created.json.id as string;
  await watchUntil(id, 'incremental/waiting');
  expect(await ask('GET', `${WORKSPACE}/migrations/${id}/report`)).toMatchObject({ status: 409, json: { code: 'REPORT_NOT_READY' } });
  expect(await ask('POST', `${WORKSPACE}/migrations/${id}/finalize`)).toMatchObject({
    status: 409,
    json: { code: 'MIGRATION_ACTION_NOT_ALLOWED' },
  });
  expect(await ask('DELETE', `${WORKSPACE}/endpoints/photos`)).toMatchObject({ status: 409, json: { code: 'ENDPOINT_IN_USE' } });
  expect((await ask('GET', `${WORKSPACE}/migrations/${id}/failures`)).status).toBe(200);

  expect((await ask('POST', `${WORKSPACE}/migrations/${id}/cutover`, { body: { sourceFrozen: true } })).status).toBe(200);
  await watchUntil(id, 'reversible/waiting');
  const report = await ask('GET', `${WORKSPACE}/migrations/${id}/report`);
  const keys = await api.call('GET', '/v1/report-keys');
  expect(keys.json.keys.map((key: { keyId: string }) => key.keyId)).toContain(report.json.signatures[0].keyid);
  expect((await ask('POST', `${WORKSPACE}/migrations/${id}/finalize`)).status).toBe(200);
  await watchUntil(id, 'done/succeeded');

  await seenFromAfar(id);
  expect((await ask('DELETE', `${WORKSPACE}/migrations/${id}`)).status).toBe(204);
  expect(await ask('GET', `${WORKSPACE}/migrations/${id}`)).toMatchObject({ status: 404, json: { code: 'MIGRATION_NOT_FOUND' } });
});

it('changes limits on the version that was read, and on no other', async () => {
  const created = await ask('POST', `${WORKSPACE}/migrations`, { body });
  await watchUntil(created.json.id, 'incremental/waiting');
  const path = `${WORKSPACE}/migrations/${created.json.id}`;
  const etag = (await ask('GET', path)).headers.get('etag') ?? '';
  const patch = (limits: object) => ask('PATCH', `${path}/limits`, { body: limits, headers: { 'if-match': etag } });
  expect(await patch({ concurrency: 3 })).toMatchObject({ status: 200, json: { spec: { limits: { concurrency: 3, bytesPerSecond: 0 } } } });
  expect(await patch({ concurrency: 4 })).toMatchObject({ status: 412, json: { code: 'MIGRATION_VERSION_MISMATCH' } });
  expect((await ask('POST', `${path}/cancel`)).status).toBe(200);
  await watchUntil(created.json.id, 'incremental/cancelled');
});

it.each([
  ['a bucket to itself', { ...body, target: { endpoint: 'photos' } }],
  ['sizes that exclude each other', { ...body, spec: { kind: 'storage', storage: { minSizeBytes: 2, maxSizeBytes: 1 } } }],
  ['parts too small for S3', { ...body, spec: { kind: 'storage', storage: { partSizeBytes: 1024 } } }],
  ['an endpoint that there is not', { ...body, source: { endpoint: 'nowhere' } }],
  ['a file root that there is not', { ...body, source: { location: { kind: 'file', root: 'nowhere' } } }],
])('refuses %s, and makes nothing', async (_name, input) => {
  const before = (await ask('GET', `${WORKSPACE}/migrations`)).json.items.length;
  const answer = await ask('POST', `${WORKSPACE}/migrations`, { body: input });
  expect([400, 404, 409]).toContain(answer.status);
  expect(answer.json).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/), hint: expect.any(String) });
  expect((await ask('GET', `${WORKSPACE}/migrations`)).json.items).toHaveLength(before);
});

it('opens and closes file roots', async () => {
  expect((await ask('POST', '/v1/file-roots', { body: { name: 'data', path: '/srv/data' } })).status).toBe(201);
  expect((await ask('GET', '/v1/file-roots')).json.items).toEqual([{ name: 'data', path: '/srv/data' }]);
  expect((await ask('DELETE', '/v1/file-roots/data')).status).toBe(204);
});

it('kept the secret out of all answers and logs', () => {
  expect(rig.logLines.join('')).not.toContain(secret.secretAccessKey);
});
