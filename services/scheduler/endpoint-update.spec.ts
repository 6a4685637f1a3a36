import { commonV1 } from '@smartant/contracts';
import type { Caller } from './application/use-cases';
import { auditEntries } from './fixtures/audit-entries';
import { CANARY, eventually, inState, migrationInput, operator, Rig, until } from './fixtures/scheduler-under-test';
import type { SchedulerCore } from './scheduler-core';

const NEW = 'CANARY-NEW-SECRET';
const secret = { kind: 's3' as const, accessKeyId: 'access-2', secretAccessKey: NEW };
const location = {
  kind: 's3' as const,
  serviceUrl: 'http://127.0.0.1:9000',
  region: 'us-east-1',
  bucket: 'stuff',
  prefix: '',
  addressing: 'path' as const,
};
const old = { kind: 's3' as const, accessKeyId: 'access', secretAccessKey: CANARY };

describe('the update of an endpoint', () => {
  let rig: Rig;
  let core: SchedulerCore;
  beforeAll(async () => {
    rig = await Rig.open();
    rig.migrator.held.add(commonV1.Phase.PHASE_FULL);
    core = await rig.started();
  });
  afterAll(() => rig.close());

  it('gives a running migration its new secret the next time it asks, and the location stays as it is', async () => {
    const saved = await core.useCases.endpoints.create(operator, { name: 'used', location, secret: old }, undefined);
    const { id } = await core.useCases.migrations.create(operator, { ...migrationInput(), target: { endpoint: 'used' } }, undefined);
    const { runId, epoch } = await until(core, id, inState('full', 'running'));
    const request = { runId: runId!, epoch, endpointId: saved.id, caller: 'storage-migrator' };
    expect(await core.credentials.resolve(request)).toMatchObject({ secret: old });
    const updated = await core.useCases.endpoints.update(operator, 'used', { secret });
    expect(updated).toMatchObject({ id: saved.id, location });
    expect(updated.updatedAt > saved.updatedAt).toBe(true);
    expect(await core.credentials.resolve(request)).toMatchObject({ secret });
    const moved = core.useCases.endpoints.update(operator, 'used', { location: { ...location, prefix: 'other/' } });
    await expect(moved).rejects.toMatchObject({ code: 'ENDPOINT_IN_USE', details: { migrationId: id } });
    // Saying the same location again changes nothing.
    await core.useCases.endpoints.update(operator, 'used', { location });
  });

  it('lets no migration begin on one that moves in that moment', async () => {
    const saved = await core.useCases.endpoints.create(operator, { name: 'moving', location, secret: old }, undefined);
    let creating: Promise<unknown> | undefined;
    await core.database.transaction(async (tx) => {
      const moved = JSON.stringify({ ...location, bucket: 'elsewhere' });
      await tx.query('UPDATE endpoint SET location = $2 WHERE id = $1', [saved.id, moved]);
      creating = core.useCases.migrations.create(operator, { ...migrationInput(), target: { endpoint: 'moving' } }, undefined);
      creating.catch(() => undefined);
      await eventually(async () => {
        const waiting = await core.database.query(
          "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ILIKE '%endpoint%'",
        );
        return waiting.length > 0;
      });
    });
    await expect(creating).rejects.toMatchObject({ code: 'ENDPOINT_CHANGED', kind: 'conflict' });
  });

  it('moves one that nothing uses, and is on record without its secret', async () => {
    const saved = await core.useCases.endpoints.create(operator, { name: 'idle', location, secret: old }, undefined);
    const there = { ...location, serviceUrl: 'http://127.0.0.1:9999' };
    await expect(core.useCases.endpoints.update(operator, 'idle', { location: there })).rejects.toMatchObject({
      code: 'ENDPOINT_SECRET_NEEDED',
      fields: [{ field: 'secret' }],
    });
    await core.useCases.endpoints.update(operator, 'idle', { location: there, secret });
    expect(await core.useCases.endpoints.get(operator, 'idle')).toMatchObject({ id: saved.id, location: there });
    const facts = (await auditEntries(core.database)).filter(
      ({ action, target }) => action === 'endpoint.update' && target.id === saved.id,
    );
    expect(facts).toMatchObject([
      { before: { location }, after: { location: there, secretReplaced: true }, actor: { userId: operator.userId } },
    ]);
    const everything = JSON.stringify([facts, rig.logLines, await core.database.query('SELECT * FROM endpoint')]);
    expect(everything).not.toContain(NEW);
    expect(everything).not.toContain(CANARY);
  });

  it('is refused to viewers, in other workspaces, and for a secret that does not fit', async () => {
    await core.useCases.endpoints.create(operator, { name: 'mine', location, secret: old }, undefined);
    const viewer: Caller = { ...operator, role: 'viewer' };
    await expect(core.useCases.endpoints.update(viewer, 'mine', { secret })).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
    const stranger = { ...operator, workspaceId: 'ws_other' };
    await expect(core.useCases.endpoints.update(stranger, 'mine', { secret })).rejects.toMatchObject({ code: 'ENDPOINT_NOT_FOUND' });
    await expect(core.useCases.endpoints.update(operator, 'mine', { secret: { kind: 'none' } })).rejects.toMatchObject({
      code: 'ENDPOINT_INVALID',
      fields: [{ field: 'secret.kind' }],
    });
  });
});
