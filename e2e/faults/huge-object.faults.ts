import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statfsSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf, whyNoS3, startS3, type S3Server } from '@smartant/test-servers';
import { Bucket } from '../platform/bucket';
import { EmbeddedPlatform, waitFor } from '../platform/embedded-platform';
import { ApiMigration, storageSpec } from '../platform/migration';

const GIB = 1024 ** 3;
const SIZE = 6 * GIB;

/** A sparse file with a mark in each GiB, so that no two parts of the same offset pattern are mistaken for each other. */
function makeHugeFile(path: string): void {
  closeSync(openSync(path, 'w'));
  truncateSync(path, SIZE);
  const file = openSync(path, 'r+');
  for (let i = 0; i < 6; i += 1) writeSync(file, Buffer.from(`mark ${i}`), 0, 6, i * GIB + i * 1_234_567);
  closeSync(file);
}

/** Peak resident memory, from /proc; 0 where there is none. */
function peakMemoryMiB(pid: number): number {
  if (process.platform !== 'linux') return 0;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

function missing(): string | null {
  const noMinio = whyNoS3('minio');
  if (noMinio) return noMinio;
  const { bavail, bsize } = statfsSync(tmpdir());
  return bavail * bsize < 3 * SIZE ? 'less than 18 GiB free on the disk' : null;
}

describeIf(missing(), 'one object of 6 GiB', () => {
  const platform = new EmbeddedPlatform();
  const root = mkdtempSync(join(tmpdir(), 'smartant-huge-'));
  let server: S3Server;

  beforeAll(async () => {
    makeHugeFile(join(root, 'huge.img'));
    server = await startS3('minio');
    await server.createBucket('huge');
    await platform.start();
  }, 180_000);
  afterAll(async () => {
    await platform.dispose();
    await server.stop();
    rmSync(root, { recursive: true, force: true });
  }, 120_000);

  it('goes on at its part after its worker was killed, in bounded memory', async () => {
    const target = new Bucket(server, 'huge');
    await platform.api('POST', '/v1/file-roots', { name: 'huge', path: root });
    const migration = await ApiMigration.create(platform, {
      source: { location: { kind: 'file', root: 'huge', path: '' }, secret: { kind: 'none' } },
      target: target.inline(),
      spec: storageSpec(),
    });
    await migration.until(({ phase, ledger }) => phase === 'full' && (ledger['copiedBytes'] ?? 0) > GIB / 2, 300_000);
    const uploadsBefore = await target.openUploads();
    const killedPid = platform.pidOf('storage-migrator')!;
    process.kill(killedPid, 'SIGKILL');
    const startedAgain = () => platform.pidOf('storage-migrator') !== undefined && platform.pidOf('storage-migrator') !== killedPid;
    await waitFor('the migrator to be started again', startedAgain, 30_000);
    await migration.until(({ phase }) => phase !== 'full', 600_000);
    expect(uploadsBefore).toEqual(['huge.img']);
    const done = await migration.until(({ phase, status }) => phase === 'done' && status === 'succeeded', 600_000);
    expect(done.verification).toMatchObject({ equal: true, sourceObjects: 1, targetObjects: 1 });
    expect(peakMemoryMiB(platform.pidOf('storage-migrator')!)).toBeLessThan(1_024);
    expect((await target.read('huge.img')).size).toBe(SIZE);
    expect(await target.openUploads()).toEqual([]);
  }, 1_500_000);
});
