import { commonV1 } from '@smartant/contracts';
import { createLogger } from '@smartant/platform/logging';
import { verifyReport } from '@smartant/proof';
import { eventually, Rig } from '../../fixtures/scheduler-under-test';
import { createIdentity } from '../postgres/identity';
import { serveApi, type CallOptions, type ServedApi } from './fixtures/running-api';

const { Phase } = commonV1;

/** A database's migration over REST, from saved endpoints to a signed report; only the migrator is scripted. */
let rig: Rig;
let api: ServedApi;
let token: string;

beforeAll(async () => {
  rig = await Rig.open();
  const { databaseMigrator } = rig;
  databaseMigrator.held.add(Phase.PHASE_INCREMENTAL).add(Phase.PHASE_REVERSIBLE);
  databaseMigrator.telling = () => ({
    stream: {
      appliedPosition: '0/1',
      sourcePosition: '0/2',
      lagBytes: 1,
      lagMs: 5,
      retainedBytes: 9,
      fullAt: '2026-01-02T00:00:00Z',
      syncingTables: 0,
      comparisonsWait: false,
      definitionDifferenceCount: 0,
      definitionDifferences: [],
    },
  });
  databaseMigrator.ending = (run) =>
    run.phase === Phase.PHASE_CUTOVER ? { frozenAt: '2026-01-01T00:00:00.000Z', openedAt: '2026-01-01T00:00:02.500Z' } : {};
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
const PASSWORD = 'CANARY-OF-THE-DATABASE';
const ask = (method: string, path: string, options: CallOptions = {}) => api.call(method, path, { token, ...options });
const secret = { kind: 'password', password: PASSWORD };
const location = (host: string) => ({ kind: 'postgres', host, database: 'shop', user: 'mover' });
const body = { source: { endpoint: 'old' }, target: { endpoint: 'new' }, spec: { kind: 'database' } };

const untilIn = async (id: string, wanted: string) => {
  await eventually(async () => {
    const { phase, status } = (await ask('GET', `${WORKSPACE}/migrations/${id}`)).json;
    return `${phase}/${status}` === wanted;
  });
  return (await ask('GET', `${WORKSPACE}/migrations/${id}`)).json;
};

it('leads from saved endpoints to a signed report', async () => {
  for (const name of ['old', 'new']) {
    const made = await ask('POST', `${WORKSPACE}/endpoints`, { body: { name, location: location(`${name}.example.com`), secret } });
    expect(made).toMatchObject({ status: 201, json: { location: { port: 5_432, tlsMode: 'verify-full' } } });
    expect(made.text).not.toContain(PASSWORD);
  }
  expect(await ask('POST', `${WORKSPACE}/endpoints/old/test`)).toMatchObject({ status: 200, json: { reachable: true } });
  expect((await ask('GET', `${WORKSPACE}/endpoints/old/items`)).status).toBe(200);
  expect(await ask('POST', `${WORKSPACE}/migrations?validateOnly=true`, { body })).toMatchObject({ status: 200, json: { findings: [] } });
  // The scripted storage migrator was asked for none of it.
  expect(rig.migrator.calls).toEqual([]);

  rig.databaseMigrator.held.add(Phase.PHASE_FULL);
  const created = await ask('POST', `${WORKSPACE}/migrations`, { body });
  expect(created).toMatchObject({
    status: 201,
    json: { spec: { database: { mode: 'live', targetPolicy: 'refuse', reverse: true, roles: false } } },
  });
  const id = created.json.id as string;
  await untilIn(id, 'full/running');
  expect(await ask('POST', `${WORKSPACE}/migrations/${id}/cutover`)).toMatchObject({
    status: 409,
    json: { code: 'MIGRATION_CUTOVER_TOO_EARLY' },
  });
  rig.databaseMigrator.held.delete(Phase.PHASE_FULL);

  await untilIn(id, 'incremental/running');
  await eventually(async () => (await ask('GET', `${WORKSPACE}/migrations/${id}`)).json.stream !== null);
  expect((await ask('GET', `${WORKSPACE}/migrations/${id}`)).json.stream).toMatchObject({ lagMs: 5, fullAt: '2026-01-02T00:00:00Z' });
  expect((await ask('POST', `${WORKSPACE}/migrations/${id}/cutover`)).status).toBe(200);
  const reversible = await untilIn(id, 'reversible/running');
  expect(reversible).toMatchObject({ verification: { database: { tables: 2, targetRows: 7 } }, openedAt: '2026-01-01T00:00:02.500Z' });

  expect((await ask('POST', `${WORKSPACE}/migrations/${id}/finalize`)).status).toBe(200);
  await untilIn(id, 'done/succeeded');
  const report = await ask('GET', `${WORKSPACE}/migrations/${id}/report`);
  const keys = await api.call('GET', '/v1/report-keys');
  const { predicate } = verifyReport(report.json, keys.json.keys[0].publicKeyPem).statement;
  expect(predicate).toMatchObject({
    migration: { kind: 'database' },
    source: { description: 'postgres://mover@old.example.com:5432/shop' },
    downtime: { milliseconds: 2_500 },
    verification: { level: 'content', database: { sourceRows: 7, sequences: 1, frozenPosition: '0/16B3748' } },
    scope: { mode: 'live' },
  });
});

it.each([
  ['a database to itself', { ...body, target: { endpoint: 'old' } }, 'MIGRATION_SOURCE_IS_TARGET'],
  [
    'a database under another spelling of its host',
    { ...body, target: { location: location('OLD.example.com.'), secret } },
    'MIGRATION_SOURCE_IS_TARGET',
  ],
  [
    'a bucket as its target',
    { ...body, target: { location: { kind: 's3', bucket: 'photos' }, secret: { kind: 's3', accessKeyId: 'a', secretAccessKey: 'b' } } },
    'MIGRATION_KIND_MISMATCH',
  ],
  ['a database as storage', { ...body, spec: { kind: 'storage' } }, 'MIGRATION_KIND_MISMATCH'],
  [
    'a stream back of a snapshot',
    { ...body, spec: { kind: 'database', database: { mode: 'snapshot', reverse: true } } },
    'MIGRATION_SPEC_INVALID',
  ],
  [
    'a table without its schema',
    { ...body, spec: { kind: 'database', database: { includeTables: ['orders'] } } },
    'MIGRATION_SPEC_INVALID',
  ],
  [
    'a key of S3 for a database',
    { ...body, source: { location: location('x'), secret: { kind: 's3', accessKeyId: 'a', secretAccessKey: 'b' } } },
    'REQUEST_INVALID',
  ],
  [
    'a way to a socket',
    { ...body, source: { location: { ...location('/run/postgresql'), via: [{ kind: 'socks', host: 'proxy' }] }, secret } },
    'ENDPOINT_INVALID',
  ],
])('refuses %s, and makes nothing', async (_name, input, code) => {
  const before = (await ask('GET', `${WORKSPACE}/migrations`)).json.items.length;
  const answer = await ask('POST', `${WORKSPACE}/migrations`, { body: input });
  expect(answer).toMatchObject({ status: 400, json: { code, hint: expect.any(String) } });
  expect((await ask('GET', `${WORKSPACE}/migrations`)).json.items).toHaveLength(before);
});

it('needs the password again for another server, and not for another database', async () => {
  await ask('POST', `${WORKSPACE}/endpoints`, { body: { name: 'moving', location: location('one.example.com'), secret } });
  const change = (to: object) =>
    ask('PATCH', `${WORKSPACE}/endpoints/moving`, { body: { location: { ...location('one.example.com'), ...to } } });
  expect(await change({ host: 'two.example.com' })).toMatchObject({ status: 400, json: { code: 'ENDPOINT_SECRET_NEEDED' } });
  expect(await change({ tlsMode: 'require' })).toMatchObject({ status: 400, json: { code: 'ENDPOINT_SECRET_NEEDED' } });
  expect(await change({ database: 'other' })).toMatchObject({ status: 200, json: { location: { database: 'other' } } });
});

it('kept the password out of all answers and logs', async () => {
  expect((await ask('GET', `${WORKSPACE}/endpoints`)).text + rig.logLines.join('')).not.toContain(PASSWORD);
});
