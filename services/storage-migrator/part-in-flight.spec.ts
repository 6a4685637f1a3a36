import type { OpenStorage } from '@smartant/connectors';
import type { Migrator } from './compose-migrator';
import { openStorage } from './connectors/connectors';
import type { Endpoint } from './domain/run';
import { openWithFaults } from './testkit/fault-points';
import { HoldingProxy } from './testkit/holding-proxy';
import { MigratorRig, type TestMigration } from './testkit/migrator-rig';

const MIB = 1024 * 1024;
const CONTENT = Buffer.alloc(66 * MIB, 'large');
const LEASE_MS = 9_000;

/** The first part of 64 MiB gets stuck half-way to the target; the second one is stored. */
describe('a large part in flight', () => {
  let rig: MigratorRig;
  let proxy: HoldingProxy;
  let source: Endpoint;
  let target: Endpoint;
  let migration: TestMigration;
  let working: Migrator & { kill(): void };
  let other: Migrator & { kill(): void };
  let runId: string;
  const sent: number[] = [];

  beforeAll(async () => {
    rig = await MigratorRig.start();
    source = await rig.bucket();
    await rig.put(source, { large: CONTENT });
    // Commands are given in another replica, which works on nothing itself.
    other = rig.process({ slots: 0 });
  });
  afterAll(() => rig.stop());

  beforeEach(async () => {
    proxy = await HoldingProxy.start(rig.s3.serviceUrl);
    target = await rig.bucket();
    migration = rig.migration(source, target, { partSizeBytes: 64 * MIB });
    sent.length = 0;
    working = rig.process({ leaseMs: LEASE_MS, openStorage: stuckAtFirstPart() });
    runId = (await working.runs.start(rig.order(migration, 'full'))).run.runId;
    await rig.until(other, runId, () => proxy.heldBytes > MIB);
  });
  afterEach(async () => {
    await working.workers.stop();
    await proxy.stop();
  });

  function stuckAtFirstPart(): OpenStorage {
    const storedSecond = (): Promise<unknown> =>
      rig.until(other, runId, async () => (await rig.database.query('SELECT 1 FROM upload_part')).length === 1);
    const putPart = async (_key: string, _uploadId: string, partNumber: number): Promise<void> => {
      sent.push(partNumber);
      if (partNumber > 1 || sent.filter((number) => number === 1).length > 1) return;
      await storedSecond();
      proxy.hold();
    };
    const throughProxy = openWithFaults({ writer: { putPart } });
    return (location, options) => {
      const isTarget = location.kind === 's3' && target.location.kind === 's3' && location.bucket === target.location.bucket;
      return isTarget ? throughProxy({ ...location, serviceUrl: proxy.url }, options) : openStorage(location, options);
    };
  }

  /** Resolves when the part, which cannot end, was cut off; with the milliseconds that took. */
  async function cutOff(): Promise<number> {
    const askedMs = performance.now();
    await rig.until(other, runId, () => proxy.abandoned > 0);
    return performance.now() - askedMs;
  }

  it('is cut off by a pause that another replica was told of, and sent again after it is resumed', async () => {
    await other.runs.pause(runId);
    expect(await cutOff()).toBeLessThan(LEASE_MS);
    proxy.release();
    await other.runs.resume(runId);
    expect((await rig.end(other, runId)).run).toMatchObject({ status: 'succeeded', error: null });
    expect(sent.sort()).toEqual([1, 1, 2]);
    expect((await rig.contents(target))['large'] === CONTENT.toString('latin1')).toBe(true);
  });

  it('is cut off by a cancel in another replica, which leaves no upload behind', async () => {
    await other.runs.cancel(runId, migration.id);
    expect(await cutOff()).toBeLessThan(LEASE_MS);
    proxy.release();
    expect((await rig.end(other, runId)).run.status).toBe('cancelled');
    const { reader, writer } = rig.open(target);
    expect(await writer!.uploadsOf!('large', new AbortController().signal)).toEqual([]);
    await reader.close();
  });

  it('is cut off when its run is ended, and the next run goes on with the parts that are stored', async () => {
    const { run: next } = await other.runs.start(rig.order(migration, 'full'));
    expect(await cutOff()).toBeLessThan(LEASE_MS);
    proxy.release();
    expect((await rig.end(other, next.runId)).run).toMatchObject({ status: 'succeeded', error: null });
    expect((await other.runs.get(runId)).run.status).toBe('cancelled');
    expect(sent.sort()).toEqual([1, 1, 2]);
  });
});
