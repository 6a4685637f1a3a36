import { createHash, randomUUID } from 'node:crypto';
import { checkKey, parseRange, propertiesOf, sizeOf, writeCondition } from './object-record.mjs';
import { checksumHeader, copyBytes, copySource, iso } from './object-writes.mjs';
import { readText, storeBody } from './request-body.mjs';
import { S3Error } from './s3-error.mjs';
import { element, innerOf, namespaced, textOf } from './xml.mjs';

const minPartBytes = 5 << 20;

export function createUpload({ request, bucket, bucketName, key }) {
  checkKey(key);
  const upload = { uploadId: randomUUID(), key, startedAtMs: Date.now(), parts: {}, ...propertiesOf(request.headers) };
  bucket.saveUpload(upload);
  return {
    xml: namespaced('InitiateMultipartUploadResult', [
      element('Bucket', bucketName),
      element('Key', key),
      element('UploadId', upload.uploadId),
    ]),
  };
}

function partNumberOf(params) {
  const number = Number(params.get('partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > 10_000)
    throw new S3Error('InvalidArgument', 'Part number must be between 1 and 10000.');
  return number;
}

/** Records a part in the place of an earlier one of its number. The upload may have ended while the body came in. */
function keepPart({ bucket, key, params }, number, body) {
  let upload;
  try {
    upload = bucket.upload(params.get('uploadId'), key);
  } catch (error) {
    bucket.discard(body.file);
    throw error;
  }
  const replaced = upload.parts[number];
  upload.parts[number] = { number, file: body.file, size: body.size, etag: body.md5, modifiedAtMs: Date.now(), checksum: body.checksum };
  bucket.saveUpload(upload);
  if (replaced) bucket.discard(replaced.file);
  return upload.parts[number];
}

export async function putPart(call) {
  const { request, bucket, key, params, verifyChunk } = call;
  const number = partNumberOf(params);
  bucket.upload(params.get('uploadId'), key);
  const part = keepPart(call, number, await storeBody(request, bucket.dataFolder, verifyChunk));
  return { headers: { etag: `"${part.etag}"`, ...checksumHeader(part.checksum) } };
}

export async function copyPart(call) {
  const { request, bucket, key, params } = call;
  const number = partNumberOf(params);
  bucket.upload(params.get('uploadId'), key);
  const source = copySource(call);
  const size = sizeOf(source.object);
  const range = parseRange(request.headers['x-amz-copy-source-range'], size) ?? { start: 0, end: size };
  const part = keepPart(call, number, await copyBytes(source, range, bucket));
  return { xml: namespaced('CopyPartResult', [element('LastModified', iso(part.modifiedAtMs)), element('ETag', `"${part.etag}"`)]) };
}

const inOrder = (parts) => Object.values(parts).sort((a, b) => a.number - b.number);

export function listParts({ bucket, bucketName, key, params }) {
  const upload = bucket.upload(params.get('uploadId'), key);
  const after = Number(params.get('part-number-marker') ?? 0);
  const most = Math.min(Number(params.get('max-parts') ?? 1000), 1000);
  const rest = inOrder(upload.parts).filter((part) => part.number > after);
  const page = rest.slice(0, most);
  const truncated = rest.length > page.length;
  return {
    xml: namespaced('ListPartsResult', [
      element('Bucket', bucketName),
      element('Key', key),
      element('UploadId', upload.uploadId),
      element('PartNumberMarker', after),
      truncated ? element('NextPartNumberMarker', page.at(-1).number) : null,
      element('MaxParts', most),
      element('IsTruncated', truncated),
      ...page.map((part) =>
        element('Part', [
          element('PartNumber', part.number),
          element('LastModified', iso(part.modifiedAtMs)),
          element('ETag', `"${part.etag}"`),
          element('Size', part.size),
          part.checksum ? element(`Checksum${part.checksum.algorithm.toUpperCase()}`, part.checksum.value) : null,
        ]),
      ),
    ]),
  };
}

/** The stored parts a completion names, in its order, each checked against its etag. */
function namedParts(upload, xml) {
  const named = innerOf(xml, 'Part').map((part) => ({
    number: Number(textOf(part, 'PartNumber')),
    etag: (textOf(part, 'ETag') ?? '').replace(/^"|"$/g, ''),
  }));
  if (named.length === 0) throw new S3Error('MalformedXML', 'You must name at least one part.');
  if (named.some(({ number }, index) => index > 0 && number <= named[index - 1].number)) {
    throw new S3Error('InvalidPartOrder', 'The parts are not in ascending order.');
  }
  return named.map(({ number, etag }, index) => {
    const part = upload.parts[number];
    if (!part || part.etag !== etag) throw new S3Error('InvalidPart', `Part ${number} was not found, or its etag does not match.`);
    if (index < named.length - 1 && part.size < minPartBytes) throw new S3Error('EntityTooSmall', `Part ${number} is smaller than 5 MiB.`);
    return part;
  });
}

export async function completeUpload({ request, bucket, bucketName, key, params, verifyChunk }) {
  const uploadId = params.get('uploadId');
  bucket.upload(uploadId, key);
  const xml = await readText(request, verifyChunk);
  const upload = bucket.upload(uploadId, key);
  const parts = namedParts(upload, xml);
  const digest = createHash('md5').update(Buffer.concat(parts.map((part) => Buffer.from(part.etag, 'hex'))));
  const { content, metadata, tags } = upload;
  const object = {
    key,
    etag: `${digest.digest('hex')}-${parts.length}`,
    modifiedAtMs: Date.now(),
    files: parts.map(({ file, size }) => ({ file, size })),
    content,
    metadata,
    tags,
  };
  bucket.put(object, writeCondition(request));
  bucket.endUpload(upload, new Set(object.files.map(({ file }) => file)));
  return {
    xml: namespaced('CompleteMultipartUploadResult', [
      element('Bucket', bucketName),
      element('Key', key),
      element('ETag', `"${object.etag}"`),
    ]),
  };
}

export function abortUpload({ bucket, key, params }) {
  bucket.endUpload(bucket.upload(params.get('uploadId'), key));
  return { status: 204 };
}

export function listUploads({ bucket, bucketName, params }) {
  const prefix = params.get('prefix') ?? '';
  const uploads = bucket.uploads().filter((upload) => upload.key.startsWith(prefix));
  return {
    xml: namespaced('ListMultipartUploadsResult', [
      element('Bucket', bucketName),
      element('Prefix', prefix),
      element('IsTruncated', false),
      ...uploads.map((upload) =>
        element('Upload', [
          element('Key', upload.key),
          element('UploadId', upload.uploadId),
          element('Initiated', iso(upload.startedAtMs)),
        ]),
      ),
    ]),
  };
}
