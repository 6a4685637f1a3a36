import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  describeIf,
  mountSmallDisk,
  startRestartablePostgres,
  startS3,
  whyNoS3,
  whyNoSmallDisk,
  whyNoToxiproxy,
  type RestartablePostgres,
  type S3Kind,
  type S3Server,
  type SmallDisk,
} from '@smartant/test-servers';
import { Bucket } from '../platform/bucket';
import { waitFor } from '../platform/embedded-platform';
import { ReplicatedPlatform } from '../platform/replicated-platform';
import { MovedMigration } from './chaos/moved-migration';
import { FileTreeSource } from './chaos/moving-source';
import { SeededRandom } from './chaos/seeded-random';

const PATIENCE_MS = 120_000;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const toDispose: { dispose(): void }[] = [];

interface Move {
  ended: Promise<void>;
  hurry(): Promise<void>;
}

/** Starts a migration of files that is slow until it is hurried, and resolves once some of it has arrived. */
async function startMove(platform: ReplicatedPlatform, server: S3Server, name: string, large: number): Promise<Move> {
  let isSlow = true;
  const source = new FileTreeSource(name, new SeededRandom(1));
  toDispose.push(source);
  await source.fill(300, large);
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
  await waitFor('the first objects to arrive', async () => (await target.keys()).length > 5, PATIENCE_MS);
  return {
    ended,
    hurry: async () => {
      isSlow = false;
      await moved.hurry();
    },
  };
}

describeIf(whyNoSmallDisk() ?? whyNoToxiproxy(), 'a full disk', () => {
  let disk: SmallDisk;
  let postgres: RestartablePostgres;
  let platform: ReplicatedPlatform;

  beforeAll(async () => {
    disk = mountSmallDisk(400);
    const folder = join(disk.path, 'postgres');
    mkdirSync(folder);
    // Little log ahead of the data, so that the disk's end is met in the middle of a transaction.
    postgres = await startRestartablePostgres({ folder, settings: { min_wal_size: '32MB', max_wal_size: '32MB', wal_recycle: 'off' } });
    platform = new ReplicatedPlatform({ replicas: 2, postgres });
    await platform.start();
  }, 180_000);
  afterAll(async () => {
    await platform.dispose();
    disk.remove();
    for (const source of toDispose) source.dispose();
  }, 60_000);

  it('of the database stops nothing for good: work goes on once there is room, and nothing is lost', async () => {
    const server = await startS3('sample');
    const move = await startMove(platform, server, 'database-full', 1);
    disk.fill();
    await move.hurry().catch(() => undefined);
    const isRefused = (): boolean => !postgres.isRunning() || /No space left on device/.test(postgres.logTail());
    await waitFor('the database to find its disk full', isRefused, PATIENCE_MS);
    disk.free();
    // Out of room for its log the server ends by itself; who runs it starts it again.
    await postgres.start();
    await move.hurry();
    await move.ended;
    await server.stop();
  }, 600_000);

  /** versitygw calls it an internal error when there is no room to begin a multipart upload. */
  const kinds: [S3Kind, number][] = [
    ['minio', 1],
    ['versitygw', 0],
  ];
  describe.each(kinds)('of the target store (%s)', (kind, large) => {
    describeIf(whyNoS3(kind), `of ${kind}`, () => {
      it('is waited for under its own code; nothing is quarantined and nothing is lost', async () => {
        const storeDisk = mountSmallDisk(160);
        const dataFolder = join(storeDisk.path, 'store');
        mkdirSync(dataFolder);
        const server = await startS3(kind, { dataFolder });
        try {
          const move = await startMove(platform, server, `full-${kind}`, large);
          storeDisk.fill();
          await move.hurry();
          await waitFor('a shard to wait for room', () => waitsFor(platform, 'STORAGE_FULL'), PATIENCE_MS);
          storeDisk.free();
          await move.ended;
        } finally {
          await server.stop();
          storeDisk.remove();
        }
      }, 600_000);
    });
  });
});

async function waitsFor(platform: ReplicatedPlatform, code: string): Promise<boolean> {
  const rows = await platform.query<{ code: string }>(
    `SELECT last_error->>'code' AS code FROM storage_migrator.shard WHERE last_error IS NOT NULL AND failing_since IS NOT NULL`,
  );
  return rows.some((row) => row.code === code);
}
