import { SmartantError } from '@smartant/kernel';
import { eventually } from '../../fixtures/scheduler-under-test';
import { TwoTenants } from './fixtures/two-tenants';

/** The routes about notifications on the real use cases and database, with a real gRPC server in the place of the notifier. */
let tenants: TwoTenants;
let viewer: string;
let operator: string;
const CANARY = 'CANARY-OF-A-CHANNEL';
const OWN = '/v1/workspaces/default';

beforeAll(async () => {
  tenants = await TwoTenants.open();
  await tenants.newcomer('vera', 'viewer', tenants.ann, 'default');
  await tenants.newcomer('olga', 'operator', tenants.ann, 'default');
  viewer = await tenants.signIn('vera');
  operator = await tenants.signIn('olga');
});
beforeEach(() => {
  tenants.rig.notifier.calls.length = 0;
  tenants.rig.notifier.refusals.clear();
});
afterAll(() => tenants.close());

const notifier = () => tenants.rig.notifier;
const hook = (name: string) => ({
  name,
  type: 'webhook',
  settings: { url: 'https://example.com/hook', retries: [1, 2.5, null] },
  secrets: { signingKey: CANARY },
});
/** Newest first. */
async function auditOf(action: string, path = `${OWN}/audit`, token = tenants.ann): Promise<Record<string, unknown>[]> {
  // Facts are sealed one replica at a time, also by the platform itself: what it holds just now is sealed by it.
  await eventually(async () => {
    await tenants.core.audit.seal();
    return (await tenants.core.database.query('SELECT 1 FROM audit_pending')).length === 0;
  });
  return (await tenants.ask('GET', `${path}?action=${action}&pageSize=200`, token)).json.items;
}

