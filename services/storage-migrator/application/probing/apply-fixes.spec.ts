import { startS3, type S3Server } from '@smartant/test-servers';
import { openBucket } from '../../connectors/s3/fixtures/s3-harness';
import type { StorageScope } from '../../domain/run';
import { applyFixes } from './apply-fixes';
import { precheck } from './precheck';

const scope: StorageScope = {
  include: [],
  exclude: [],
  filesFrom: [],
  deletePolicy: 'keep',
  maxDeletes: 0,
  symlinks: 'skip',
  directoryMarkers: true,
  verify: 'content',
  quarantineCap: 0,
  partSizeBytes: 0,
};

describe('a bucket that the target lacks', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3('sample');
    await server.createBucket('source');
  });
  afterAll(() => server.stop());

  const ends = () => [openBucket(server, 'source'), openBucket(server, 'photos-new')] as const;
  const soon = () => AbortSignal.timeout(30_000);

  it('is offered to be made, is made when asked for, and then stands in the way no more', async () => {
    const [source, target] = ends();
    try {
      const { findings } = await precheck(source, target, scope, soon());
      const fix = { statements: ['CreateBucket photos-new'], isSafe: true, needsRestart: false };
      expect(findings).toContainEqual(expect.objectContaining({ code: 'STORAGE_BUCKET_NOT_FOUND', subject: 'target', fix }));
      expect((await applyFixes(source, target, scope, ['SOMETHING_ELSE'], soon())).applied).toEqual([]);

      const { applied, findings: after } = await applyFixes(source, target, scope, [], soon());
      expect(applied).toEqual([
        { code: 'STORAGE_BUCKET_NOT_FOUND', subject: 'target', statements: fix.statements, needsRestart: false, error: null },
      ]);
      expect(after.filter(({ severity }) => severity === 'blocker')).toEqual([]);
      await target.place!.make(soon());
    } finally {
      await Promise.all([source, target].map(({ reader }) => reader.close()));
    }
  });

  it('is not made at the source, where it would hide a wrong name', async () => {
    const [wrong, target] = [openBucket(server, 'sauce'), openBucket(server, 'source')];
    try {
      const { findings } = await precheck(wrong, target, scope, soon());
      expect(findings).toContainEqual(expect.objectContaining({ code: 'STORAGE_BUCKET_NOT_FOUND', subject: 'source' }));
      expect((await applyFixes(wrong, target, scope, [], soon())).applied).toEqual([]);
    } finally {
      await Promise.all([wrong, target].map(({ reader }) => reader.close()));
    }
  });
});
