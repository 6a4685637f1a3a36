import { describeIf, startS3, whyNoS3 } from '@smartant/test-servers';
import { openBucket } from '../../connectors/s3/fixtures/s3-harness';
import type { StorageScope } from '../../domain/run';
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

describeIf(whyNoS3('minio'), 'precheck on MinIO', () => {
  it('notes what every such server lacks, and warns of nothing', async () => {
    const server = await startS3('minio');
    await Promise.all(['source', 'target'].map((bucket) => server.createBucket(bucket)));
    const [source, target] = [openBucket(server, 'source'), openBucket(server, 'target')];
    try {
      await source.writer!.put('a', Buffer.from('1'), { metadata: {}, tags: {} }, { kind: 'any' }, AbortSignal.timeout(10_000));
      const { findings } = await precheck(source, target, scope, AbortSignal.timeout(30_000));
      expect(findings.map(({ severity, code }) => [severity, code])).toEqual([['note', 'TARGET_WITHOUT_SLASH_KEYS']]);
    } finally {
      await Promise.all([source, target].map(({ reader }) => reader.close()));
      await server.stop();
    }
  });
});
