import { randomBytes } from 'node:crypto';
import { databaseInput, migrationInput } from '../../fixtures/scheduler-under-test';
import { SAMPLE_BODIES, SAMPLE_QUERIES } from './fixtures/sample-bodies';
import { TwoTenants } from './fixtures/two-tenants';
import { pathParameterNames, type RouteDefinition } from './route-definition';
import { ALL_ROUTES } from './routes/all-routes';

/** Objects of the workspace `other`, asked for with the token of an owner of `default`. */
let tenants: TwoTenants;
const ids: Record<string, string> = {};

beforeAll(async () => {
  tenants = await TwoTenants.open();
  const { bob } = tenants;
  const make = async (name: string, path: string, body: unknown) => {
    ids[name] = (await tenants.made('POST', path, bob, body)).id as string;
  };
  const { source, target } = migrationInput();
  await make('endpoint', '/v1/workspaces/other/endpoints', { name: 'their-photos', ...source });
  await make('migration', '/v1/workspaces/other/migrations', { source, target, spec: { kind: 'storage' } });
  const shop = databaseInput();
  await make('databaseEndpoint', '/v1/workspaces/other/endpoints', { name: 'their-shop', ...shop.source });
  await make('databaseMigration', '/v1/workspaces/other/migrations', { ...shop, spec: { kind: 'database' } });
  await make('draft', '/v1/workspaces/other/migration-drafts', { name: 'their-draft', content: {} });
  await make('apiKey', '/v1/api-keys', { name: 'their-key' });
  await make('invitation', '/v1/workspaces/other/invitations', { invitee: 'carol', role: 'viewer' });
  await make('serviceAccount', '/v1/workspaces/other/service-accounts', { name: 'their-robot', role: 'operator' });
  const channel = { name: 'their-ops', type: 'webhook', settings: { url: 'https://example.com/hook' } };
  await make('channel', '/v1/workspaces/other/notification-channels', channel);
  const silence = { matchers: [{ label: 'severity', value: 'info' }], endsAt: '2030-01-02T03:04:05Z', comment: 'theirs' };
  await make('silence', '/v1/workspaces/other/alert-silences', silence);
  const { workspaceId } = tenants.rig.notifier.channels[0]!;
  ids['alert'] = tenants.rig.notifier.addAlert({ workspaceId }).id;
  ids['delivery'] = tenants.rig.notifier.addDelivery({ workspaceId }).id;
  ids['session'] = ((await tenants.made('GET', '/v1/auth/sessions', bob)).items as { id: string }[])[0]?.id ?? '';
  ids['member'] = (await tenants.made('GET', '/v1/auth/me', bob)).userId as string;
});
afterAll(() => tenants.close());

const unknown = (prefix: string) => `${prefix}_${randomBytes(16).toString('hex')}`;

/** What stands for an object of others in a path, and what for one that there is not. */
interface Sample {
  theirs: () => string;
  nobodys: string;
}
const byId = (object: string, prefix: string): Sample => ({ theirs: () => ids[object] ?? '', nobodys: unknown(prefix) });
const byName = (name: string): Sample => ({ theirs: () => name, nobodys: 'no-such-name' });

/** By the path up to its first object. A route that belongs to none of these has no sample, and its test fails. */
const SAMPLES: Record<string, Sample[]> = {
  '/v1/workspaces/{ws}/endpoints/{idOrName}': [
    byId('endpoint', 'ep'),
    byName('their-photos'),
    byId('databaseEndpoint', 'ep'),
    byName('their-shop'),
  ],
  '/v1/workspaces/{ws}/migrations/{id}': [byId('migration', 'mig'), byId('databaseMigration', 'mig')],
  '/v1/workspaces/{ws}/migration-drafts/{id}': [byId('draft', 'drf')],
  '/v1/workspaces/{ws}/traces/{traceId}': [{ theirs: () => 'a'.repeat(32), nobodys: 'b'.repeat(32) }],
  '/v1/workspaces/{ws}/members/{userId}': [byId('member', 'usr')],
  '/v1/workspaces/{ws}/invitations/{id}': [byId('invitation', 'inv')],
  '/v1/workspaces/{ws}/service-accounts/{idOrName}': [byId('serviceAccount', 'usr'), byName('their-robot')],
  '/v1/workspaces/{ws}/notification-channels/{id}': [byId('channel', 'nch')],
  '/v1/workspaces/{ws}/alert-silences/{id}': [byId('silence', 'sil')],
  '/v1/workspaces/{ws}/alerts/{id}': [byId('alert', 'alt')],
  '/v1/workspaces/{ws}/notification-deliveries/{id}': [byId('delivery', 'dlv')],
  // Each workspace has all of them; those of the platform are not among them.
  '/v1/workspaces/{ws}/alert-rules/{rule}': [byName('outbox-behind')],
  '/v1/api-keys/{id}': [byId('apiKey', 'key')],
  '/v1/auth/sessions/{id}': [byId('session', 'ses')],
};

/** Of the platform, not of a workspace. Each needs a permission that no role in a workspace has for it, or shows what all may see. */
const OF_THE_PLATFORM: Record<string, Sample> = {
  '/v1/file-roots/{name}': byName('data'),
  '/v1/admin/workspaces/{idOrName}': byName('other'),
  '/v1/platform/log-levels/{service}': byName('scheduler'),
  '/v1/admin/users/{user}': byName('bob'),
  '/v1/admin/notification-channels/{id}': byId('channel', 'nch'),
  '/v1/admin/alert-silences/{id}': byId('silence', 'sil'),
  '/v1/admin/alerts/{id}': byId('alert', 'alt'),
  '/v1/admin/notification-deliveries/{id}': byId('delivery', 'dlv'),
  '/v1/admin/identity-providers/{name}': byName('corp'),
  '/v1/admin/alert-rules/{rule}': byName('outbox-behind'),
};

