import { migratorV1 } from '@smartant/contracts';
import type { OpenStorage } from '@smartant/connectors';
import type { S3Kind } from '@smartant/test-servers';
import { runToProto } from './adapters/grpc/to-proto';
import { openStorage } from './connectors/connectors';
import { HoldingProxy } from './testkit/holding-proxy';
import { openWithFaults } from './testkit/fault-points';
import { MigratorRig } from './testkit/migrator-rig';
import type { Endpoint } from './domain/run';

const LEASE_MS = 900;

/** The target's requests take the way through the proxy, which keeps the put of an object and everything after it. */
function heldAt(proxy: HoldingProxy, target: Endpoint): OpenStorage {
  const holding = openWithFaults({ writer: { put: async () => proxy.hold() } });
  return (location, options) => {
    const isTarget = location.kind === 's3' && target.location.kind === 's3' && location.bucket === target.location.bucket;
    return isTarget ? holding({ ...location, serviceUrl: proxy.url }, options) : openStorage(location, options);
  };
}

async function withZombie(kind: S3Kind, writeDeadlineMs: number, test: (parts: Awaited<ReturnType<typeof takenOver>>) => Promise<void>) {
  const rig = await MigratorRig.start(kind);
  const proxy = await HoldingProxy.start(rig.s3.serviceUrl);
  try {
    await test(await takenOver(rig, proxy, writeDeadlineMs));
  } finally {
    await proxy.stop();
    await rig.stop();
  }
}

/** A process that was cut off while its put of old content was on the way, and its heir, which has copied newer content. */
async function takenOver(rig: MigratorRig, proxy: HoldingProxy, writeDeadlineMs: number) {
  const [source, target] = [await rig.bucket(), await rig.bucket()];
  await rig.put(source, { k: 'old' });
  const migration = rig.migration(source, target);
  const options = { leaseMs: LEASE_MS, writeDeadlineMs };
  const zombie = rig.process({ ...options, openStorage: heldAt(proxy, target) });
  const { run } = await zombie.runs.start(rig.order(migration, 'cutover'));
  await rig.until(zombie, run.runId, () => proxy.heldBytes > 0);
  zombie.kill();
  await rig.put(source, { k: 'new!' });
  const heir = rig.process(options);
  await rig.until(heir, run.runId, ({ ledger }) => ledger.copiedObjects === 1);
  const release = async (): Promise<void> => {
    proxy.release();
    await rig.until(heir, run.runId, () => proxy.answered.includes('HTTP/1.1'));
  };
  return { rig, proxy, heir, migration, target, runId: run.runId, release };
}

/** Nothing is verified while this holds. */
const waitsForZombies = async (rig: MigratorRig, runId: string): Promise<boolean> =>
  (
    await rig.database.query(
      `SELECT 1 FROM shard WHERE run_id = $1 AND kind = 'verify' AND state = 'pending' AND not_before > clock_timestamp()`,
      [runId],
    )
  ).length > 0;

/** The moment after which the heir may verify comes now. */
const letVerify = (rig: MigratorRig, runId: string) =>
  rig.database.query(`UPDATE shard SET not_before = clock_timestamp() WHERE run_id = $1 AND state = 'pending'`, [runId]);

describe('a write of a process that has lost its shard', () => {
  it('is refused by a target that judges conditions, however late it comes', async () => {
    await withZombie('sample', 60_000, async ({ rig, proxy, heir, target, runId, release }) => {
      await rig.until(heir, runId, () => waitsForZombies(rig, runId));
      const told = await heir.runs.get(runId);
      expect(told.wait).toEqual({ reason: 'late-writes', until: expect.any(Date), error: null });
      expect(runToProto(told).wait).toMatchObject({ reason: migratorV1.RunWait_Reason.REASON_LATE_WRITES, error: undefined });
      await release();
      expect(proxy.answered).toMatch(/^HTTP\/1\.1 412 /);
      await letVerify(rig, runId);
      const { run } = await rig.end(heir, runId);
      expect(run.verification).toMatchObject({ equal: true });
      expect(await rig.contents(target)).toEqual({ k: 'new!' });
    });
  });

  it('is never hidden by a report where the target cannot refuse it: what is proved is looked at after it has landed', async () => {
    await withZombie('unconditional', 60_000, async ({ rig, proxy, heir, migration, target, runId, release }) => {
      await rig.until(heir, runId, () => waitsForZombies(rig, runId));
      await release();
      expect(proxy.answered).toMatch(/^HTTP\/1\.1 200 /);
      expect(await rig.contents(target)).toEqual({ k: 'old' });
      await letVerify(rig, runId);
      const { run } = await rig.end(heir, runId);
      expect(run.verification).toMatchObject({ equal: false, differences: [{ key: 'k' }] });
      // A later run of the migration knows of the zombie too.
      const { run: retry } = await heir.runs.start(rig.order(migration, 'cutover'));
      await rig.until(heir, retry.runId, () => waitsForZombies(rig, retry.runId));
      await letVerify(rig, retry.runId);
      const again = await rig.end(heir, retry.runId);
      expect(again.run.verification).toMatchObject({ equal: true });
      expect(await rig.contents(target)).toEqual({ k: 'new!' });
    });
  });

  it('would be hidden if verification did not wait for it', async () => {
    await withZombie('unconditional', 0, async ({ rig, heir, target, runId, release }) => {
      const { run } = await rig.end(heir, runId);
      expect(run.verification).toMatchObject({ equal: true });
      await release();
      expect(await rig.contents(target)).toEqual({ k: 'old' });
    });
  });
});
