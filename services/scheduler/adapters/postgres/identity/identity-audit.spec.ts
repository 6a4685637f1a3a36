import type { Database } from '@smartant/platform/postgres';
import type { Refusal } from '../../../application/audit/refusal-log';
import type { Identity } from '../../../application/identity/identity';
import { createIdentity } from './index';
import { identityDatabase, newVault } from './fixtures/identity-database';

const PASSWORD = 'CANARY correct horse';

let database: Database;
let identity: Identity;
const refused: Refusal[] = [];

beforeEach(async () => {
  refused.length = 0;
  database = await identityDatabase('identity-audit-spec');
  identity = await createIdentity({
    database,
    vault: newVault(),
    apiKeyPepper: 'CANARY-pepper',
    adminPassword: PASSWORD,
    refusals: { note: (refusal) => void refused.push(refusal) },
  });
});
afterEach(() => database.close());

interface Row {
  workspace_id: string | null;
  entry: { action: string; actor: { userId: string }; target: { name: string } };
}
const entries = () => database.query<Row>('SELECT workspace_id, entry FROM audit_pending ORDER BY at, id');
const actions = async () => (await entries()).map(({ entry }) => entry.action);
const signIn = () => identity.signIn.withPassword({ username: 'Admin', password: PASSWORD, address: '192.0.2.1', traceId: 'f00d' });

it('says who signed in, and what became of keys, in the transaction of the change', async () => {
  const { subject } = await signIn();
  const { key, secret } = await identity.apiKeys.create(subject, { name: 'ci', role: 'viewer' });
  await expect(identity.apiKeys.create(subject, { name: 'ci' })).rejects.toMatchObject({ code: 'API_KEY_NAME_TAKEN' });
  await identity.apiKeys.revoke(subject, key.id);
  await expect(identity.apiKeys.revoke(subject, key.id)).rejects.toMatchObject({ code: 'API_KEY_NOT_FOUND' });
  const found = await entries();
  expect(found.map(({ entry }) => entry)).toMatchObject([
    { action: 'user.create', actor: { userId: 'system' }, target: { name: 'admin' } },
    { action: 'session.open', actor: { userId: subject.userId, address: '192.0.2.1', credential: subject.credential, traceId: 'f00d' } },
    { action: 'api-key.create', target: { id: key.id, name: 'ci' }, before: null, after: { role: 'viewer' } },
    { action: 'api-key.revoke', target: { id: key.id, name: 'ci' }, before: { role: 'viewer' }, after: null },
  ]);
  expect(found.map(({ workspace_id }) => workspace_id)).toEqual([null, 'ws_default', 'ws_default', 'ws_default']);
  const [row] = await database.query<{ digest: Buffer; password_hash: string }>('SELECT digest, password_hash FROM api_key, app_user');
  for (const secretText of ['CANARY', secret, row!.digest.toString('hex'), row!.password_hash]) {
    expect(JSON.stringify([found, refused])).not.toContain(secretText);
  }
});

it('keeps neither a key nor its entry when one of them cannot be written', async () => {
  const { subject } = await signIn();
  await database.query('ALTER TABLE audit_pending ADD CONSTRAINT no_more CHECK (false) NOT VALID');
  await expect(identity.apiKeys.create(subject, { name: 'ci' })).rejects.toThrow('no_more');
  expect(await identity.apiKeys.list(subject)).toEqual([]);
});

it('tells of the use of a key once a day from each address', async () => {
  const { subject } = await signIn();
  const { key, secret } = await identity.apiKeys.create(subject, { name: 'ci' });
  for (const address of ['192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.1']) await identity.signIn.withApiKey(secret, { address });
  expect((await actions()).filter((action) => action === 'api-key.use')).toHaveLength(2);
  await database.query('UPDATE audit_key_use SET day = day - 1');
  await identity.signIn.withApiKey(secret, { address: '192.0.2.1' });
  const uses = (await entries()).filter(({ entry }) => entry.action === 'api-key.use');
  expect(uses).toHaveLength(3);
  expect(uses[2]?.entry).toMatchObject({ actor: { userId: subject.userId, credential: key.id, address: '192.0.2.1' } });
});

it('notes failed sign-ins, without a name that nobody has', async () => {
  const attempt = (username: string, password: string) =>
    identity.signIn.withPassword({ username, password, address: '192.0.2.9' }).catch(() => undefined);
  await attempt('admin', 'CANARY wrong');
  await attempt('CANARY my password', 'x');
  await identity.signIn.withApiKey(`sak_${'C'.repeat(43)}`, { address: '192.0.2.9' }).catch(() => undefined);
  for (let times = 0; times < 6; times += 1) await attempt('admin', 'x');
  expect(refused.slice(0, 3)).toMatchObject([
    {
      action: 'session.open',
      code: 'SIGN_IN_FAILED',
      target: { kind: 'user', name: 'admin' },
      actor: { origin: { address: '192.0.2.9' } },
    },
    { code: 'SIGN_IN_FAILED', target: { id: 'unknown', name: null }, actor: { userId: 'unknown' } },
    { code: 'API_KEY_INVALID', actor: { userId: 'unknown' } },
  ]);
  expect(refused.at(-1)).toMatchObject({ code: 'SIGN_IN_LOCKED', target: { id: 'unknown' } });
  expect(JSON.stringify(refused)).not.toMatch(/CANARY|CCCC/);
});
