import { startS3, type S3Server } from '@smartant/test-servers';
import { Bucket } from '../platform/bucket';
import { EmbeddedPlatform } from '../platform/embedded-platform';
import { ApiMigration, storageSpec } from '../platform/migration';

const MIB = 1024 * 1024;

describe('a source that changes', () => {
  const platform = new EmbeddedPlatform();
  let server: S3Server;
  let source: Bucket;
  let target: Bucket;

  beforeAll(async () => {
    server = await startS3('sample');
    await platform.start();
  });
  beforeEach(async () => {
    const name = `b${Date.now().toString(36)}`;
    await server.createBucket(`${name}-src`);
    await server.createBucket(`${name}-dst`);
    source = new Bucket(server, `${name}-src`);
    target = new Bucket(server, `${name}-dst`);
  });
  afterAll(async () => {
    await platform.dispose();
    await server.stop();
  });

  it('follows changes, additions and deletions until the cutover', async () => {
    for (const key of ['kept', 'changed', 'deleted']) await source.put(key, `first ${key}`);
    const migration = await ApiMigration.create(platform, {
      source: source.inline(),
      target: target.inline(),
      spec: storageSpec({ cutover: { mode: 'manual', finalize: 'manual', sourceFrozen: false }, incrementalIntervalSeconds: 1 }),
    });
    await migration.until(({ phase, status }) => phase === 'incremental' && status === 'waiting');
    expect([...(await target.contents()).keys()]).toEqual(['changed', 'deleted', 'kept']);

    await source.put('changed', 'second changed');
    await source.put('added', 'added');
    await source.remove('deleted');
    const { round } = await migration.get();
    await migration.until((view) => view.round >= round + 2 && view.status === 'waiting');
    expect(await target.contents()).toEqual(await source.contents());

    await migration.act('cutover', { sourceFrozen: true });
    const reversible = await migration.until(({ phase, status }) => phase === 'reversible' && status === 'waiting');
    expect(reversible.verification).toMatchObject({
      equal: true,
      sourceFrozen: true,
      sourceObjects: 3,
      targetObjects: 3,
      differenceCount: 0,
    });
    await migration.act('finalize');
    await migration.until(({ phase, status }) => phase === 'done' && status === 'succeeded');
  }, 120_000);

  it('copies what an object is at the end, when it is overwritten in the middle of its copy', async () => {
    await source.put('large', Buffer.alloc(48 * MIB, 'a'));
    const migration = await ApiMigration.create(platform, {
      source: source.inline(),
      target: target.inline(),
      spec: storageSpec({ limits: { bytesPerSecond: 12 * MIB, requestsPerSecond: 0, concurrency: 0 } }),
    });
    await migration.until(({ phase, status }) => phase === 'full' && status === 'running');
    await source.put('large', Buffer.alloc(48 * MIB, 'b'));
    await migration.call('PATCH', 'limits', { bytesPerSecond: 0 });
    await migration.until(({ phase, status }) => phase === 'done' && status === 'succeeded');
    expect(await target.contents()).toEqual(await source.contents());
    expect(await target.openUploads()).toEqual([]);
  }, 120_000);

  it('pauses within seconds, resumes, and leaves nothing behind when cancelled', async () => {
    for (let i = 0; i < 6; i += 1) await source.put(`part-${i}`, Buffer.alloc(24 * MIB, String(i)));
    const migration = await ApiMigration.create(platform, {
      source: source.inline(),
      target: target.inline(),
      spec: storageSpec({ limits: { bytesPerSecond: 4 * MIB, requestsPerSecond: 0, concurrency: 0 } }),
    });
    await migration.until(({ phase, status }) => phase === 'full' && status === 'running');
    await migration.act('pause');
    const paused = await migration.until(({ status }) => status === 'paused', 10_000);
    expect(paused.phase).toBe('full');
    await migration.act('resume');
    await migration.until(({ status }) => status === 'running', 10_000);
    await migration.act('cancel');
    await migration.until(({ status }) => status === 'cancelled', 30_000);
    expect(await target.openUploads()).toEqual([]);
  }, 120_000);

  it('stops before its first delete when a round would delete too much', async () => {
    for (let i = 0; i < 30; i += 1) await source.put(`object-${i}`, `${i}`);
    const migration = await ApiMigration.create(platform, {
      source: source.inline(),
      target: target.inline(),
      spec: storageSpec({ storage: { maxDeletes: 10 }, cutover: { mode: 'manual', finalize: 'manual' }, incrementalIntervalSeconds: 1 }),
    });
    await migration.until(({ phase, status }) => phase === 'incremental' && status === 'waiting');
    for (let i = 0; i < 20; i += 1) await source.remove(`object-${i}`);
    const failed = await waitForFailure(migration);
    expect(failed.error?.code).toBe('DELETE_LIMIT_EXCEEDED');
    expect((await target.keys()).length).toBe(30);
  }, 120_000);
});

async function waitForFailure(migration: ApiMigration): ReturnType<ApiMigration['get']> {
  return migration.until(({ status }) => status === 'failed');
}
