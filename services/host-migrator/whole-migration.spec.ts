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

describe('a migration of a host', () => {
  it('goes through its phases, and back', async () => {
    const migrator = rig.process();
    const migration = rig.migration();
    const { from, to } = migration;
    const prepared = await rig.run(migrator, migration, 'prepare');
    expect(prepared.run).toMatchObject({ status: 'succeeded', findings: [{ code: 'LOOKED_AT' }] });
    const full = await rig.run(migrator, migration, 'full');
    expect(full).toMatchObject({
      run: { status: 'succeeded', prediction: { seconds: 1 }, expectedObjects: 3, expectedBytes: 27 },
      ledger: { listedFiles: 3, copiedFiles: 3, copiedBytes: 27 },
    });
    from.write('shop', '/srv/new', 'written later');
    from.write('shop', '/srv/f1', null);
    const round = await rig.run(migrator, migration, 'incremental');
    expect(round.ledger).toMatchObject({ listedFiles: 3, copiedFiles: 1, unchangedFiles: 2, deletedFiles: 1 });
    const rehearsal = await rig.run(migrator, migration, 'rehearsal');
    expect(rehearsal.run).toMatchObject({ status: 'succeeded', boot: { answeredAfterMs: 5, probes: [{ probe: 'ssh', passed: true }] } });
    from.write('shop', '/srv/late', 'written after the last round');

    const cutover = await rig.run(migrator, migration, 'cutover');
    expect(cutover.run).toMatchObject({
      status: 'succeeded',
      frozenAt: expect.stringMatching(/^2.*Z$/),
      openedAt: expect.stringMatching(/^2.*Z$/),
      verification: { equal: true, sourceFiles: 4, targetFiles: 4, asOf: expect.any(String) },
      boot: { answeredAfterMs: 5, console: 'login:' },
    });
    expect(to.tree()).toEqual(from.tree());
    expect(from.stopped).toEqual(new Set(['shop']));

    await rig.run(migrator, migration, 'reversible');
    expect((await rig.run(migrator, migration, 'rollback')).run.status).toBe('succeeded');
    expect(from.stopped.size).toBe(0);
    const cutoverStages = 'freeze sync verify convert boot';
    expect(stages().join(' ')).toBe(`prepare layout sync sync rehearse ${cutoverStages} settle reopen release`);
    const epochs = rig.engine.calls.map(({ epoch }) => epoch);
    expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b));
    await migrator.workers.stop();
  });

  it('gives the source back when the sides differ, and says so', async () => {
    const migrator = rig.process();
    const migration = rig.migration();
    await rig.run(migrator, migration, 'full');
    rig.engine.hook = (stage) => {
      if (stage === 'verify') migration.to.files.set('/srv/f1', 'changed by somebody');
    };
    const { run } = await rig.run(migrator, migration, 'cutover');
    expect(run).toMatchObject({
      status: 'succeeded',
      openedAt: null,
      verification: { equal: false, differenceCount: 1, differences: [{ key: '/srv/f1' }] },
    });
    expect(stages().slice(-2)).toEqual(['verify', 'reopen']);
    expect(migration.from.stopped.size).toBe(0);
    await migrator.workers.stop();
  });

  it('gives the source back when its target is not proved by its boot, and keeps what was seen', async () => {
    const migrator = rig.process();
    const migration = rig.migration();
    await rig.run(migrator, migration, 'full');
    migration.to.boots = false;
    const { run } = await rig.run(migrator, migration, 'cutover');
    expect(run).toMatchObject({
      status: 'failed',
      error: { code: 'HOST_BOOT_NOT_PROVED', message: expect.stringContaining('did not answer') },
      boot: { answeredAfterMs: null, console: 'login:' },
      openedAt: null,
    });
    expect(stages().slice(-2)).toEqual(['boot', 'reopen']);
    expect(migration.from.stopped.size).toBe(0);
    await migrator.workers.stop();
  });

  it('tells of a rehearsal that did not boot, and does not fail of it', async () => {
    const migrator = rig.process();
    const migration = rig.migration();
    await rig.run(migrator, migration, 'full');
    migration.to.boots = false;
    expect((await rig.run(migrator, migration, 'rehearsal')).run).toMatchObject({ status: 'succeeded', boot: { answeredAfterMs: null } });
    expect(stages()).not.toContain('reopen');
    await migrator.workers.stop();
  });

  it('gives the source back when a cutover cannot go on, and says where it could not be', async () => {
    const migrator = rig.process();
    const migration = rig.migration();
    await rig.run(migrator, migration, 'full');
    rig.engine.hook = (stage) => {
      if (stage === 'convert') throw new SmartantError('HOST_COMMAND_FAILED', 'no grub', { kind: 'precondition' });
    };
    const failed = await rig.run(migrator, migration, 'cutover');
    expect(failed.run).toMatchObject({ status: 'failed', error: { code: 'HOST_COMMAND_FAILED' }, findings: [] });
    expect(migration.from.stopped.size).toBe(0);

    rig.engine.hook = (stage) => {
      if (stage === 'convert') throw new SmartantError('HOST_COMMAND_FAILED', 'no grub', { kind: 'precondition' });
      if (stage === 'reopen') throw new SmartantError('HOST_SIGN_IN_FAILED', 'no', { kind: 'forbidden' });
    };
    const { run } = await rig.run(migrator, migration, 'cutover');
    expect(run).toMatchObject({ error: { code: 'HOST_COMMAND_FAILED' }, findings: [{ code: 'HOST_STILL_STOPPED' }] });
    rig.engine.hook = () => undefined;
    // As the scheduler does when the migration is cancelled.
    await migrator.runs.cancel('', migration.id, migration.epoch);
    expect(migration.from.stopped.size).toBe(0);
    await migrator.workers.stop();
  });
});

it('keeps every command of a migration on the record, in pages and by run', async () => {
  const migrator = rig.process();
  const migration = rig.migration();
  const full = await rig.run(migrator, migration, 'full');
  const round = await rig.run(migrator, migration, 'incremental');
  const first = await migrator.transcripts.list(migration.id, '', 4, '');
  expect(first.entries).toMatchObject([
    { host: 'source', command: 'true # layout', exitCode: 0, runId: full.run.runId, startedAt: expect.stringMatching(/Z$/) },
    { host: 'target', command: 'true # layout' },
    { host: 'source', command: 'true # sync' },
    { host: 'target' },
  ]);
  const rest = await migrator.transcripts.list(migration.id, '', 4, first.nextPageToken);
  expect(rest).toMatchObject({ entries: [{ runId: round.run.runId }, { runId: round.run.runId }], nextPageToken: '', omitted: 0 });
  expect((await migrator.transcripts.list(migration.id, round.run.runId, 0, '')).entries).toHaveLength(2);
  await migrator.runs.cancel('', migration.id);
  expect((await migrator.transcripts.list(migration.id, '', 0, '')).entries).toEqual([]);
  await migrator.workers.stop();
});
