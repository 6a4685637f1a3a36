import { SmartantError } from '@smartant/kernel';
import { MigratorRig } from './testkit/migrator-rig';

let rig: MigratorRig;
beforeAll(async () => {
  rig = await MigratorRig.start();
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.engine.hook = () => undefined;
  rig.engine.calls.length = 0;
});

const stages = (): string[] => rig.engine.calls.map(({ stage }) => stage);

describe('a migration of a database', () => {
  it('goes through its phases, and back', async () => {
    const migrator = rig.process();
    const migration = rig.migration();
    const { from, to } = migration;
    const prepared = await rig.run(migrator, migration, 'prepare');
    expect(prepared.run).toMatchObject({ status: 'succeeded', findings: [{ code: 'LOOKED_AT' }] });
    const full = await rig.run(migrator, migration, 'full');
    expect(full).toMatchObject({
      run: { status: 'succeeded' },
      ledger: { listedTables: 3, copiedTables: 3, copiedRows: 6, builtIndexes: 3 },
    });
    const streaming = await rig.start(migrator, migration, 'incremental');
    from.write('public.t1', 'new', 'row');
    from.write('public.t3', 'k1', null);
    // Counts and the stream's state are kept one after the other.
    await rig.until(migrator, streaming, ({ run, ledger }) => ledger.appliedChanges === 2 && run.stream?.appliedPosition === '8');
    expect(to.rows()).toEqual(from.rows());
    expect((await migrator.runs.get(streaming)).run.status).toBe('running');

    from.write('public.t2', 'late', 'row');
    const cutover = await rig.run(migrator, migration, 'cutover');
    expect((await migrator.runs.get(streaming)).run.status).toBe('cancelled');
    expect(cutover.run).toMatchObject({
      status: 'succeeded',
      frozenAt: expect.stringMatching(/^2.*Z$/),
      openedAt: expect.stringMatching(/^2.*Z$/),
      verification: { equal: true, sourceRows: 7, targetRows: 7, asOf: expect.any(String) },
    });
    expect(from.isFrozen).toBe(true);

    const back = await rig.start(migrator, migration, 'reversible');
    to.write('public.t1', 'at-target', 'row');
    await rig.until(migrator, back, () => from.tables.get('public.t1')?.has('at-target') === true);
    to.write('public.t1', 'last', 'row');
    expect((await rig.run(migrator, migration, 'rollback')).run.status).toBe('succeeded');
    expect(from.rows()).toEqual(to.rows());
    expect({ frozen: from.isFrozen, slots: from.slots.size + to.slots.size }).toEqual({ frozen: false, slots: 0 });
    expect(stages().join(' ')).toBe('prepare schema copy constraints sync stream sync cutover stream-back roll-back release');
    const epochs = rig.engine.calls.map(({ epoch }) => epoch);
    expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b));
  });

  it('brings tables in that came to it, before it streams on and before it is cut over', async () => {
    const migrator = rig.process();
    const migration = rig.migration();
    await rig.run(migrator, migration, 'full');
    migration.from.tables.set('public.t9', new Map([['k', 'v']]));
    const streaming = await rig.start(migrator, migration, 'incremental');
    await rig.until(migrator, streaming, ({ ledger }) => ledger.copiedTables === 1);
    expect(migration.to.tables.get('public.t9')?.get('k')).toBe('v');
    migration.from.tables.set('public.t10', new Map([['k', 'v']]));
    const { run, ledger } = await rig.run(migrator, migration, 'cutover');
    expect(run).toMatchObject({ status: 'succeeded', openedAt: expect.any(String), verification: { equal: true } });
    // What another sync brought stays counted with its run.
    expect(ledger).toMatchObject({ copiedTables: 1, copiedRows: 1 });
    expect((await migrator.runs.get(streaming)).ledger).toMatchObject({ copiedTables: 1, copiedRows: 1 });
  });

  it('of a snapshot freezes, compares and opens, without changes to follow', async () => {
    const migrator = rig.process();
    const migration = rig.migration({ mode: 'snapshot', reverse: false });
    for (const phase of ['full', 'incremental', 'cutover', 'finalize'] as const)
      expect((await rig.run(migrator, migration, phase)).run.status).toBe('succeeded');
    expect(stages().join(' ')).toBe('schema copy constraints cutover release');
    expect(migration.to.rows()).toEqual(migration.from.rows());
  });

  it('gives the source back when the sides differ, and says so', async () => {
    const migrator = rig.process();
    const migration = rig.migration();
    await rig.run(migrator, migration, 'full');
    migration.to.put('public.t1', 'k1', 'changed by somebody');
    const { run } = await rig.run(migrator, migration, 'cutover');
    expect(run).toMatchObject({
      status: 'succeeded',
      openedAt: null,
      verification: { equal: false, differenceCount: 1, differences: [{ key: 'public.t1 k1' }] },
    });
    expect(stages().slice(-2)).toEqual(['cutover', 'reopen']);
    expect(migration.from.isFrozen).toBe(false);
  });

  it('gives the source back when a cutover cannot go on, and fails with the reason', async () => {
    const migrator = rig.process();
    const migration = rig.migration();
    await rig.run(migrator, migration, 'full');
    rig.engine.hook = (_stage, step) => {
      if (step === 'arm') throw new SmartantError('DATABASE_ACCESS_DENIED', 'no', { kind: 'forbidden' });
    };
    const { run } = await rig.run(migrator, migration, 'cutover');
    expect(run).toMatchObject({ status: 'failed', error: { code: 'DATABASE_ACCESS_DENIED' }, openedAt: null });
    expect(migration.from.isFrozen).toBe(false);
    expect(rig.ended.filter(({ runId }) => runId === run.runId)).toEqual([{ runId: run.runId, status: 'failed' }]);
  });

  it('says that the source is still frozen where it cannot be given back', async () => {
    const migrator = rig.process();
    const migration = rig.migration();
    await rig.run(migrator, migration, 'full');
    rig.engine.hook = (stage) => {
      if (stage === 'cutover') throw new SmartantError('SLOT_GONE', 'gone', { kind: 'precondition' });
      if (stage === 'reopen') throw new SmartantError('DATABASE_ACCESS_DENIED', 'no', { kind: 'forbidden' });
    };
    const { run } = await rig.run(migrator, migration, 'cutover');
    expect(run).toMatchObject({ status: 'failed', error: { code: 'SLOT_GONE' }, findings: [{ code: 'DATABASE_STILL_FROZEN' }] });
    rig.engine.hook = () => undefined;
    // As the scheduler does when the migration is cancelled.
    await migrator.runs.cancel('', migration.id, migration.epoch);
    expect(migration.from.isFrozen).toBe(false);
  });

  it('is neither held nor cancelled any more once the target is being opened', async () => {
    const migrator = rig.process();
    const migration = rig.migration();
    await rig.run(migrator, migration, 'full');
    const opening = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    rig.engine.hook = async (_stage, step) => {
      if (step !== 'open') return;
      opening.resolve();
      await asked.promise;
    };
    const runId = await rig.start(migrator, migration, 'cutover');
    await opening.promise;
    expect((await migrator.runs.cancel(runId, migration.id))?.run.status).toBe('running');
    // The source would stand still for as long as somebody likes.
    expect((await migrator.runs.pause(runId)).run.status).toBe('running');
    asked.resolve();
    const { run } = await rig.end(migrator, runId);
    expect(run).toMatchObject({ status: 'succeeded', openedAt: expect.any(String) });
    expect(stages()).not.toContain('release');
  });
});
