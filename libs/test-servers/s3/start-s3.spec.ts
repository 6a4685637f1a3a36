import { spawnSync } from 'node:child_process';
import { describeIf } from '../describe-if';
import { startS3, whyNoS3, type S3Kind } from './start-s3';

const alive = (pid: number) => spawnSync('kill', ['-0', String(pid)]).status === 0;

for (const kind of ['sample', 'minio', 'versitygw', 's3rver'] satisfies S3Kind[]) {
  describeIf(whyNoS3(kind), `startS3(${kind})`, () => {
    it('starts, makes a bucket, and is gone after stop', async () => {
      const server = await startS3(kind);
      try {
        await server.createBucket('first');
        expect(alive(server.pid)).toBe(true);
      } finally {
        await server.stop();
      }
      expect(alive(server.pid)).toBe(false);
      await expect(fetch(server.serviceUrl)).rejects.toThrow();
    });
  });
}
