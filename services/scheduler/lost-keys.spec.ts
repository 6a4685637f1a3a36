import { randomBytes } from 'node:crypto';
import { createIdentity } from './adapters/postgres/identity';
import type { Caller } from './application/use-cases';
import { auditEntries } from './fixtures/audit-entries';
import { ChangingKeys } from './fixtures/changing-keys';
import { CANARY, DEFAULT_WORKSPACE, migrationInput, operator, Rig } from './fixtures/scheduler-under-test';
import type { SchedulerCore } from './scheduler-core';

const admin: Caller = { ...operator, userId: 'usr_admin', role: 'admin' };
const secret = { kind: 's3' as const, accessKeyId: 'access', secretAccessKey: CANARY };
const input = (name: string) => ({
  name,
  location: {
    kind: 's3' as const,
    serviceUrl: 'http://127.0.0.1:9000',
    region: 'us-east-1',
    bucket: name,
    prefix: '',
    addressing: 'path' as const,
  },
  secret,
});

const identityOf = ({ database }: SchedulerCore, { vault }: ChangingKeys) =>
  createIdentity({ database, vault, apiKeyPepper: 'pepper', adminPassword: 'correct horse battery' });
const needing = async (core: SchedulerCore) => {
  const { items } = await core.useCases.endpoints.list(operator, { pageSize: 50 });
  return items.filter(({ needsSecret }) => needsSecret).map(({ name }) => name);
};

/** A platform whose first values are under a key that is lost later, and whose last one is under the key that is left. */
async function withTwoKeys() {
  const rig = await Rig.open();
  const [lost, left] = [randomBytes(32), randomBytes(32)];
  const keys = new ChangingKeys(lost);
  const core = await rig.replica({ vault: keys.vault });
  const identity = await identityOf(core, keys);
  const subject = {
    userId: 'usr',
    username: 'usr',
    workspaceId: 'ws_default',
    workspaceName: 'default',
    role: 'operator',
    credential: null,
  } as const;
  const token = await identity.tokens.issue(subject);
  for (const name of ['old-1', 'old-2']) await core.useCases.endpoints.create(operator, input(name), undefined);
  const lostKeyId = await keys.vault.currentKeyId();
  const [reportKey] = await core.useCases.reportKeys.list();
  keys.set(left, [lost]);
  await core.useCases.endpoints.create(operator, input('new'), undefined);
  return { rig, lost, left, lostKeyId, reportKey: reportKey!, subject, token };
}

describe('a start without a key that is lost for good', () => {
  let was: Awaited<ReturnType<typeof withTwoKeys>>;
  beforeEach(async () => {
    was = await withTwoKeys();
  });
  afterEach(() => was.rig.close());

  const started = (others: Buffer[] = [], lostKeys: string[] = [was.lostKeyId]) =>
    was.rig.replica({ vault: new ChangingKeys(was.left, others).vault, lostKeys });

  it('is refused until the operator names it, and says how', async () => {
    for (const lostKeys of [[], ['0123456789abcdef']]) {
      await expect(started([], lostKeys)).rejects.toMatchObject({
        code: 'VAULT_KEY_MISMATCH',
        hint: expect.stringContaining('SMARTANT_LOST_KEYS'),
      });
    }
  });

  it('marks the endpoints, makes the platform’s own keys anew, and is loud about it', async () => {
    const core = await started();
    expect((await needing(core)).sort()).toEqual(['old-1', 'old-2']);
    const withOld = { ...migrationInput(), source: { endpoint: 'old-1' } };
    await expect(core.useCases.migrations.create(operator, withOld, undefined)).rejects.toMatchObject({ code: 'ENDPOINT_SECRET_LOST' });
    const [current, former] = await core.useCases.reportKeys.list();
    expect([current?.retiredAt, former?.keyId]).toEqual([null, was.reportKey.keyId]);
    expect(former?.retiredAt).not.toBeNull();
    const entries = await auditEntries(core.database);
    expect(entries.map(({ action }) => action)).toEqual(expect.arrayContaining(['vault.give-up', 'endpoint.lose-secret']));
    expect(entries.filter(({ action }) => action === 'endpoint.lose-secret')).toHaveLength(2);
    expect(was.rig.logLines.some((line) => line.includes('"level":"error"') && line.includes(was.lostKeyId))).toBe(true);
    const { keys } = await core.useCases.vault.status(admin);
    expect(keys.map(({ isHeld }) => isHeld)).toEqual([true]);

    // It has been done once and for all: the next start needs nobody's word for it.
    const again = await started([], []);
    expect((await needing(again)).sort()).toEqual(['old-1', 'old-2']);
    const told = (await auditEntries(again.database)).filter(({ action }) => action === 'vault.give-up');
    expect(told).toHaveLength(1);
  });

  it('signs tokens with a new key, and takes none of the lost one', async () => {
    const core = await started();
    const identity = await identityOf(core, new ChangingKeys(was.left));
    const token = await identity.tokens.issue(was.subject);
    await expect(identity.tokens.verify(token)).resolves.toMatchObject({ userId: 'usr' });
    await expect(identity.tokens.verify(was.token)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });

  it('tells a migrator which asks that the secret is lost', async () => {
    const core = await started();
    const { id } = await core.useCases.endpoints.get(operator, 'old-1');
    const probe = { id: 'probe_1', epoch: 1, workspaceId: DEFAULT_WORKSPACE, kind: 'storage' as const, endpoints: [{ id, sealed: null }] };
    await core.unitOfWork.direct.probes.open(probe, 60_000);
    const request = { runId: 'probe_1', epoch: 1, endpointId: id, caller: 'storage-migrator' };
    await expect(core.credentials.resolve(request)).rejects.toMatchObject({ code: 'ENDPOINT_SECRET_LOST' });
    await core.useCases.endpoints.update(operator, 'old-1', { secret });
    await expect(core.credentials.resolve(request)).resolves.toMatchObject({ secret });
  });

  it('takes a new secret, after which the endpoint is as any other', async () => {
    const core = await started();
    expect(await core.useCases.endpoints.update(operator, 'old-1', { secret })).toMatchObject({ needsSecret: false });
    expect(await needing(core)).toEqual(['old-2']);
    await expect(
      core.useCases.migrations.create(operator, { ...migrationInput(), source: { endpoint: 'old-1' } }, undefined),
    ).resolves.toBeDefined();
  });

  it('puts back what was not replaced, when the key turns up', async () => {
    const without = await started();
    await without.useCases.endpoints.update(operator, 'old-1', { secret });
    const core = await started([was.lost], []);
    expect(await needing(core)).toEqual([]);
    const { keys } = await core.useCases.vault.status(admin);
    expect(keys.every(({ isHeld }) => isHeld)).toBe(true);
    expect(keys.find(({ keyId }) => keyId === was.lostKeyId)?.values).toBeGreaterThan(0);
    expect((await auditEntries(core.database)).map(({ action }) => action)).toContain('vault.put-back');
    expect(await core.database.query('SELECT 1 FROM vault_given_up')).toEqual([]);
  });

  it('gives nothing up under a key that is held, whatever is said of it', async () => {
    const core = await started([was.lost]);
    expect(await needing(core)).toEqual([]);
    expect((await auditEntries(core.database)).map(({ action }) => action)).not.toContain('vault.give-up');
  });
});
