import { MigratorRig } from './testkit/migrator-rig';

describe('a target that is the source under another name', () => {
  let rig: MigratorRig;
  beforeAll(async () => {
    rig = await MigratorRig.start();
  });
  afterAll(() => rig.stop());

  it.each(['full', 'incremental', 'cutover'] as const)('stops %s before anything is copied or deleted', async (phase) => {
    const inner = await rig.bucket('in/');
    if (inner.location.kind !== 's3') throw new Error('expected a bucket');
    const { serviceUrl } = inner.location;
    const outer = { ...inner, location: { ...inner.location, prefix: '', serviceUrl: serviceUrl.replace('127.0.0.1', 'localhost') } };
    const before = { 'in/a': 'new', 'in/b': 'new', kept: 'outside', a: 'old' };
    await rig.put(outer, before);
    const migrator = rig.process();
    // As a mirror of "in/", the whole bucket would lose what is in it.
    const { run, ledger } = await rig.run(migrator, rig.migration(inner, outer), phase);
    expect(run).toMatchObject({ status: 'failed', error: { code: 'ENDPOINTS_SAME_STORE' } });
    expect(ledger.copiedObjects ?? 0).toBe(0);
    expect(await rig.contents(outer)).toEqual(before);
    await migrator.workers.stop();
  });
});
