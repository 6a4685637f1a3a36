import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openWithFaults } from './testkit/fault-points';
import { MigratorRig } from './testkit/migrator-rig';

describe('a source that is overwritten while it is copied', () => {
  let rig: MigratorRig;
  beforeAll(async () => {
    rig = await MigratorRig.start();
  });
  afterAll(() => rig.stop());

  /** Between the read and the write of the first copy `meanwhile` happens, and then so much time passes. */
  const processWith = (delayMs: number, meanwhile: () => Promise<unknown>) => {
    let puts = 0;
    const put = async (): Promise<void> => {
      puts += 1;
      if (puts > 1) return;
      await meanwhile();
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    };
    return rig.process({ openStorage: openWithFaults({ writer: { put } }) });
  };

  it('is copied again although its copy looks newer', async () => {
    const [{ path, endpoint: source }, target] = [await rig.folder(), await rig.bucket()];
    await writeFile(join(path, 'f'), 'first');
    const migrator = processWith(3_000, () => writeFile(join(path, 'f'), 'other'));
    const migration = rig.migration(source, target);
    expect((await rig.run(migrator, migration, 'full')).run).toMatchObject({ status: 'succeeded' });
    expect(await rig.contents(target)).toEqual({ f: 'other' });
    await migrator.workers.stop();
  });

  it('is copied again when another write of the old content came first', async () => {
    const [{ path, endpoint: source }, target] = [await rig.folder(), await rig.bucket()];
    await writeFile(join(path, 'f'), 'other');
    const { mtimeMs } = await stat(join(path, 'f'));
    // A worker that lost its lease puts what it read before: equal in size, and newer than the source by the clocks.
    const migrator = processWith(0, async () => {
      while (Date.now() < mtimeMs + 3_200) await new Promise((resolve) => setTimeout(resolve, 20));
      await rig.put(target, { f: 'first' });
    });
    expect((await rig.run(migrator, rig.migration(source, target), 'full')).run).toMatchObject({ status: 'succeeded' });
    expect(await rig.contents(target)).toEqual({ f: 'other' });
    await migrator.workers.stop();
  });
});
