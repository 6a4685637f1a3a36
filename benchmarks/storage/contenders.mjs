// Who copies: each takes (source, sourceBucket, target, targetBucket) and resolves with seconds, CPU seconds, peak MiB.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpuSeconds, measure, peakMiB, waitFor } from './processes.mjs';
import { credentials } from './stores.mjs';

function rcloneRemote(name, store) {
  const prefix = `RCLONE_CONFIG_${name}`;
  return {
    [`${prefix}_TYPE`]: 's3',
    [`${prefix}_PROVIDER`]: 'Minio',
    [`${prefix}_ENDPOINT`]: store.url,
    [`${prefix}_ACCESS_KEY_ID`]: credentials.accessKeyId,
    [`${prefix}_SECRET_ACCESS_KEY`]: credentials.secretAccessKey,
    [`${prefix}_REGION`]: 'us-east-1',
  };
}

/** rclone with the flags that served it best here: many small transfers, or few large ones in parts. */
export const rclone =
  (binary) =>
  async ({ source, sourceBucket, target, targetBucket, large }) => {
    const flags = large
      ? ['--transfers', '4', '--s3-upload-concurrency', '4', '--s3-chunk-size', '16M']
      : ['--transfers', '32', '--checkers', '32', '--no-traverse', '--s3-no-head'];
    const result = await measure(
      binary,
      ['copy', `SRC:${sourceBucket}`, `DST:${targetBucket}`, '--config', '/dev/null', '--metadata', '--s3-no-check-bucket', ...flags],
      { ...rcloneRemote('SRC', source), ...rcloneRemote('DST', target) },
    );
    if (result.status !== 0) throw new Error(`rclone: ${result.output}`);
    return result;
  };

export const mcMirror =
  (binary, configFolder) =>
  async ({ source, sourceBucket, target, targetBucket }) => {
    const host = (url) => url.replace('http://', `http://${credentials.accessKeyId}:${credentials.secretAccessKey}@`);
    const result = await measure(
      binary,
      ['--config-dir', configFolder, 'mirror', '--quiet', '--preserve', `src/${sourceBucket}`, `dst/${targetBucket}`],
      {
        MC_HOST_src: host(source.url),
        MC_HOST_dst: host(target.url),
      },
    );
    if (result.status !== 0) throw new Error(`mc: ${result.output}`);
    return result;
  };

/** The embedded platform: from the request to the end of the full copy, and what all its client-side processes cost in that time. */
export const smartant =
  (platform) =>
  async ({ source, sourceBucket, target, targetBucket }) => {
    const pids = JSON.parse(readFileSync(join(platform.dataFolder, 'run', 'processes.json'), 'utf8'));
    const pidOf = (name) => pids.find((entry) => entry.name === name)?.pid;
    const names = ['scheduler', 'storage-migrator'];
    const cpu = () => names.map((name) => cpuSeconds(pidOf(name)));
    const before = cpu();
    const databaseBefore = databaseCpu(pidOf('postgres'));
    const startedMs = performance.now();
    const endpoint = (store, bucket) => ({
      location: { kind: 's3', serviceUrl: store.url, region: 'us-east-1', bucket, prefix: '', addressing: 'path' },
      secret: { kind: 's3', ...credentials },
    });
    const created = await platform.api('POST', '/v1/workspaces/default/migrations', {
      source: endpoint(source, sourceBucket),
      target: endpoint(target, targetBucket),
      spec: {
        kind: 'storage',
        storage: {},
        cutover: { mode: 'manual', sourceFrozen: false, finalize: 'manual' },
        incrementalIntervalSeconds: 3600,
      },
    });
    const path = `/v1/workspaces/default/migrations/${created.id}`;
    let last;
    await waitFor(
      'the full copy',
      async () => {
        last = await platform.api('GET', path);
        if (last.status === 'failed') throw Object.assign(new Error(JSON.stringify(last.error)), { fatal: true });
        return last.timings.some(({ phase, outcome }) => phase === 'full' && outcome === 'succeeded');
      },
      600_000,
    );
    const wallSeconds = (performance.now() - startedMs) / 1000;
    const after = cpu();
    const full = last.timings.find(({ phase }) => phase === 'full');
    await platform.api('POST', `${path}/cancel`, {});
    return {
      seconds: wallSeconds,
      fullSeconds: (Date.parse(full.finishedAt) - Date.parse(full.startedAt)) / 1000,
      cpuSeconds: after.reduce((sum, value, index) => sum + value - before[index], 0),
      databaseCpuSeconds: databaseCpu(pidOf('postgres')) - databaseBefore,
      peakMiB: peakMiB(pidOf('storage-migrator')),
    };
  };

/** CPU of the database server and its backends, as far as they are children of the postmaster. */
function databaseCpu(postmaster) {
  const path = `/proc/${postmaster}/task/${postmaster}/children`;
  const children = existsSync(path) ? readFileSync(path, 'utf8').trim().split(/\s+/).filter(Boolean) : [];
  return [postmaster, ...children].reduce((sum, pid) => sum + cpuSeconds(pid), 0);
}
