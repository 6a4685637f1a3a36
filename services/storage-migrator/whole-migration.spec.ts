import { mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Migrator } from './compose-migrator';
import { listPage } from './connectors/s3/object-listing';
import { S3Client } from './connectors/s3/s3-client';
import type { S3Location } from './connectors/s3/s3-address';
import type { Endpoint } from './domain/run';
import { MigratorRig } from './testkit/migrator-rig';

/** Longer than the margin of the clocks: what was changed before counts as older than its copy. */
const LONG_AGO = new Date(Date.now() - 3_600_000);

/** A file's change time is now, whatever its mtime says: waits until what is copied from here on counts as newer. */
async function untilCopiesAreNewer(rig: MigratorRig, source: Endpoint): Promise<void> {
  const { reader } = rig.open(source);
  let newest = 0;
  for await (const object of reader.list({}, new AbortController().signal)) newest = Math.max(newest, object.modifiedAtMs);
  await reader.close();
  while (Date.now() < newest + 3_100) await new Promise((resolve) => setTimeout(resolve, 50));
}

describe('a whole migration', () => {
  let rig: MigratorRig;
  let migrator: Migrator;
  beforeAll(async () => {
    rig = await MigratorRig.start();
    migrator = rig.process();
  });
  afterAll(() => rig.stop());

  it('carries a file tree to a bucket, follows its changes and proves the two equal', async () => {
    const { path, endpoint: source } = await rig.folder();
    await mkdir(join(path, 'deep/er'), { recursive: true });
    await mkdir(join(path, 'empty'));
    const files = { 'a.txt': 'a', 'deep/er/é～\u{1F600}.bin': 'x'.repeat(70_000), 'deep/ sp ace%2F+&': 'odd', zero: '' };
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(path, name), content);
      await utimes(join(path, name), LONG_AGO, LONG_AGO);
    }
    await symlink('a.txt', join(path, 'link'));
    const target = await rig.bucket('some/prefix/');
    const migration = rig.migration(source, target);

    expect((await rig.run(migrator, migration, 'prepare')).run).toMatchObject({ status: 'succeeded', error: null });
    const full = await rig.run(migrator, migration, 'full');
    expect(full.run).toMatchObject({ status: 'succeeded', error: null });
    while (!rig.released.has(full.run.runId)) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(full.ledger).toMatchObject({ copiedObjects: 5, skippedObjects: 1, quarantinedObjects: 0, deletedObjects: 0 });
    expect(await rig.contents(target)).toEqual({ ...files, 'empty/': '' });

    await writeFile(join(path, 'a.txt'), 'changed');
    await writeFile(join(path, 'new'), 'new');
    await rm(join(path, 'zero'));
    const round = await rig.run(migrator, migration, 'incremental');
    expect(round.run.error).toBeNull();
    expect(round.ledger).toMatchObject({ deletedObjects: 1 });

    const cutover = await rig.run(migrator, migration, 'cutover');
    expect(cutover.run.error).toBeNull();
    expect(cutover.run.verification).toMatchObject({
      equal: true,
      sourceFrozen: true,
      sourceObjects: 5,
      targetObjects: 5,
      differenceCount: 0,
    });
    expect(cutover.run.verification?.sourceRoot).toBe(cutover.run.verification?.targetRoot);
    const { zero: _zero, ...rest } = files;
    expect(await rig.contents(target)).toEqual({ ...rest, 'a.txt': 'changed', new: 'new', 'empty/': '' });
    expect(rig.ended.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded']);
  });

  it('carries a bucket to a bucket with its properties and leaves unchanged objects alone', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    const properties = {
      contentType: 'text/plain',
      cacheControl: 'no-cache',
      contentDisposition: 'attachment; filename="u.txt"',
      metadata: { owner: 'me', note: 'a note' },
      tags: { colour: 'blue', empty: '' },
    };
    const objects = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`k/${i}`, `content ${i}`]));
    await rig.put(source, objects, properties);
    await rig.put(source, { 'slash/': 'content under a slash', n: '1', 'n/b': '2' });
    const migration = rig.migration(source, target);
    expect((await rig.run(migrator, migration, 'full')).ledger.copiedObjects).toBe(63);
    const round = await rig.run(migrator, migration, 'incremental');
    expect(round.ledger).toMatchObject({ copiedObjects: 0, unchangedObjects: 63 });
    const cutover = await rig.run(migrator, migration, 'cutover');
    expect(cutover.run.verification).toMatchObject({ equal: true, differences: [] });
    expect(cutover.ledger).toMatchObject({ verifiedObjects: 63, differentObjects: 0 });
    const { reader } = rig.open(target);
    for await (const object of reader.list({ through: 'k/0' }, new AbortController().signal)) {
      expect(await reader.properties(object, new AbortController().signal)).toMatchObject(properties);
    }
    await reader.close();
  });

  it('applies filters to both sides', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, { 'a.txt': '1', 'b.log': '2', 'sub/c.txt': '3' });
    await rig.put(target, { 'old.log': 'kept', 'old.txt': 'deleted' });
    const migration = rig.migration(source, target, { include: ['*.txt'] });
    await rig.run(migrator, migration, 'incremental');
    const cutover = await rig.run(migrator, migration, 'cutover');
    expect(cutover.run.verification?.equal).toBe(true);
    expect(Object.keys(await rig.contents(target)).sort()).toEqual(['a.txt', 'old.log', 'sub/c.txt']);
  });

  it('stops before the first delete when a round would delete more than is allowed', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, { a: '1' });
    await rig.put(target, { x: '1', y: '2', z: '3' });
    const migration = rig.migration(source, target, { maxDeletes: 2 });
    const refused = await rig.run(migrator, migration, 'incremental');
    expect(refused.run).toMatchObject({ status: 'failed', error: { code: 'DELETE_LIMIT_EXCEEDED' } });
    expect(Object.keys(await rig.contents(target))).toEqual(['a', 'x', 'y', 'z']);
    migration.scope.maxDeletes = 3;
    expect((await rig.run(migrator, migration, 'incremental')).ledger.deletedObjects).toBe(3);
    expect(Object.keys(await rig.contents(target))).toEqual(['a']);
  });

  it('keeps extras where the policy says so, and proves the rest', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, { a: '1' });
    await rig.put(target, { extra: 'mine' });
    const cutover = await rig.run(migrator, rig.migration(source, target, { deletePolicy: 'keep' }), 'cutover');
    expect(cutover.ledger).toMatchObject({ keptExtraObjects: 1, deletedObjects: 0 });
    expect(cutover.run.verification).toMatchObject({ equal: true, sourceObjects: 1, targetObjects: 1 });
  });

  it('finds what was changed at the target behind its back, and repairs it when the cutover is run again', async () => {
    const [{ path, endpoint: source }, target] = [await rig.folder(), await rig.bucket()];
    for (const name of ['a', 'b', 'c']) {
      await writeFile(join(path, name), 'right');
      await utimes(join(path, name), LONG_AGO, LONG_AGO);
    }
    const migration = rig.migration(source, target);
    await untilCopiesAreNewer(rig, source);
    await rig.run(migrator, migration, 'full');
    await rig.put(target, { a: 'wrong' });
    await rig.put(target, { b: 'right' }, { metadata: { forged: 'yes' }, tags: {} });
    // Listings can't tell: the sizes are equal and the copies are newer.
    const first = await rig.run(migrator, migration, 'cutover');
    expect(first.ledger).toMatchObject({ unchangedObjects: 3, differentObjects: 2, verifiedObjects: 1 });
    expect(first.run).toMatchObject({ status: 'succeeded', verification: { equal: false, differenceCount: 2, waivedCount: 0 } });
    expect(first.run.verification?.differences).toEqual([
      { key: 'a', kind: 'content', detail: 'the bytes differ', waived: false },
      { key: 'b', kind: 'properties', detail: expect.stringContaining('meta:forged'), waived: false },
    ]);
    expect(first.run.verification?.sourceRoot).not.toBe(first.run.verification?.targetRoot);
    const second = await rig.run(migrator, migration, 'cutover');
    expect(second.run.verification).toMatchObject({ equal: true, differenceCount: 0 });
  });

  it.each(['prepare', 'full'] as const)('leaves no trial at the target when %s fails for the source', async (phase) => {
    const target = await rig.bucket();
    const { run } = await rig.run(migrator, rig.migration(rig.endpointOf('there-is-no-such-bucket'), target), phase);
    expect(run).toMatchObject({ status: 'failed', error: { code: 'STORAGE_BUCKET_NOT_FOUND' } });
    const { accessKeyId, secretAccessKey } = rig.s3;
    const raw = new S3Client(target.location as S3Location, { secret: async () => ({ kind: 's3', accessKeyId, secretAccessKey }) }, {});
    expect((await listPage(raw, { scratch: true }, new AbortController().signal)).objects).toEqual([]);
    await raw.close();
  });

  it('fails a run at once when the bucket is missing', async () => {
    const source = await rig.bucket();
    const migration = rig.migration(source, rig.endpointOf('there-is-no-such-bucket'));
    const { run } = await rig.run(migrator, migration, 'full');
    expect(run).toMatchObject({ status: 'failed', error: { code: 'STORAGE_BUCKET_NOT_FOUND', retryable: false } });
    expect(run.error?.hint).not.toBe('');
  });
});
