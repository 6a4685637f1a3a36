import { join } from 'node:path';
import { describeIf, startS3, whyNoToxiproxy, type S3Server } from '@smartant/test-servers';
import { Bucket } from '../platform/bucket';
import { waitFor } from '../platform/embedded-platform';
import { ReplicatedPlatform } from '../platform/replicated-platform';
import { MovedMigration } from './chaos/moved-migration';
import { FileTreeSource } from './chaos/moving-source';
import { SeededRandom } from './chaos/seeded-random';

const ALTERED_MIGRATOR = join(__dirname, 'fencing', 'altered-migrator.cjs');
const say = (line: string): void => void process.stderr.write(`${line}\n`);

/**
 * One worker begins to copy, is stopped past its lease, and is woken just when another has taken its work over. Resolves
 * when the migration has ended as promised, and rejects with what the checks of the fault suite found.
 */
async function wakeTheDead(shardStore: object, server: S3Server): Promise<void> {
  const platform = new ReplicatedPlatform({
    replicas: 2,
    scripts: { 'storage-migrator': ALTERED_MIGRATOR },
    environment: { SMARTANT_TEST_SHARD_STORE: JSON.stringify(shardStore) },
  });
  const name = `woken-${Date.now()}`;
  const source = new FileTreeSource(name, new SeededRandom(1));
  let isSlow = true;
  try {
    await platform.start();
    const [zombie, heir] = platform.replicas['storage-migrator'];
    await heir!.kill();
    await source.fill(400, 0);
    await platform.api('POST', '/v1/file-roots', { name, path: source.path });
    await server.createBucket(name);
    const target = new Bucket(server, name);
    const moved = new MovedMigration({
      platform,
      name,
      source,
      target,
      targetEndpoint: target.inline(),
      random: new SeededRandom(1),
      isSlow: () => isSlow,
      pauses: false,
      slowBytesPerSecond: 512 * 1024,
      say,
    });
    const ended = moved.run();
    ended.catch(() => undefined);
    await waitFor('the first worker to be in the middle of its work', async () => (await copied(platform)) > 20, 60_000);
    zombie!.freeze();
    const starting = heir!.start();
    await waitFor('the work to be taken over', () => takenOver(platform), 60_000);
    zombie!.wake();
    await starting;
    // Slowly enough that whoever was woken has long gone on, too, if nothing keeps it from it.
    await waitFor('the heir to do more than half', async () => (await copied(platform)) > 250, 60_000);
    isSlow = false;
    await moved.hurry();
    await ended;
  } finally {
    await platform.dispose();
    source.dispose();
  }
}

async function copied(platform: ReplicatedPlatform): Promise<number> {
  const [row] = await platform.query<{ copied: number }>(
    `SELECT coalesce(max((ledger->>'copiedObjects')::int), 0)::int AS copied FROM storage_migrator.shard_run`,
  );
  return row?.copied ?? 0;
}

async function takenOver(platform: ReplicatedPlatform): Promise<boolean> {
  const rows = await platform.query(`SELECT 1 FROM storage_migrator.shard WHERE kind = 'sync' AND epoch > 1 AND state = 'leased'`);
  return rows.length > 0;
}

describeIf(whyNoToxiproxy(), 'a worker that wakes after its work was taken over', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3('sample');
  });
  afterAll(() => server.stop());

  it('changes nothing any more', async () => {
    // The horizon of stale writes is shortened; what was sent before the stop cannot be under way for longer here.
    await wakeTheDead({ writeDeadlineMs: 15_000 }, server);
  }, 400_000);

  it('would be found by the checks of this suite if fencing were off', async () => {
    await expect(wakeTheDead({ writeDeadlineMs: 15_000, fencing: 'off' }, server)).rejects.toThrow(
      /the ledger does not add up|objects are wrong/,
    );
  }, 400_000);
});