const objectsOf = ({ path }: RouteDefinition) => pathParameterNames(path).filter((name) => name !== 'ws');
const withObjects = ALL_ROUTES.filter((route) => route.permission !== 'public' && objectsOf(route).length > 0);
/** `/v1/…/{id}` of `/v1/…/{id}/failures`. */
const objectPath = (path: string) => /^.*?\{(?!ws\})\w+\}/.exec(path)?.[0] ?? '';
const name = (route: RouteDefinition) => `${route.method} ${route.path}`;
const inWorkspaces = withObjects.filter(({ path }) => !(objectPath(path) in OF_THE_PLATFORM));
const ofThePlatform = withObjects.filter(({ path }) => objectPath(path) in OF_THE_PLATFORM);

const ask = (route: RouteDefinition, object: string) => {
  const path = route.path.replace('{ws}', 'default').replace(/\{\w+\}/, object);
  return tenants.ask(route.method, `${path}${SAMPLE_QUERIES[route.operationId] ?? ''}`, tenants.ann, SAMPLE_BODIES[route.operationId]);
};

/** Everything that the other workspace has. */
async function snapshot(): Promise<string> {
  const rows = ['endpoint', 'api_key', 'invitation', 'service_account', 'user_session', 'workspace_member', 'alert_rule'].map((table) =>
    tenants.core.database.query(`SELECT * FROM ${table} WHERE workspace_id <> 'ws_00000000000070008000000000000001' ORDER BY 1, 2`),
  );
  const migrations = tenants.core.database.query(`SELECT id, spec FROM migration ORDER BY id`);
  const { channels, silences, alerts, deliveries } = tenants.rig.notifier;
  return JSON.stringify([await Promise.all([...rows, migrations]), channels, silences, alerts, deliveries]);
}

it.each(inWorkspaces.map((route) => [name(route), route] as const))(
  '%s answers for an object of others as for one that there is not',
  async (_name, route) => {
    // A path with more than one object needs a sample of its own: the second one could be of others too.
    expect(objectsOf(route)).toHaveLength(1);
    const samples = SAMPLES[objectPath(route.path)];
    expect(samples).toBeDefined();
    const before = await snapshot();
    for (const { theirs, nobodys } of samples ?? []) {
      const asked = await ask(route, theirs());
      const missing = await ask(route, nobodys);
      expect(missing.status).toBe(404);
      expect(asked.status).toBe(404);
      const comparable = ({ json }: typeof asked, object: string) =>
        JSON.stringify({ ...json, traceId: undefined }).replaceAll(object, 'OBJECT');
      expect(comparable(asked, theirs())).toBe(comparable(missing, nobodys));
    }
    expect(await snapshot()).toBe(before);
  },
);

it.each(ofThePlatform.map((route) => [name(route), route] as const))('%s is refused to the owner of a workspace', async (_name, route) => {
  const answer = await ask(route, OF_THE_PLATFORM[objectPath(route.path)]?.theirs() ?? '');
  expect(answer).toMatchObject({ status: 403, json: { code: 'ROLE_FORBIDDEN' } });
});

it('leads to no endpoint of others by a new migration', async () => {
  const { source } = migrationInput();
  for (const endpoint of [ids['endpoint'] ?? '', 'their-photos', unknown('ep')]) {
    const answer = await tenants.ask('POST', '/v1/workspaces/default/migrations', tenants.ann, {
      source,
      target: { endpoint },
      spec: { kind: 'storage' },
    });
    expect(answer).toMatchObject({ status: 404, json: { code: 'ENDPOINT_NOT_FOUND' } });
  }
});

it('leads to no database of others either', async () => {
  const { source } = databaseInput();
  for (const endpoint of [ids['databaseEndpoint'] ?? '', 'their-shop']) {
    const body = { source, target: { endpoint }, spec: { kind: 'database' } };
    const answer = await tenants.ask('POST', '/v1/workspaces/default/migrations', tenants.ann, body);
    expect(answer).toMatchObject({ status: 404, json: { code: 'ENDPOINT_NOT_FOUND' } });
  }
});

it.each([
  ['/v1/workspaces/default/endpoints', 'endpoint'],
  ['/v1/workspaces/default/endpoints', 'databaseEndpoint'],
  ['/v1/workspaces/default/migrations', 'migration'],
  ['/v1/workspaces/default/members', 'member'],
  ['/v1/workspaces/default/invitations', 'invitation'],
  ['/v1/workspaces/default/service-accounts', 'serviceAccount'],
  ['/v1/workspaces/default/notification-channels', 'channel'],
  ['/v1/workspaces/default/alert-silences', 'silence'],
  ['/v1/workspaces/default/alerts', 'alert'],
  ['/v1/workspaces/default/notification-deliveries', 'delivery'],
  ['/v1/api-keys', 'apiKey'],
])('%s lists nothing of others', async (path, object) => {
  const answer = await tenants.ask('GET', path, tenants.ann);
  expect(answer.status).toBe(200);
  expect(answer.text).not.toContain(ids[object]);
});

it('lists to each their own workspaces', async () => {
  const names = async (token: string) =>
    (await tenants.ask('GET', '/v1/workspaces', token)).json.items.map((item: { name: string }) => item.name);
  expect(await names(tenants.ann)).toEqual(['default']);
  expect(await names(tenants.bob)).toEqual(['other']);
  expect(await names(tenants.admin)).toEqual(['default', 'other']);
});
