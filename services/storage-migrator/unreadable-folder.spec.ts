import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MigratorRig } from './testkit/migrator-rig';

/** Root reads everything: then the work is done as another user. */
async function asOrdinaryUser<T>(work: () => Promise<T>): Promise<T> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe('a folder of the source that cannot be read', () => {
  let rig: MigratorRig;
  beforeAll(async () => {
    rig = await MigratorRig.start();
  });
  afterAll(() => rig.stop());

  it('is set aside as one unit: the rest goes on, nothing below it is deleted, and nothing is proved until it can be read', async () => {
    const { path, endpoint: source } = await rig.folder();
    chmodSync(path, 0o755);
    for (const folder of ['open', 'secret', 'secret/deep']) mkdirSync(join(path, folder));
    const files = { 'open/a': 'a', 'secret/b': 'b', 'secret/deep/c': 'c', z: 'z' };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
    const target = await rig.bucket();
    await rig.put(target, { 'secret/b': 'b', 'secret/old': 'kept', gone: 'gone' });
    const migrator = rig.process();
    const migration = rig.migration(source, target);
    chmodSync(join(path, 'secret'), 0);

    await asOrdinaryUser(async () => {
      const { ledger, run } = await rig.run(migrator, migration, 'cutover');
      expect(run).toMatchObject({ status: 'succeeded', verification: { equal: false, differenceCount: 1, waivedCount: 0 } });
      expect(run.verification?.differences).toMatchObject([{ key: 'secret/', detail: expect.stringContaining('STORAGE_ACCESS_DENIED') }]);
      expect(ledger).toMatchObject({ copiedObjects: 2, quarantinedObjects: 1, deletedObjects: 1, differentObjects: 1 });
    });
    expect(await rig.contents(target)).toEqual({ 'open/a': 'a', 'secret/b': 'b', 'secret/old': 'kept', z: 'z' });
    const { failures } = await migrator.failures.list(migration.id, 0, '');
    expect(failures).toMatchObject([{ unit: 'secret/', code: 'STORAGE_FOLDER_UNREADABLE', state: 'open' }]);

    chmodSync(join(path, 'secret'), 0o755);
    await asOrdinaryUser(() => rig.run(migrator, migration, 'incremental'));
    const { run } = await asOrdinaryUser(() => rig.run(migrator, migration, 'cutover'));
    expect(run.verification).toMatchObject({ equal: true, differenceCount: 0 });
    expect(await rig.contents(target)).toEqual(files);
    expect((await migrator.failures.list(migration.id, 0, '')).failures).toMatchObject([{ unit: 'secret/', state: 'resolved' }]);
    await migrator.workers.stop();
  });

  it('may be excluded, and may be waived on the record', async () => {
    const { path, endpoint: source } = await rig.folder();
    chmodSync(path, 0o755);
    mkdirSync(join(path, 'secret'));
    writeFileSync(join(path, 'a'), 'a');
    chmodSync(join(path, 'secret'), 0);
    const migrator = rig.process();
    await asOrdinaryUser(async () => {
      const excluded = await rig.run(migrator, rig.migration(source, await rig.bucket(), { exclude: ['secret/**'] }), 'cutover');
      expect(excluded.run.verification).toMatchObject({ equal: true, differenceCount: 0 });

      const migration = rig.migration(source, await rig.bucket());
      await rig.run(migrator, migration, 'full');
      await migrator.failures.resolve(migration.id, [], { state: 'waived', actor: 'me', reason: 'not ours' });
      const { run } = await rig.run(migrator, migration, 'cutover');
      expect(run.verification).toMatchObject({ equal: true, differenceCount: 1, waivedCount: 1 });
    });
    chmodSync(join(path, 'secret'), 0o755);
    rmSync(join(path, 'secret'), { recursive: true });
    await migrator.workers.stop();
  });
});
