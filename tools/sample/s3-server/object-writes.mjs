import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { checkKey, checkReadCondition, checkedTags, propertiesOf, sizeOf, writeCondition } from './object-record.mjs';
import { readRange } from './object-reads.mjs';
import { readText, storeBody } from './request-body.mjs';
import { S3Error } from './s3-error.mjs';
import { element, innerOf, namespaced, textOf } from './xml.mjs';

export const iso = (ms) => new Date(ms).toISOString();

/** Puts a record; where it is refused, its fresh data file goes. */
function commit(bucket, object, condition) {
  try {
    bucket.put(object, condition);
  } catch (error) {
    for (const { file } of object.files) bucket.discard(file);
    throw error;
  }
}

export async function putObject({ request, bucket, key, verifyChunk }) {
  checkKey(key);
  const properties = propertiesOf(request.headers);
  const body = await storeBody(request, bucket.dataFolder, verifyChunk);
  const object = {
    key,
    etag: body.md5,
    modifiedAtMs: Date.now(),
    files: [{ file: body.file, size: body.size }],
    checksum: body.checksum,
    ...properties,
  };
  commit(bucket, object, writeCondition(request));
  return { headers: { etag: `"${object.etag}"`, ...checksumHeader(body.checksum) } };
}

export const checksumHeader = (checksum) => (checksum ? { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value } : {});

/** The object that `x-amz-copy-source` names, its own conditions checked. */
export function copySource({ request, buckets }) {
  const path = decodeURIComponent(request.headers['x-amz-copy-source'].split('?')[0]).replace(/^\//, '');
  const slash = path.indexOf('/');
  if (slash <= 0) throw new S3Error('InvalidArgument', 'x-amz-copy-source must be bucket/key.');
  const bucket = buckets.get(path.slice(0, slash));
  const object = bucket.get(path.slice(slash + 1));
  checkReadCondition(request.headers, object, 'x-amz-copy-source-');
  return { bucket, object };
}

/** Copies a range of stored bytes into a new data file of `target`. */
export async function copyBytes(source, range, target) {
  const file = randomUUID();
  const md5 = createHash('md5');
  async function* digested(parts) {
    for await (const part of parts) {
      md5.update(part);
      yield part;
    }
  }
  await pipeline(
    digested(readRange(source.bucket, source.object, range)),
    createWriteStream(join(target.dataFolder, file), { flags: 'wx' }),
  );
  return { file, size: range.end - range.start, md5: md5.digest('hex') };
}

export async function copyObject(call) {
  const { request, bucket, key } = call;
  checkKey(key);
  const source = copySource(call);
  const fresh = propertiesOf(request.headers);
  const { content, metadata, tags } = source.object;
  const properties = {
    ...(request.headers['x-amz-metadata-directive'] === 'REPLACE' ? fresh : { content, metadata }),
    tags: request.headers['x-amz-tagging-directive'] === 'REPLACE' ? fresh.tags : tags,
  };
  const body = await copyBytes(source, { start: 0, end: sizeOf(source.object) }, bucket);
  const object = { key, etag: body.md5, modifiedAtMs: Date.now(), files: [{ file: body.file, size: body.size }], ...properties };
  commit(bucket, object, writeCondition(request));
  return { xml: namespaced('CopyObjectResult', [element('LastModified', iso(object.modifiedAtMs)), element('ETag', `"${object.etag}"`)]) };
}

export function deleteObject({ request, bucket, key }) {
  bucket.delete(key, writeCondition(request));
  return { status: 204 };
}

export async function deleteObjects({ request, bucket, verifyChunk }) {
  const xml = await readText(request, verifyChunk);
  const keys = innerOf(xml, 'Object').map((object) => textOf(object, 'Key'));
  if (keys.length === 0 || keys.length > 1000 || keys.includes(undefined))
    throw new S3Error('MalformedXML', 'The XML you provided names no keys, or too many.');
  for (const key of keys) bucket.delete(key);
  const quiet = textOf(xml, 'Quiet') === 'true';
  return { xml: namespaced('DeleteResult', quiet ? [] : keys.map((key) => element('Deleted', [element('Key', key)]))) };
}

export async function putTagging({ request, bucket, key, verifyChunk }) {
  const xml = await readText(request, verifyChunk);
  const pairs = innerOf(xml, 'Tag').map((tag) => [textOf(tag, 'Key') ?? '', textOf(tag, 'Value') ?? '']);
  bucket.put({ ...bucket.get(key), tags: checkedTags(pairs) });
  return {};
}

export function deleteTagging({ bucket, key }) {
  bucket.put({ ...bucket.get(key), tags: {} });
  return { status: 204 };
}
