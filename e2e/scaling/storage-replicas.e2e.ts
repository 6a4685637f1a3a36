import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startS3, type S3Server } from '@smartant/test-servers';
import { Bucket } from '../platform/bucket';
import { waitFor } from '../platform/embedded-platform';
import { ApiMigration, storageSpec, type MigrationView } from '../platform/migration';
import { ReplicatedPlatform } from '../platform/replicated-platform';
import { drain, metricOf, PENDING, replicasWanted } from './autoscaling';
import { CountedStore } from './counted-store';
import { heldBy } from './leases';
import { GONE_WITHIN_MS, goes, SHARE_WITHIN_MS } from './promises';

/** More than a replica takes at once and the autoscaler lets wait. */
const MIGRATIONS = 14;
const FILES = 30;
/** How long the end of all of them may take, of which nothing is promised. */
const PATIENCE_MS = 300_000;

const contentOf = (folder: number, file: number): string => `file ${file} of folder ${folder}\n`.repeat(40);

describe('replicas of the storage migrator', () => {
  const platform = new ReplicatedPlatform({ replicas: 1, cuts: false });
  const root = mkdtempSync(join(tmpdir(), 'smartant-scaling-'));
  let server: S3Server;
  let target: Bucket;
  let way: CountedStore;

  beforeAll(async () => {
    for (let folder = 0; folder < MIGRATIONS; folder += 1) {
      mkdirSync(join(root, `folder-${folder}`));
      for (let file = 0; file < FILES; file += 1) writeFileSync(join(root, `folder-${folder}`, `file-${file}`), contentOf(folder, file));
    }
    // It refuses no write: what is sent twice lands twice.
    server = await startS3('unconditional');
    await server.createBucket('moved');
    target = new Bucket(server, 'moved');
    way = await CountedStore.before(server, '/file-');
    await platform.start();
    await platform.api('POST', '/v1/file-roots', { name: 'scaling', path: root });
  }, 180_000);
  afterAll(async () => {
    await platform.dispose();
    await way?.stop();
    await server?.stop();
    rmSync(root, { recursive: true, force: true });
  }, 60_000);

  const migrate = (folder: number): Promise<ApiMigration> =>
    ApiMigration.create(platform, {
      source: { location: { kind: 'file', root: 'scaling', path: `folder-${folder}` }, secret: { kind: 'none' } },
      target: target.inline(`folder-${folder}/`, way.url),
      spec: storageSpec(),
    });

  it('are asked for by work that waits, take their share of it at once, and go without leaving or repeating any', async () => {
    const [first] = platform.replicas['storage-migrator'];
    expect(await metricOf(first!, PENDING)).toBe(0);
    // Each of the objects in flight takes a second: 8 of them a second, and nothing that a machine under load could hurry.
    way.delayMs = 1_000;
    const migrations = await Promise.all(Array.from({ length: MIGRATIONS }, (_, folder) => migrate(folder)));
    await waitFor('work to wait', async () => replicasWanted('storage-migrator', await metricOf(first!, PENDING)) > 1, 60_000);
    await waitFor('every worker to be at it', async () => (await heldBy(platform, 'storage_migrator')).join() === '4', 60_000);

    const second = await platform.add('storage-migrator');
    // Half of all workers are its own.
    const hasItsShare = async (): Promise<boolean> =>
      (await heldBy(platform, 'storage_migrator')).join() === '4,4' &&
      (await metricOf(second, 'smartant_storage_objects_total', 'outcome="copied"')) > 0;
    await waitFor('the second replica to take its share', hasItsShare, SHARE_WITHIN_MS);

    await waitFor('objects of both to be in flight', () => way.inFlight > 8, 30_000);
    await goes(first!);
    expect(drain.graceSeconds).toBeGreaterThan(drain.preStopSeconds + GONE_WITHIN_MS / 1_000);
    // All that it held is handed back, and nothing of it is still under way: no lease has to run out, no proof has to wait.
    expect(await platform.query(`SELECT 1 FROM storage_migrator.shard_zombie`)).toEqual([]);
    await waitFor(
      'the other one to hold all that is worked on',
      async () => (await heldBy(platform, 'storage_migrator')).join() === '4',
      10_000,
    );
    way.delayMs = 0;

    for (const migration of migrations) {
      const isDone = ({ phase, status }: MigrationView) => phase === 'done' && status === 'succeeded';
      const { verification } = await migration.until(isDone, PATIENCE_MS);
      expect(verification).toMatchObject({ equal: true, sourceObjects: FILES, targetObjects: FILES, differenceCount: 0 });
    }
    // Each object was sent once, and once only, by whichever replica had it.
    const once = new Map(
      Array.from({ length: MIGRATIONS * FILES }, (_, n) => [`/moved/folder-${n % MIGRATIONS}/file-${Math.floor(n / MIGRATIONS)}`, 1]),
    );
    expect(new Map(sorted(way.begun))).toEqual(new Map(sorted(once)));
    expect(new Map(sorted(way.taken))).toEqual(new Map(sorted(once)));
    expect(await metricOf(second, 'smartant_shard_takeovers_total')).toBe(0);
  }, 600_000);
});

const sorted = (counts: Map<string, number>): [string, number][] => [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
