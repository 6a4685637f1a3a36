import { AuditVerifier } from '@smartant/proof';
import { createLogger } from '@smartant/platform/logging';
import { eventually, Rig } from '../../fixtures/scheduler-under-test';
import type { SchedulerCore } from '../../scheduler-core';
import { createIdentity } from '../postgres/identity';
import { serveApi, type ServedApi } from './fixtures/running-api';

/** The trail from requests to a checked export, over the API, with a real database. */
let rig: Rig;
let core: SchedulerCore;
let api: ServedApi;
let admin: string;

const CANARY = 'CANARY-OF-THE-TRAIL';

beforeAll(async () => {
  rig = await Rig.open();
  core = await rig.started();
  const identity = await createIdentity({
    database: core.database,
    vault: rig.vault,
    apiKeyPepper: 'pepper',
    adminPassword: `${CANARY}-password`,
    refusals: core.refusals,
  });
  const logger = createLogger({ service: 'journey', level: 'info', output: { write: (line: string) => void rig.logLines.push(line) } });
  api = await serveApi({ useCases: core.useCases, identity, logger, refusals: core.refusals });
  admin = await signIn(`${CANARY}-password`);
});
afterAll(async () => {
  await api.app.close();
  await rig.close();
});

const signIn = async (password: string) =>
  (await api.call('POST', '/v1/auth/token', { body: { username: 'admin', password } })).json.accessToken as string;

async function keyOf(role: string): Promise<{ secret: string; token: string }> {
  const created = await api.call('POST', '/v1/api-keys', { token: admin, body: { name: role, role } });
  const secret = created.json.apiKey as string;
  return { secret, token: (await api.call('POST', '/v1/auth/token', { body: { apiKey: secret } })).json.accessToken };
}

interface Listed {
  action: string;
  code: string | null;
  target: { id: string };
}
const listed = async (query = ''): Promise<Listed[]> =>
  (await api.call('GET', `/v1/audit?pageSize=200${query}`, { token: admin })).json.items;

it('leads from changes and refusals to an export that verifies, with no secret in it', async () => {
  const viewer = await keyOf('viewer');
  const owner = await keyOf('owner');
  const body = {
    name: 'photos',
    location: { kind: 's3', serviceUrl: 'http://127.0.0.1:9000', bucket: 'photos' },
    secret: { kind: 's3', accessKeyId: 'access', secretAccessKey: CANARY },
  };
  expect(await api.call('POST', '/v1/workspaces/default/endpoints', { token: viewer.token, body })).toMatchObject({ status: 403 });
  expect(await api.call('POST', '/v1/workspaces/default/endpoints', { token: owner.token, body })).toMatchObject({ status: 201 });
  expect(await api.call('GET', '/v1/workspaces/nowhere/endpoints', { token: owner.token })).toMatchObject({ status: 403 });
  expect(await api.call('GET', '/v1/audit', { token: owner.token })).toMatchObject({ status: 403 });
  await signIn(`${CANARY}-guess`);
  await eventually(async () => (await listed()).some(({ code }) => code === 'SIGN_IN_FAILED'));
  const all = await listed();
  expect(all.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['user.create', 'session.open', 'api-key.create', 'api-key.use', 'endpoint.create']),
  );
  const refusals = all.filter(({ code }) => code !== null).map(({ code, target }) => `${code} ${target.id}`);
  expect(refusals.sort()).toEqual([
    'ROLE_FORBIDDEN createEndpoint',
    'ROLE_FORBIDDEN listAllAuditEntries',
    expect.stringMatching(/^SIGN_IN_FAILED usr_/),
    'WORKSPACE_FORBIDDEN listEndpoints',
  ]);
  const keys = (await core.useCases.reportKeys.list()).map(({ publicKeyPem }) => publicKeyPem);
  for (const [path, token] of [
    ['/v1/workspaces/default/audit/export', owner.token],
    ['/v1/audit/export', admin],
  ] as const) {
    const { text } = await api.call('GET', path, { token });
    const verifier = new AuditVerifier(keys);
    for (const line of text.trimEnd().split('\n')) verifier.line(line);
    expect(verifier.verdict()).toMatchObject({ whole: true, differences: [] });
    for (const secret of [CANARY, viewer.secret, owner.secret]) expect(text).not.toContain(secret);
  }
  expect(rig.logLines.join('')).not.toContain(CANARY);
});
