import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';

export const sampleClient = ({ url, accessKey, secretKey }) =>
  new S3Client({
    endpoint: url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });

/** Every key a tree should have in a bucket, with its size: regular files, and empty folders as keys that end in "/". */
export function walkTree(root) {
  const found = new Map();
  const walk = (folder) => {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    if (entries.length === 0 && folder !== '') found.set(`${folder}/`, 0);
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) found.set(path, statSync(join(root, path)).size);
    }
  };
  walk('');
  return found;
}

export async function listBucket(client, bucket) {
  const found = new Map();
  for (let token; ;) {
    const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, EncodingType: 'url', ContinuationToken: token }));
    for (const object of page.Contents ?? []) found.set(decodeURIComponent(object.Key), object.Size);
    if (!page.IsTruncated) return found;
    token = page.NextContinuationToken;
  }
}

async function hashOf(stream) {
  const hash = createHash('sha256');
  await pipeline(stream, hash);
  return hash.digest('hex');
}

/**
 * Compares a tree and a bucket byte for byte, with nothing of the product in between: names, sizes and content.
 * Resolves with what was compared and every difference found.
 */
export async function compareTreeWithBucket({ root, client, bucket, concurrency = 8, onProgress }) {
  const [source, target] = [walkTree(root), await listBucket(client, bucket)];
  const differences = [];
  for (const key of target.keys()) if (!source.has(key)) differences.push({ key, kind: 'only at the target' });
  let bytes = 0;
  let objects = 0;
  const waiting = [...source];
  const work = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [key, size] = next;
      const kind = await differenceOf({ root, client, bucket, key, size, targetSize: target.get(key) });
      if (kind) differences.push({ key, kind });
      objects += 1;
      bytes += size;
      onProgress?.({ objects, bytes });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return { objects, bytes, differences };
}

async function differenceOf({ root, client, bucket, key, size, targetSize }) {
  if (targetSize === undefined) return 'missing at the target';
  if (targetSize !== size) return `size ${size} at the source, ${targetSize} at the target`;
  if (key.endsWith('/')) return undefined;
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const [here, there] = await Promise.all([hashOf(createReadStream(join(root, key), { highWaterMark: 1 << 20 })), hashOf(Body)]);
  return here === there ? undefined : 'other content';
}
