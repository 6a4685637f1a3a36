import { randomBytes } from 'node:crypto';
import { commonV1 } from '@smartant/contracts';
import { sealedRegistry } from './adapters/postgres/vault/sealed-registry';
import { AesVault } from './adapters/vault/aes-vault';
import { endpointContext } from './application/ports/vault';
import type { Caller } from './application/use-cases';
import { RotationPass } from './application/vault/rotation-pass';
import { auditEntries } from './fixtures/audit-entries';
import { ChangingKeys } from './fixtures/changing-keys';
import { CANARY, DEFAULT_WORKSPACE, eventually, inState, migrationInput, operator, Rig, until } from './fixtures/scheduler-under-test';
import type { SchedulerCore } from './scheduler-core';

const admin: Caller = { ...operator, userId: 'usr_admin', role: 'admin' };
const quick = { pace: { batch: 5, perSecond: 100_000 }, lookMs: 20 };

const endpointInput = (name: string, secretAccessKey = CANARY) => ({
  name,
  location: {
    kind: 's3' as const,
    serviceUrl: 'http://127.0.0.1:9000',
    region: 'us-east-1',
    bucket: name,
    prefix: '',
    addressing: 'path' as const,
  },
  secret: { kind: 's3' as const, accessKeyId: 'access', secretAccessKey },
});

const rotated = (core: SchedulerCore) => eventually(async () => (await core.useCases.vault.status(admin)).rotation?.state === 'done');

const sealedTexts = (core: SchedulerCore) =>
  core.database.query<{ endpoint_id: string; sealed: string }>('SELECT endpoint_id, sealed FROM endpoint_secret ORDER BY endpoint_id');

