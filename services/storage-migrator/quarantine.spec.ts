import { SmartantError } from '@smartant/kernel';
import type { ListedObject } from '@smartant/connectors';
import { openWithFaults } from './testkit/fault-points';
import { MigratorRig } from './testkit/migrator-rig';

describe('quarantine', () => {
  let rig: MigratorRig;
  beforeAll(async () => {
    rig = await MigratorRig.start();
  });
  afterAll(() => rig.stop());

  /** A process that may not read some keys, until they are healed. */
  const processWithout = (forbidden: Set<string>) =>
    rig.process({
      openStorage: openWithFaults({
        reader: {
          read: async (object: ListedObject) => {
            if (!forbidden.has(object.key)) return;
            throw new SmartantError('STORAGE_ACCESS_DENIED', 'no', { kind: 'forbidden', hint: 'Grant it.' });
          },
        },
      }),
    });

  it('sets failing objects aside with their code and trace, goes on, and takes them up again once they are healed', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, { a: '1', b: '2', c: '3' });
    const forbidden = new Set(['b']);
    const migrator = processWithout(forbidden);
    const migration = rig.migration(source, target);
    const full = await rig.run(migrator, migration, 'full');
    expect(full.run.status).toBe('succeeded');
    expect(full.ledger).toMatchObject({ copiedObjects: 2, quarantinedObjects: 1 });
    const { failures } = await migrator.failures.list(migration.id, 0, '');
    expect(failures).toMatchObject([{ unit: 'b', code: 'STORAGE_ACCESS_DENIED', attempts: 1, state: 'open', traceId: 'f'.repeat(32) }]);

    forbidden.clear();
    expect(await migrator.failures.resolve(migration.id, [], { state: 'retrying', actor: 'me', reason: 'granted' })).toBe(1);
    const round = await rig.run(migrator, migration, 'incremental');
    expect(round.ledger).toMatchObject({ copiedObjects: 1, quarantinedObjects: 0 });
    expect((await migrator.failures.list(migration.id, 0, '')).failures).toMatchObject([{ unit: 'b', state: 'resolved' }]);
    await migrator.workers.stop();
  });

  it('never deletes a quarantined key, and explains a waived one in the verification', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, { a: '1', b: 'new content' });
    await rig.put(target, { b: 'old' });
    const migrator = processWithout(new Set(['b']));
    const migration = rig.migration(source, target);
    await rig.run(migrator, migration, 'full');
    await rig.remove(source, ['b']);
    await rig.run(migrator, migration, 'incremental');
    expect(await rig.contents(target)).toEqual({ a: '1', b: 'old' });

    const open = await rig.run(migrator, migration, 'cutover');
    expect(open.run.verification).toMatchObject({ equal: false, differenceCount: 1, waivedCount: 0 });
    const [failure] = (await migrator.failures.list(migration.id, 0, '')).failures;
    await migrator.failures.resolve(migration.id, [failure?.id ?? ''], { state: 'waived', actor: 'me', reason: 'not needed' });
    await rig.put(source, { b: 'back again' });
    const waived = await rig.run(migrator, migration, 'cutover');
    expect(waived.run.verification).toMatchObject({ equal: true, differenceCount: 1, waivedCount: 1 });
    expect(waived.run.verification?.differences).toMatchObject([{ key: 'b', waived: true }]);
    await migrator.workers.stop();
  });

  it('stops the run past the cap', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    const keys = Array.from({ length: 30 }, (_, i) => `k${i}`);
    await rig.put(source, Object.fromEntries(keys.map((key) => [key, 'x'])));
    const migrator = processWithout(new Set(keys));
    const { run } = await rig.run(migrator, rig.migration(source, target, { quarantineCap: 5 }), 'full');
    expect(run).toMatchObject({ status: 'failed', error: { code: 'QUARANTINE_CAP_REACHED' } });
    const line = { runId: run.runId, phase: 'full', status: 'failed', code: 'QUARANTINE_CAP_REACHED' };
    await rig.until(migrator, run.runId, () => rig.warnings.some(({ message }) => message === 'run ended'));
    expect(rig.warnings).toContainEqual(expect.objectContaining({ message: 'run ended', attributes: expect.objectContaining(line) }));
    await migrator.workers.stop();
  });
});