describe('channels', () => {
  it('are made once for an idempotency key, by owners, and audited without their secrets', async () => {
    const more = { headers: { 'idempotency-key': 'k-1' } };
    const make = (token: string, body: object = hook('ops')) => tenants.ask('POST', `${OWN}/notification-channels`, token, body, more);
    expect(await make(operator)).toMatchObject({ status: 403, json: { code: 'ROLE_FORBIDDEN' } });
    const [made, again] = [await make(tenants.ann), await make(tenants.ann)];
    expect(made.status).toBe(201);
    expect(made.json).toMatchObject({
      name: 'ops',
      secretNames: ['signingKey'],
      settings: hook('ops').settings,
      version: 1,
      lastError: null,
    });
    expect(again.json.id).toBe(made.json.id);
    expect(await make(tenants.ann, hook('other'))).toMatchObject({ status: 409, json: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    const [call] = notifier().callsOf('PutChannel');
    expect(call?.request).toMatchObject({ actor: 'ann', secrets: { signingKey: CANARY }, language: 'en', enabled: true, ifVersion: 0 });
    expect(await auditOf('notification-channel.create')).toMatchObject([{ target: { id: made.json.id, name: 'ops' }, outcome: 'done' }]);
  });

  it('of another workspace is not what the same idempotency key leads to', async () => {
    const more = { headers: { 'idempotency-key': 'k-1' } };
    const theirs = await tenants.ask('POST', '/v1/workspaces/other/notification-channels', tenants.bob, hook('ops'), more);
    const list = await tenants.ask('GET', `${OWN}/notification-channels`, viewer);
    expect(theirs.status).toBe(201);
    expect(list.json).toMatchObject({ items: [{ name: 'ops' }], nextPageToken: 'next' });
    expect(list.json.items[0].id).not.toBe(theirs.json.id);
  });

  it('are replaced at the version that was read, and tested, and removed', async () => {
    const { id } = await tenants.made('POST', `${OWN}/notification-channels`, tenants.ann, hook('changing'));
    const path = `${OWN}/notification-channels/${id as string}`;
    const etag = (await tenants.ask('GET', path, viewer)).headers.get('etag') ?? '';
    const body = { ...hook('changed'), secrets: { token: 'x' } };
    const replace = () => tenants.ask('PUT', path, tenants.ann, body, { headers: { 'if-match': etag } });
    expect(await replace()).toMatchObject({ status: 200, json: { version: 2, secretNames: ['signingKey', 'token'] } });
    expect(await replace()).toMatchObject({ status: 412, json: { code: 'NOTIFY_VERSION_STALE', details: { version: '2' } } });
    expect(await tenants.ask('PUT', path, tenants.ann, body)).toMatchObject({ status: 200, json: { version: 3 } });
    expect(await auditOf('notification-channel.update')).toMatchObject([
      {},
      { before: { name: 'changing' }, after: { name: 'changed', secretsChanged: ['token'] } },
    ]);
    expect(await tenants.ask('POST', `${path}/test`, viewer)).toMatchObject({ status: 403 });
    expect(await tenants.ask('POST', `${path}/test`, operator)).toMatchObject({ status: 200, json: { channelId: id, title: 'a test' } });
    expect(await tenants.ask('DELETE', path, operator)).toMatchObject({ status: 403 });
    expect(await tenants.ask('DELETE', path, tenants.ann)).toMatchObject({ status: 204 });
    expect(await tenants.ask('GET', path, viewer)).toMatchObject({ status: 404, json: { code: 'NOTIFY_CHANNEL_NOT_FOUND' } });
    expect(await auditOf('notification-channel.test')).toHaveLength(1);
    expect(await auditOf('notification-channel.remove')).toHaveLength(1);
  });

  it("come with the notifier's field errors", async () => {
    const fields = [{ field: 'settings.url', message: 'must be an address' }];
    notifier().refusals.set('PutChannel', new SmartantError('NOTIFY_CHANNEL_INVALID', 'Wrong.', { kind: 'invalid', fields }));
    expect(await tenants.ask('POST', `${OWN}/notification-channels`, tenants.ann, hook('wrong'))).toMatchObject({
      status: 400,
      json: { code: 'NOTIFY_CHANNEL_INVALID', fields },
    });
    expect(await tenants.ask('POST', `${OWN}/notification-channels`, tenants.ann, { ...hook('x'), settings: deep(40) })).toMatchObject({
      status: 400,
      json: { code: 'REQUEST_INVALID', fields: [{ field: 'settings' }] },
    });
    expect(await auditOf('notification-channel.create')).toHaveLength(2);
  });
});

const deep = (levels: number): object => (levels === 0 ? {} : { in: deep(levels - 1) });

it('keeps the routing as one document, and asks where an alert would go', async () => {
  const document = { route: { name: 'default', channels: ['ops'], routes: [{ name: 'night', groupWait: '30s' }] } };
  const etag = (await tenants.ask('GET', `${OWN}/alert-routing`, viewer)).headers.get('etag') ?? '';
  const put = (token: string) => tenants.ask('PUT', `${OWN}/alert-routing`, token, { document }, { headers: { 'if-match': etag } });
  expect(await put(operator)).toMatchObject({ status: 403 });
  expect(await put(tenants.ann)).toMatchObject({ status: 200, json: { document, version: 2, updatedBy: 'ann' } });
  expect(await put(tenants.ann)).toMatchObject({ status: 412 });
  const tried = await tenants.ask('POST', `${OWN}/alert-routing/test`, viewer, { labels: { severity: 'critical' } });
  expect(tried.json).toEqual({
    matches: [{ path: ['default'], group: { severity: 'critical' }, channelIds: ['nch_1'], heldBy: null, holder: null }],
  });
  expect(await auditOf('alert-routing.update')).toMatchObject([{ before: { version: 1 }, after: { version: 2, document } }]);
});

it('lets operators silence, acknowledge and send again, and puts each on record', async () => {
  const wish = { matchers: [{ label: 'severity', value: 'info' }], endsAt: '2030-01-02T03:04:05Z', comment: 'maintenance' };
  const more = { headers: { 'idempotency-key': 's-1' } };
  const silence = (token: string) => tenants.ask('POST', `${OWN}/alert-silences`, token, wish, more);
  expect(await silence(viewer)).toMatchObject({ status: 403 });
  const { id } = (await silence(operator)).json;
  expect((await silence(operator)).json.id).toBe(id);
  expect(notifier().callsOf('PutSilence')[0]?.request).toMatchObject({ matchers: [{ operator: '=' }], actor: 'olga' });
  expect(await tenants.ask('PUT', `${OWN}/alert-silences/${id}`, operator, wish)).toMatchObject({ status: 200 });
  expect(await tenants.ask('POST', `${OWN}/alert-silences/${id}/expire`, operator)).toMatchObject({ json: { state: 'expired' } });
  await tenants.ask('GET', `${OWN}/alert-silences?state=active`, viewer);
  expect(notifier().callsOf('ListSilences')[0]?.request).toMatchObject({ state: 'active' });
  const { workspaceId } = notifier().silences[0]!;
  const alert = notifier().addAlert({ workspaceId, migrationId: 'mig_1' });
  const delivery = notifier().addDelivery({ workspaceId, state: 'given-up', alertIds: [alert.id] });
  await tenants.ask('GET', `${OWN}/alerts?status=firing&severity=critical&migrationId=mig_1&text=db-1&pageSize=7&pageToken=t`, viewer);
  expect(notifier().callsOf('ListAlerts')[0]?.request).toEqual({
    workspaceId,
    status: 'firing',
    severity: 'critical',
    migrationId: 'mig_1',
    text: 'db-1',
    pageSize: 7,
    pageToken: 't',
  });
  expect(await tenants.ask('GET', `${OWN}/alerts/${alert.id}`, viewer)).toMatchObject({ json: { endsAt: null, migrationId: 'mig_1' } });
  const acknowledge = (token: string) => tenants.ask('POST', `${OWN}/alerts/${alert.id}/acknowledge`, token, { comment: 'on it' });
  expect(await acknowledge(viewer)).toMatchObject({ status: 403 });
  expect(await acknowledge(operator)).toMatchObject({ status: 200, json: { acknowledgedBy: 'olga' } });
  await tenants.ask('GET', `${OWN}/notification-deliveries?state=given-up&alertId=${alert.id}`, viewer);
  expect(notifier().callsOf('ListDeliveries')[0]?.request).toMatchObject({ state: 'given-up', alertId: alert.id, channelId: '' });
  expect(await tenants.ask('POST', `${OWN}/notification-deliveries/${delivery.id}/retry`, operator)).toMatchObject({
    json: { state: 'pending' },
  });
  for (const action of ['silence.create', 'silence.update', 'silence.expire', 'alert.acknowledge', 'notification-delivery.retry'])
    expect(await auditOf(action)).toMatchObject([{ outcome: 'done' }]);
});

it('replaces templates and goes back to the built-in ones', async () => {
  const path = `${OWN}/notification-templates?language=zh&channelType=webhook`;
  const body = { title: '{{ title }}', body: 'line\nline' };
  expect(await tenants.ask('PUT', path, operator, body)).toMatchObject({ status: 403 });
  expect(await tenants.ask('PUT', path, tenants.ann, body)).toMatchObject({ status: 200, json: { ...body, version: 1, builtIn: false } });
  expect(await tenants.ask('PUT', path, tenants.ann, body)).toMatchObject({ status: 200, json: { version: 2 } });
  const preview = await tenants.ask('POST', `${OWN}/notification-templates/preview`, operator, { ...body, body: '', language: 'zh' });
  expect(preview.json).toEqual({ title: body.title, body: '', problem: 'it is empty' });
  expect((await tenants.ask('GET', `${OWN}/notification-templates`, viewer)).json.items).toHaveLength(2);
  expect(await tenants.ask('DELETE', path, tenants.ann)).toMatchObject({ status: 204 });
  expect((await tenants.ask('GET', `${OWN}/notification-templates`, viewer)).json.items).toHaveLength(1);
  expect(await auditOf('notification-template.reset')).toMatchObject([{ target: { id: 'webhook/zh' }, before: body, after: null }]);
});

it("keeps the platform's own for administrators, apart from every workspace", async () => {
  const made = await tenants.ask('POST', '/v1/admin/notification-channels', tenants.admin, hook('platform'));
  expect(made).toMatchObject({ status: 201 });
  expect(notifier().callsOf('PutChannel')[0]?.request.workspaceId).toBe('');
  expect(await tenants.ask('GET', '/v1/admin/notification-channels', tenants.ann)).toMatchObject({ status: 403 });
  expect((await tenants.ask('GET', '/v1/admin/notification-channels', tenants.admin)).json.items).toMatchObject([{ name: 'platform' }]);
  expect(await tenants.ask('GET', `${OWN}/notification-channels/${made.json.id}`, tenants.ann)).toMatchObject({ status: 404 });
  const [fact] = (await auditOf('notification-channel.create', '/v1/audit', tenants.admin)).filter(
    ({ workspaceId }) => workspaceId === null,
  );
  expect(fact).toMatchObject({ target: { name: 'platform' } });
});

it('says so when the notifier is away, and when there is none', async () => {
  notifier().close();
  expect(await tenants.ask('GET', `${OWN}/alerts`, viewer)).toMatchObject({
    status: 503,
    json: { code: 'RPC_UNAVAILABLE', retryable: true },
  });
  await notifier().listen();
  const core = await tenants.rig.replica({ notifier: undefined });
  const caller = { userId: 'usr_1', workspaceId: 'ws_1', role: 'viewer' } as const;
  await expect(core.useCases.notifications.listAlerts(caller, {}, {})).rejects.toMatchObject({
    code: 'NOTIFIER_NOT_CONFIGURED',
    kind: 'unavailable',
    retryable: false,
  });
});

it('puts no secret of a channel into the audit trail, an answer or a log', async () => {
  const trail = await tenants.ask('GET', '/v1/audit?pageSize=200', tenants.admin);
  const channels = await tenants.ask('GET', `${OWN}/notification-channels`, viewer);
  for (const text of [trail.text, channels.text, tenants.rig.logLines.join('\n')]) expect(text).not.toContain(CANARY);
});
