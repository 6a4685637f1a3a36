// Two minio servers, their buckets, and a comparison of what they hold that uses none of the product's code.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { freePort, waitFor } from './processes.mjs';

/** Frozen: the SDK would write into it. */
export const credentials = Object.freeze({ accessKeyId: 'benchmark', secretAccessKey: 'benchmark-secret' });

export async function startMinio(binary, folder) {
  const port = await freePort();
  const child = spawn(binary, ['server', join(folder), '--address', `127.0.0.1:${port}`, '--quiet'], {
    stdio: 'ignore',
    env: {
      ...process.env,
      MINIO_ROOT_USER: credentials.accessKeyId,
      MINIO_ROOT_PASSWORD: credentials.secretAccessKey,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
      MINIO_CI_CD: 'on',
    },
  });
  const url = `http://127.0.0.1:${port}`;
  await waitFor('minio', async () => (await fetch(`${url}/minio/health/ready`)).ok, 30_000);
  const client = new S3Client({
    endpoint: url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { ...credentials },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  return { child, url, client };
}

export const createBucket = (store, bucket) => store.client.send(new CreateBucketCommand({ Bucket: bucket }));

async function inParallel(items, work, width = 16) {
  const waiting = [...items];
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await work(item);
    }),
  );
}

/** `count` objects of `size` bytes, all different, with metadata. */
export async function fillBucket(store, bucket, { count, size }) {
  await inParallel(
    Array.from({ length: count }, (_, index) => index),
    async (index) => {
      const body = Buffer.alloc(size, createHash('sha256').update(String(index)).digest());
      const key = `data/${index % 37}/object-${String(index).padStart(6, '0')}`;
      await store.client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: body,
          ContentType: 'application/x-benchmark',
          Metadata: { index: String(index) },
        }),
      );
    },
    size > 1 << 20 ? 4 : 16,
  );
}

async function keysOf(store, bucket) {
  const keys = [];
  for (let token; ;) {
    const page = await store.client.send(new ListObjectsV2Command({ Bucket: bucket, ContinuationToken: token }));
    keys.push(...(page.Contents ?? []).map(({ Key }) => Key));
    if (!page.IsTruncated) return keys;
    token = page.NextContinuationToken;
  }
}

async function digestOf(store, bucket, key) {
  const object = await store.client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const hash = createHash('sha256');
  for await (const chunk of object.Body) hash.update(chunk);
  return `${hash.digest('hex')} ${object.ContentType} ${object.Metadata?.index}`;
}

/** Names the objects that differ: content, type or metadata. */
export async function differencesOf(source, sourceBucket, target, targetBucket) {
  const [here, there] = [await keysOf(source, sourceBucket), new Set(await keysOf(target, targetBucket))];
  const differences = [...there].filter((key) => !here.includes(key)).map((key) => `${key}: only at the target`);
  await inParallel(here, async (key) => {
    if (!there.has(key)) return void differences.push(`${key}: missing`);
    const [expected, found] = await Promise.all([digestOf(source, sourceBucket, key), digestOf(target, targetBucket, key)]);
    if (expected !== found) differences.push(`${key}: ${expected} became ${found}`);
  });
  return differences;
}
