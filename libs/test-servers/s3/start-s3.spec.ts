import { spawnSync } from 'node:child_process';
import { s3Missing, startS3, type S3Kind } from './start-s3';

const alive = (pid: number) => spawnSync('kill', ['-0', String(pid)]).status === 0;

describe.each<S3Kind>(['sample', 'minio', 'versitygw', 's3rver'])('startS3(%s)', (kind) => {
  const missing = s3Missing(kind);
  (missing ? it.skip : it)(`starts, makes a bucket, and is gone after stop${missing ? ` (${missing})` : ''}`, async () => {
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
