import { atRest, inState, migrationInput, until } from '../../fixtures/scheduler-under-test';
import { TwoTenants } from './fixtures/two-tenants';

let tenants: TwoTenants;
beforeAll(async () => {
  tenants = await TwoTenants.open();
});
afterAll(() => tenants.close());

const { source, target } = migrationInput();
const OWN = '/v1/workspaces/default';
const setQuotas = (quotas: object, workspace = 'default') =>
  tenants.made('PATCH', `/v1/admin/workspaces/${workspace}/quotas`, tenants.admin, quotas);
const createEndpoint = (name: string, token = tenants.ann, workspace = 'default') =>
  tenants.ask('POST', `/v1/workspaces/${workspace}/endpoints`, token, { name, ...source });
const createMigration = (more: object = {}) =>
  tenants.ask('POST', `${OWN}/migrations`, tenants.ann, { source, target, spec: { kind: 'storage', ...more } });
const codes = (answers: { status: number; json: { code?: string } }[]) => answers.map(({ status, json }) => json.code ?? status).sort();

it('is none until an administrator sets one, which owners see and cannot change', async () => {
  expect((await tenants.ask('GET', `${OWN}/quotas`, tenants.ann)).json).toEqual({
    quotas: { migrations: 0, endpoints: 0, bytesPerSecond: 0, requestsPerSecond: 0, concurrency: 0 },
    use: { migrations: 0, endpoints: 0 },
  });
  const refused = await tenants.ask('PATCH', '/v1/admin/workspaces/default/quotas', tenants.ann, { endpoints: 100 });
  expect(refused).toMatchObject({ status: 403, json: { code: 'ROLE_FORBIDDEN' } });
  expect(await tenants.ask('PATCH', '/v1/admin/workspaces/nowhere/quotas', tenants.admin, { endpoints: 1 })).toMatchObject({
    status: 404,
    json: { code: 'WORKSPACE_NOT_FOUND' },
  });
});

it('of endpoints is kept to by requests at the same time, and says what is used', async () => {
  await setQuotas({ endpoints: 3 });
  const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => createEndpoint(`e${index}`)));
  expect(codes(answers)).toEqual([201, 201, 201, ...Array.from({ length: 7 }, () => 'QUOTA_EXCEEDED')]);
  expect(answers.find(({ status }) => status === 409)?.json).toMatchObject({
    details: { quota: 'endpoints', limit: '3', used: '3' },
    hint: expect.stringContaining('administrator'),
  });
  expect((await createEndpoint('elsewhere', tenants.bob, 'other')).status).toBe(201);
  const [made] = answers.filter(({ status }) => status === 201);
  expect((await tenants.ask('DELETE', `${OWN}/endpoints/${made?.json.id}`, tenants.ann)).status).toBe(204);
  expect((await createEndpoint('again')).status).toBe(201);
});

it('of endpoints answers a repeated request as the first one', async () => {
  await setQuotas({ endpoints: 4 });
  const once = () =>
    tenants.ask('POST', `${OWN}/endpoints`, tenants.ann, { name: 'once', ...source }, { headers: { 'idempotency-key': 'quota-1' } });
  const [first, second] = [await once(), await once()];
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(second.json.id).toBe(first.json.id);
});

it('of migrations counts those that are not at rest', async () => {
  await setQuotas({ migrations: 2 });
  const answers = await Promise.all(Array.from({ length: 6 }, () => createMigration()));
  expect(codes(answers)).toEqual([201, 201, ...Array.from({ length: 4 }, () => 'QUOTA_EXCEEDED')]);
  const [one] = answers.filter(({ status }) => status === 201);
  const id = one?.json.id as string;
  await until(tenants.core, id, inState('incremental', 'waiting'));
  expect((await createMigration()).json).toMatchObject({ code: 'QUOTA_EXCEEDED', details: { quota: 'migrations', used: '2' } });
  expect((await tenants.ask('POST', `${OWN}/migrations/${id}/cancel`, tenants.ann)).status).toBe(200);
  await atRest(tenants.core, id);
  expect((await createMigration()).status).toBe(201);
});

it("is a ceiling for the workspace's limits, which come down to it", async () => {
  const limits = (change: object) => tenants.ask('PATCH', `${OWN}/limits`, tenants.ann, change);
  expect((await limits({ bytesPerSecond: 5_000_000, concurrency: 2 })).status).toBe(200);
  await setQuotas({ bytesPerSecond: 1_000_000, concurrency: 8, requestsPerSecond: 100 });
  expect((await tenants.ask('GET', `${OWN}/limits`, tenants.ann)).json).toEqual({
    bytesPerSecond: 1_000_000,
    concurrency: 2,
    requestsPerSecond: 100,
  });
  expect(await limits({ bytesPerSecond: 1_000_001 })).toMatchObject({
    status: 409,
    json: { code: 'QUOTA_EXCEEDED', details: { quota: 'bytesPerSecond', limit: '1000000', used: '1000001' } },
  });
  expect(await limits({ concurrency: 0 })).toMatchObject({ status: 409, json: { details: { quota: 'concurrency', used: 'no limit' } } });
  expect((await limits({ bytesPerSecond: 10, concurrency: 8 })).status).toBe(200);
  await setQuotas({ bytesPerSecond: 0 });
  expect((await limits({ bytesPerSecond: 0 })).status).toBe(200);
});
