import { TwoTenants } from './fixtures/two-tenants';

let tenants: TwoTenants;
beforeAll(async () => {
  tenants = await TwoTenants.open();
});
afterAll(() => tenants.close());

const RULES = '/v1/workspaces/default/alert-rules';
const STALLED = `${RULES}/migration-stalled`;

it('lists every rule of a workspace, and none of the platform', async () => {
  const { status, json } = await tenants.ask('GET', RULES, tenants.ann);
  expect(status).toBe(200);
  const names = json.items.map(({ name }: { name: string }) => name);
  expect(names).toContain('migration-failed');
  expect(names).not.toContain('outbox-behind');
});

it('sets a rule for its workspace alone, by its version, on the record, and brings it back', async () => {
  const set = await tenants.ask('PUT', STALLED, tenants.ann, { thresholds: { minutes: 5 }, severity: 'info' });
  expect(set).toMatchObject({ status: 200, json: { isChanged: true, version: 1, severity: 'info', thresholds: { minutes: 5 } } });
  expect(set.headers.get('etag')).toBe('"1"');
  expect((await tenants.ask('GET', '/v1/workspaces/other/alert-rules/migration-stalled', tenants.bob)).json).toMatchObject({
    isChanged: false,
    version: 0,
    thresholds: { minutes: 30 },
  });
  const again = await tenants.ask('PUT', STALLED, tenants.ann, { thresholds: { minutes: 5 }, severity: 'info' });
  expect(again.json).toMatchObject({ version: 1 });

  expect((await tenants.ask('DELETE', STALLED, tenants.ann)).status).toBe(204);
  const usual = await tenants.ask('GET', STALLED, tenants.ann);
  // Its version goes on: what was read before the change must not fit again.
  expect(usual.json).toMatchObject({ isChanged: false, version: 2, severity: 'warning', thresholds: { minutes: 30 } });

  await tenants.core.audit.seal();
  const { json } = await tenants.ask('GET', '/v1/workspaces/default/audit?action=alert-rule', tenants.ann);
  expect(json.items).toMatchObject([
    { action: 'alert-rule.reset', target: { id: 'migration-stalled' }, after: { thresholds: { minutes: 30 } } },
    { action: 'alert-rule.set', before: { thresholds: { minutes: 30 } }, after: { thresholds: { minutes: 5 }, severity: 'info' } },
  ]);
});

it('refuses what does not fit the rule, what was changed meanwhile, and who may only look', async () => {
  const wrong = await tenants.ask('PUT', STALLED, tenants.ann, { thresholds: { minutes: 0, hours: 1 } });
  expect(wrong).toMatchObject({ status: 400, json: { code: 'ALERT_RULE_INVALID' } });
  expect(JSON.stringify(wrong.json)).toContain('thresholds.hours');
  expect(await tenants.ask('PUT', STALLED, tenants.ann, { forSeconds: -1 })).toMatchObject({
    status: 400,
    json: { code: 'REQUEST_INVALID' },
  });
  const stale = tenants.core.useCases.alerts.set(
    { userId: 'u', workspaceId: 'ws_x', role: 'owner' },
    'migration-failed',
    {},
    { expectedVersion: 7 },
  );
  await expect(stale).rejects.toMatchObject({ code: 'ALERT_RULE_VERSION_MISMATCH', kind: 'conflict' });
  const operator = { userId: 'u', workspaceId: 'ws_x', role: 'operator' as const };
  await expect(tenants.core.useCases.alerts.set(operator, 'migration-failed', {}, {})).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
});

it('shows and sets rules of the platform to administrators only', async () => {
  expect((await tenants.ask('GET', '/v1/admin/alert-rules', tenants.ann)).status).toBe(403);
  const set = await tenants.ask('PUT', '/v1/admin/alert-rules/outbox-behind', tenants.admin, { enabled: false });
  expect(set).toMatchObject({ status: 200, json: { enabled: false, subject: 'platform' } });
  expect((await tenants.ask('GET', '/v1/admin/alert-conditions', tenants.admin)).json).toEqual({ items: [], nextPageToken: null });
});

it('shows to each workspace what is seen in it', async () => {
  expect((await tenants.ask('GET', '/v1/workspaces/default/alert-conditions?state=firing', tenants.ann)).json.items).toEqual([]);
  expect((await tenants.ask('GET', '/v1/workspaces/other/alert-conditions', tenants.ann)).status).toBe(403);
});
