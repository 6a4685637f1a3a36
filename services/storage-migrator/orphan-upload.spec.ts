import { openWithFaults } from './testkit/fault-points';
import { MigratorRig } from './testkit/migrator-rig';

const MIB = 1024 * 1024;
const never = new AbortController().signal;

describe('a multipart upload that nobody could record', () => {
  let rig: MigratorRig;
  beforeAll(async () => {
    rig = await MigratorRig.start();
  });
  afterAll(() => rig.stop());

  it('is found by its intent and aborted, while uploads of others are left alone', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    const content = Buffer.alloc(11 * MIB, 'large');
    await rig.put(source, { large: content });
    const migration = rig.migration(source, target, { partSizeBytes: 5 * MIB });
    const { reader, writer } = rig.open(target);
    const other = await writer!.beginMultipart('other', { metadata: {}, tags: {} }, never);
    let begun = 0;
    const options = { leaseMs: 900, writeDeadlineMs: 100 };
    const first = rig.process({
      ...options,
      openStorage: openWithFaults({
        writer: {
          // Dead from here on: the store begins the upload, and no database hears of its id.
          beginMultipart: async () => {
            begun += 1;
            first.kill();
          },
          abortMultipart: () => Promise.reject(new Error('dead')),
        },
      }),
    });
    const { run } = await first.runs.start(rig.order(migration, 'full'));
    const orphans = () => writer!.uploadsOf!('large', never);
    await rig.until(rig.process({ ...options, slots: 0 }), run.runId, async () => begun > 0 && (await orphans()).length === 1);
    const heir = rig.process(options);
    const { run: ended } = await rig.end(heir, run.runId);
    expect(ended).toMatchObject({ status: 'succeeded', error: null });
    expect(await orphans()).toEqual([]);
    expect(await writer!.uploadsOf!('other', never)).toMatchObject([{ uploadId: other.uploadId }]);
    expect((await rig.contents(target)).large).toBe(content.toString('latin1'));
    await reader.close();
  });
});
