import { startS3, type S3Kind, type S3Server } from '@smartant/test-servers';
import type { StorageHarness } from '@smartant/connector-testkit';
import type { OpenStorageOptions, StorageConnector } from '@smartant/connectors';
import { openStorage } from '../connectors';
import type { S3Location } from './s3-address';

const never = new AbortController().signal;

/** Opens a bucket of a test server. */
export function openBucket(server: S3Server, bucket: string, options: Partial<OpenStorageOptions> = {}, location: Partial<S3Location> = {}): StorageConnector {
  return openStorage(
    { kind: 's3', serviceUrl: server.serviceUrl, region: server.region, bucket, prefix: '', addressing: 'path', ...location },
    { secret: async () => ({ kind: 's3', accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey }), ...options },
  );
}

/** A bucket, or a prefix of one, of a real server of its own. */
export async function s3Harness(kind: S3Kind, prefix = ''): Promise<StorageHarness> {
  const server = await startS3(kind);
  await server.createBucket('contract');
  const open = (options: Partial<OpenStorageOptions> = {}) => openBucket(server, 'contract', options, { prefix });
  const seeder = open();
  const wrongSecret = { secret: async () => ({ kind: 's3' as const, accessKeyId: server.accessKeyId, secretAccessKey: 'wrong-secret-key' }) };
  return {
    open,
    seed: async (objects) => {
      for (let start = 0; start < objects.length; start += 16) {
        await Promise.all(
          objects.slice(start, start + 16).map(({ key, bytes, properties }) => seeder.writer!.put(key, bytes, { metadata: {}, tags: {}, ...properties }, { kind: 'any' }, never)),
        );
      }
    },
    remove: async (keys) => {
      const failures = await seeder.writer!.remove(keys, never);
      if (failures.length > 0) throw new Error(JSON.stringify(failures));
    },
    broken: {
      STORAGE_BUCKET_NOT_FOUND: () => openBucket(server, 'no-such-bucket'),
      STORAGE_CREDENTIALS_INVALID: () => openBucket(server, 'contract', wrongSecret),
      STORAGE_UNREACHABLE: () => openBucket(server, 'contract', {}, { serviceUrl: 'http://127.0.0.1:9' }),
    },
    close: async () => {
      await seeder.reader.close();
      await server.stop();
    },
  };
}
