import { landingLate } from './connectors/s3/fixtures/late-landing';
import { listPage } from './connectors/s3/object-listing';
import { S3Client } from './connectors/s3/s3-client';
import { openWithFaults } from './testkit/fault-points';
import { MigratorRig } from './testkit/migrator-rig';

const never = new AbortController().signal;

describe('a scratch object that is written when its trial is long over', () => {
  let rig: MigratorRig;
  beforeAll(async () => {
    rig = await MigratorRig.start();
  });
  afterAll(() => rig.stop());

  it('is not at the target when the run has ended', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    if (target.location.kind !== 's3') throw new Error('expected a bucket');
    await rig.put(source, { a: 'one', b: 'two' });
    let kept = 0;
    const front = await landingLate(target.location.serviceUrl, ({ method, url }) => {
      const isFirst = method === 'PUT' && kept === 0 && url!.endsWith('/first');
      if (isFirst) kept += 1;
      return isFirst;
    });
    const landed: number[] = [];
    const copying = { writer: { put: async () => void landed.push(...(await front.land())) } };
    const migrator = rig.process({ openStorage: openWithFaults(copying) });
    const behind = { ...target, location: { ...target.location, serviceUrl: front.url } };
    const { run } = await rig.run(migrator, rig.migration(source, behind), 'full');
    expect(run).toMatchObject({ status: 'succeeded', error: null });
    expect(landed).toEqual([200]);
    const secret = () => Promise.resolve({ kind: 's3' as const, accessKeyId: rig.s3.accessKeyId, secretAccessKey: rig.s3.secretAccessKey });
    const raw = new S3Client(target.location, { secret }, {});
    const { objects } = await listPage(raw, { scratch: true }, never);
    expect(objects.map(({ key }) => key)).toEqual(['a', 'b']);
    await raw.close();
    await front.close();
    await migrator.workers.stop();
  });
});
