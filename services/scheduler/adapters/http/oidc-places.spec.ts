import { auditEntries } from '../../fixtures/audit-entries';
import { eventually } from '../../fixtures/scheduler-under-test';
import { startOidcProvider, type TestOidcProvider } from '../oidc/fixtures/oidc-provider';
import { CALLBACK_URL, guardedClient, OidcCommand, PUBLIC_URL } from './fixtures/oidc-command';
import { startApi, type RunningApi } from './fixtures/running-api';

const ANN = { email: 'ann@example.com', email_verified: true, groups: ['ops'] };

let provider: TestOidcProvider;
let api: RunningApi;
let admin: string;

beforeAll(async () => {
  provider = await startOidcProvider(CALLBACK_URL, { ann: ANN });
});
afterAll(() => provider.server.stop());

beforeEach(async () => {
  kept.length = 0;
  api = await startApi({}, { oidcClient: guardedClient(), publicUrl: PUBLIC_URL, onLastOwnerKept: (owner) => void kept.push(owner) });
  admin = (await api.call('POST', '/v1/auth/token', { body: { username: 'admin', password: 'correct horse' } })).json.accessToken;
});
afterEach(() => api.close());

const kept: object[] = [];
const command = () => new OidcCommand(api, provider);
type Mapping = { workspace: string; role: string };
const mapTo = async (...mappings: Mapping[]) => {
  await api.call('DELETE', '/v1/admin/identity-providers/corp', { token: admin });
  const mapped = mappings.map((mapping) => ({ claim: 'groups', value: 'ops', ...mapping }));
  expect((await command().add(admin, { mappings: mapped })).status).toBe(201);
};
const nowhere = { workspace: 'default', role: 'viewer', value: 'nobody' };

const signIn = () => command().signIn('ann');
const ann = async () => (await api.database.query<{ id: string }>(`SELECT id FROM app_user WHERE username = $1`, [ANN.email]))[0]!.id;
const roleIn = async (workspaceId: string) =>
  (
    await api.database.query<{ role: string }>('SELECT role FROM workspace_member WHERE workspace_id = $1 AND user_id = $2', [
      workspaceId,
      await ann(),
    ])
  )[0]?.role;
const facts = async () => (await auditEntries(api.database)).filter(({ action }) => action.startsWith('member.'));

it('tells the trail of each place that is given, changed and taken back, as of a change by a member', async () => {
  await mapTo({ workspace: 'default', role: 'viewer' }, { workspace: 'other', role: 'operator' });
  await signIn();
  await signIn();
  await mapTo({ workspace: 'other', role: 'viewer' });
  await signIn();
  const userId = await ann();
  const by = { userId, credential: 'oidc:corp', address: '127.0.0.1' };
  const target = { kind: 'member', id: userId, name: ANN.email };
  const done = { actor: by, target, outcome: 'done' };
  expect(await facts()).toMatchObject([
    { ...done, action: 'member.add', workspaceId: 'ws_default', before: null, after: { role: 'viewer' } },
    { ...done, action: 'member.add', workspaceId: 'ws_other', before: null, after: { role: 'operator' } },
    { ...done, action: 'member.remove', workspaceId: 'ws_default', before: { role: 'viewer' }, after: null },
    { ...done, action: 'member.change-role', workspaceId: 'ws_other', before: { role: 'operator' }, after: { role: 'viewer' } },
  ]);
});

it('tells it also of somebody who is not let in any more, and revokes the keys', async () => {
  await mapTo({ workspace: 'other', role: 'operator' });
  await signIn();
  await api.database.query(
    "INSERT INTO api_key (id, workspace_id, user_id, name, role, prefix, digest) VALUES ('key_1', 'ws_other', $1, 'k', 'viewer', 'sak_', '\\x01')",
    [await ann()],
  );
  await mapTo(nowhere);
  expect(await signIn()).toEqual({ code: 'OIDC_NOT_ALLOWED' });
  expect(await roleIn('ws_other')).toBeUndefined();
  expect((await facts()).at(-1)).toMatchObject({ action: 'member.remove', workspaceId: 'ws_other' });
  expect(await api.database.query('SELECT 1 FROM api_key WHERE revoked_at IS NULL')).toEqual([]);
});

describe('the last owner of a workspace', () => {
  beforeEach(async () => {
    await mapTo({ workspace: 'other', role: 'owner' });
    await signIn();
  });
  const addOwner = () =>
    api.database.query("INSERT INTO workspace_member (workspace_id, user_id, role) VALUES ('ws_other', 'usr_1', 'owner')");

  it.each([
    ['earns nothing any more', [nowhere], 'member.remove', null],
    ['earns another place', [{ workspace: 'default', role: 'viewer' }], 'member.remove', null],
    ['earns a lower role', [{ workspace: 'other', role: 'viewer' }], 'member.change-role', { role: 'viewer' }],
  ])('stays one when the user %s, which the trail and the log tell', async (_name, mappings, action, after) => {
    await mapTo(...mappings);
    await signIn();
    expect(await roleIn('ws_other')).toBe('owner');
    const told = { action, workspaceId: 'ws_other', outcome: 'refused', code: 'MEMBER_LAST_OWNER', before: { role: 'owner' }, after };
    expect(await facts()).toContainEqual(expect.objectContaining(told));
    expect(kept).toEqual([{ workspaceId: 'ws_other', userId: await ann(), provider: 'corp' }]);
  });

  it('is let go at the next sign-in once there is another owner', async () => {
    await mapTo({ workspace: 'default', role: 'viewer' });
    await signIn();
    await addOwner();
    await signIn();
    expect(await roleIn('ws_other')).toBeUndefined();
  });

  it('is there also when the other owner leaves at the same time', async () => {
    await addOwner();
    await mapTo({ workspace: 'default', role: 'viewer' });
    // What the member service does when it removes the other one, stopped before its end.
    let leave: () => void = () => undefined;
    const left = new Promise<void>((resolve) => (leave = resolve));
    const removing = api.database.transaction(async (tx) => {
      await tx.query("SELECT 1 FROM workspace WHERE id = 'ws_other' FOR NO KEY UPDATE");
      await tx.query("DELETE FROM workspace_member WHERE workspace_id = 'ws_other' AND user_id = 'usr_1'");
      await left;
    });
    const signingIn = signIn();
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    await eventually(async () => (await api.database.query(waiting)).length > 0);
    leave();
    await Promise.all([removing, signingIn]);
    expect(await roleIn('ws_other')).toBe('owner');
  });
});