describe('rotation of the vault’s keys', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.open();
  });
  afterEach(() => rig.close());

  it('changes both layers while a running migration resolves its secrets, without one refusal', async () => {
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const keys = new ChangingKeys(first);
    rig.migrator.held.add(commonV1.Phase.PHASE_FULL);
    const core = await rig.started({ vault: keys.vault, rotation: quick });
    const { id } = await core.useCases.migrations.create(operator, migrationInput(), undefined);
    const { runId, epoch, spec } = await until(core, id, inState('full', 'running'));
    const request = { runId: runId!, epoch, endpointId: spec.targetEndpointId, caller: 'storage-migrator' };
    let resolved = 0;
    let running = true;
    const resolving = (async () => {
      while (running) {
        const { secret } = await core.credentials.resolve(request);
        expect(secret).toMatchObject({ secretAccessKey: CANARY });
        resolved += 1;
      }
    })();

    const before = await core.useCases.vault.status(admin);
    keys.set(second, [first]);
    const rotation = await core.useCases.vault.rotate(admin, { dataKeys: false });
    expect(rotation).toMatchObject({ kind: 'master-key', state: 'running', total: 4, requestedBy: 'usr_admin' });
    await rotated(core);
    const after = await core.useCases.vault.status(admin);
    expect(after.rotation).toMatchObject({ done: 4, failed: 0 });
    expect(after.currentKeyId).not.toBe(before.currentKeyId);
    expect(after.keys).toContainEqual({ keyId: before.currentKeyId, isCurrent: false, isHeld: true, values: 0, isRemovable: true });
    expect(after.areas.every(({ values, underCurrentKey }) => values === underCurrentKey)).toBe(true);

    const wrapped = await sealedTexts(core);
    await core.useCases.vault.rotate(admin, { dataKeys: true });
    await rotated(core);
    const fresh = await sealedTexts(core);
    for (const [index, { sealed }] of fresh.entries()) expect(sealed.split('.')[3]).not.toBe(wrapped[index]!.sealed.split('.')[3]);
    const seen = resolved;
    await eventually(() => resolved > seen);
    running = false;
    await resolving;

    keys.set(second);
    expect(await core.credentials.resolve(request)).toMatchObject({ secret: { secretAccessKey: CANARY } });
    const actions = await auditEntries(core.database);
    expect(actions.map(({ action }) => action)).toEqual(expect.arrayContaining(['vault.rotate', 'vault.rotated']));
    expect(JSON.stringify(actions)).not.toContain(CANARY);
  });

  it('goes on where a replica that was killed had got', async () => {
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const keys = new ChangingKeys(first);
    const slow = { pace: { batch: 2, perSecond: 40 }, claimMs: 400, lookMs: 20 };
    const dying = await rig.started({ vault: keys.vault, rotation: slow });
    for (let count = 0; count < 20; count += 1) {
      await dying.useCases.endpoints.create(operator, endpointInput(`store-${String(count).padStart(2, '0')}`), undefined);
    }
    keys.set(second, [first]);
    const { total } = await dying.useCases.vault.rotate(admin, { dataKeys: true });
    await eventually(async () => ((await dying.useCases.vault.status(admin)).rotation?.done ?? 0) >= 4);
    await rig.kill(dying);
    const heir = await rig.replica({ vault: keys.vault, rotation: { ...quick, claimMs: 400 } });
    const { rotation } = await heir.useCases.vault.status(admin);
    expect(rotation).toMatchObject({ state: 'running', total });
    expect(rotation!.done).toBeGreaterThanOrEqual(4);
    await heir.start();
    await rotated(heir);
    expect((await heir.useCases.vault.status(admin)).rotation).toMatchObject({ done: total, failed: 0 });
  });

  it('leaves a secret alone that was replaced while it was at it', async () => {
    const core = await rig.replica({ vault: rig.vault });
    const { id } = await core.useCases.endpoints.create(operator, endpointInput('edited'), undefined);
    const context = endpointContext(DEFAULT_WORKSPACE, id);
    const edited = await rig.vault.seal(context, Buffer.from('new'));
    const sealed = sealedRegistry(core.database);
    const interrupting = {
      keyIdOf: (text: string) => rig.vault.keyIdOf(text),
      rewrap: (at: string, text: string) => rig.vault.rewrap(at, text),
      reseal: async (at: string, text: string) => {
        if (at === context) expect(await sealed[0]!.replace(id, text, edited)).toBe(true);
        return rig.vault.reseal(at, text);
      },
    };
    const pass = new RotationPass(interrupting, sealed);
    const { total } = await core.useCases.vault.rotate(admin, { dataKeys: true });
    const rotation = (await core.unitOfWork.direct.vaultRotations.latest())!;
    const progress = await pass.step(rotation, 10_000, new AbortController().signal);
    expect(progress).toMatchObject({ done: 1, afterId: id });
    expect((await sealedTexts(core))[0]!.sealed).toBe(edited);
    expect(total).toBe(3);
  });

  it('ends although something cannot be opened, and keeps the key that it may need', async () => {
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const keys = new ChangingKeys(first);
    const core = await rig.started({ vault: keys.vault, rotation: quick });
    const { currentKeyId: old } = await core.useCases.vault.status(admin);
    const { id } = await core.useCases.endpoints.create(operator, endpointInput('broken'), undefined);
    await core.database.query('UPDATE endpoint_secret SET sealed = $1 WHERE endpoint_id = $2', [`v1.${old}.AAAA.BBBB`, id]);
    keys.set(second, [first]);
    await core.useCases.vault.rotate(admin, { dataKeys: false });
    await rotated(core);
    const status = await core.useCases.vault.status(admin);
    expect(status.rotation).toMatchObject({ failed: 1, lastError: { code: 'VAULT_CORRUPT', message: expect.stringContaining(id) } });
    expect(status.keys).toContainEqual({ keyId: old, isCurrent: false, isHeld: true, values: 1, isRemovable: false });
  });

  it('supersedes one towards an earlier key, and answers a repeated wish with what runs', async () => {
    const [first, second, third] = [randomBytes(32), randomBytes(32), randomBytes(32)];
    const keys = new ChangingKeys(first);
    const core = await rig.replica({ vault: keys.vault });
    keys.set(second, [first]);
    const one = await core.useCases.vault.rotate(admin, { dataKeys: true });
    expect((await core.useCases.vault.rotate(admin, { dataKeys: false })).id).toBe(one.id);
    keys.set(third, [second, first]);
    const other = await core.useCases.vault.rotate(admin, { dataKeys: false });
    expect(other.id).not.toBe(one.id);
    const states = await core.database.query('SELECT id, state FROM vault_rotation ORDER BY created_at');
    expect(states).toEqual([
      { id: one.id, state: 'superseded' },
      { id: other.id, state: 'running' },
    ]);
  });

  it('is for administrators', async () => {
    const core = await rig.replica();
    await expect(core.useCases.vault.status(operator)).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
    await expect(core.useCases.vault.rotate(operator, { dataKeys: false })).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
  });

  it('covers the secret of a precheck that is under way', async () => {
    const core = await rig.replica({ vault: rig.vault });
    const context = endpointContext(DEFAULT_WORKSPACE, 'ep_inline');
    const sealed = await rig.vault.seal(context, Buffer.from('inline'));
    const probe = { id: 'probe_1', epoch: 1, workspaceId: DEFAULT_WORKSPACE, kind: 'storage' as const };
    await core.unitOfWork.direct.probes.open(
      {
        ...probe,
        endpoints: [
          { id: 'ep_inline', sealed },
          { id: 'ep_saved', sealed: null },
        ],
      },
      60_000,
    );
    const area = sealedRegistry(core.database).at(-1)!;
    const [value, ...others] = await area.page(null, 10);
    expect(others).toEqual([]);
    expect(value).toEqual({ id: 'probe_1/ep_inline', context, sealed });
    const fresh = await rig.vault.reseal(context, sealed);
    expect(await area.replace(value!.id, 'v1.other.AAAA.BBBB', fresh)).toBe(false);
    expect(await area.replace(value!.id, sealed, fresh)).toBe(true);
    expect((await core.unitOfWork.direct.probes.find('probe_1'))!.endpoints[0]).toEqual({ id: 'ep_inline', sealed: fresh });
  });
});

describe('a start', () => {
  it('is refused without a key that something needs, and names it with the number of values', async () => {
    const rig = await Rig.open();
    const core = await rig.replica();
    await core.useCases.endpoints.create(operator, endpointInput('needs-its-key'), undefined);
    const { currentKeyId } = await core.useCases.vault.status(admin);
    await expect(rig.replica({ vault: new AesVault(randomBytes(32)) })).rejects.toMatchObject({
      code: 'VAULT_KEY_MISMATCH',
      message: expect.stringContaining(`3 under key ${currentKeyId}`),
      details: { [currentKeyId!]: '3' },
    });
    await rig.close();
  });

  it('with another master key knows a request that was made under the earlier one', async () => {
    const rig = await Rig.open();
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const core = await rig.replica({ vault: new ChangingKeys(first).vault });
    const { id } = await core.useCases.endpoints.create(operator, endpointInput('once'), 'request-1');
    const later = await rig.replica({ vault: new ChangingKeys(second, [first]).vault });
    expect((await later.useCases.endpoints.create(operator, endpointInput('once'), 'request-1')).id).toBe(id);
    await expect(later.useCases.endpoints.create(operator, endpointInput('once', 'another'), 'request-1')).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
    await rig.close();
  });
});
