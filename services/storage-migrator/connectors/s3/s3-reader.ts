import { SmartantError } from '@smartant/kernel';
import type { BrowsePage, ByteRange, KeyRange, ListedObject, ObjectProperties, ProbeResult, StorageReader } from '@smartant/connectors';
import { browseS3 } from './browse-s3';
import { crc32Base64 } from './crc32';
import { findSplit } from './find-split';
import { listRange } from './object-listing';
import { propertiesFromHeaders } from './object-properties';
import { mayReadTags, TagReader } from './object-tags';
import { probeS3 } from './probe-s3';
import type { S3Client, S3Response } from './s3-client';
import type { S3Control } from './s3-control';
import { holdsObject } from './store-marker';

/** Reads a bucket, or what is under a prefix of it. */
export class S3Reader implements StorageReader {
  private readonly tags: TagReader;

  constructor(
    private readonly client: S3Client,
    private readonly control: S3Control,
  ) {
    this.tags = new TagReader(client);
  }

  list(range: KeyRange, signal: AbortSignal): AsyncIterable<ListedObject> {
    return listRange(this.client, range, signal);
  }

  async properties(object: ListedObject, signal: AbortSignal): Promise<ObjectProperties> {
    const response = await this.ask('HEAD', object, {}, 0, signal);
    assertSameVersion(object, response);
    return this.propertiesOf(object, response, signal);
  }

  async read(object: ListedObject, signal: AbortSignal): Promise<{ bytes: Buffer; properties: ObjectProperties }> {
    const response = await this.ask('GET', object, { 'x-amz-checksum-mode': 'ENABLED' }, object.size, signal);
    assertSameVersion(object, response);
    if (response.body.length !== object.size) throw sourceChanged(object, 'its size is another');
    verifyChecksum(response);
    return { bytes: response.body, properties: await this.propertiesOf(object, response, signal) };
  }

  async readRange(object: ListedObject, range: ByteRange, signal: AbortSignal, into?: Buffer): Promise<Buffer> {
    const length = range.end - range.start;
    if (length <= 0) return Buffer.alloc(0);
    const response = await this.ask('GET', object, { range: `bytes=${range.start}-${range.end - 1}` }, length, signal, into);
    assertSameVersion(object, response);
    const whole = range.start === 0 && range.end === object.size;
    if (response.body.length !== length || (response.status !== 206 && !whole)) throw sourceChanged(object, 'it is shorter than listed');
    return response.body;
  }

  findSplit(range: KeyRange, signal: AbortSignal): Promise<string | null> {
    return findSplit(this.client, range, signal);
  }

  holds(key: string, signal: AbortSignal): Promise<boolean> {
    return holdsObject(this.client, key, signal);
  }

  mayReadTags(object: ListedObject, signal: AbortSignal): Promise<boolean> {
    return mayReadTags(this.client, this.client.location.prefix + object.key, signal);
  }

  browse(path: string, pageSize: number, pageToken: string | undefined, signal: AbortSignal): Promise<BrowsePage> {
    return browseS3(this.client, this.control, { path, pageSize, pageToken }, signal);
  }

  probe(signal: AbortSignal): Promise<ProbeResult> {
    return probeS3(this.client, this.control, signal);
  }

  async close(): Promise<void> {
    this.control.close();
    await this.client.close();
  }

  private async ask(
    method: 'GET' | 'HEAD',
    object: ListedObject,
    extra: Record<string, string>,
    maxBytes: number,
    signal: AbortSignal,
    into?: Buffer,
  ): Promise<S3Response> {
    const headers = object.etag === undefined ? extra : { ...extra, 'if-match': `"${object.etag}"` };
    const key = this.client.location.prefix + object.key;
    try {
      return await this.client.send(
        { method, key, headers, maxBytes, into, operation: method === 'GET' ? 'get an object' : 'look at an object' },
        signal,
      );
    } catch (error) {
      throw asSourceChange(object, error);
    }
  }

  private async propertiesOf(object: ListedObject, response: S3Response, signal: AbortSignal): Promise<ObjectProperties> {
    const properties = propertiesFromHeaders(response.headers);
    properties.tags = await this.tags.tagsOf(this.client.location.prefix + object.key, response.headers, signal).catch((error: unknown) => {
      throw asSourceChange(object, error);
    });
    return properties;
  }
}

const CHANGED = new Set(['STORAGE_OBJECT_NOT_FOUND', 'STORAGE_PRECONDITION_FAILED', 'STORAGE_ANSWER_TOO_LONG']);

function asSourceChange(object: ListedObject, error: unknown): unknown {
  if (!(error instanceof SmartantError)) return error;
  // 416: it has become shorter than the range.
  if (!CHANGED.has(error.code) && error.details['status'] !== '416') return error;
  return sourceChanged(object, error.code === 'STORAGE_OBJECT_NOT_FOUND' ? 'it is gone' : 'it was replaced', error);
}

/** Some stores ignore If-Match on reads, and none matches it against metadata: so the answer is compared as well. */
function assertSameVersion(object: ListedObject, response: S3Response): void {
  const etag = response.headers['etag']?.replace(/^W\//, '').replaceAll('"', '');
  if (object.etag !== undefined && etag !== undefined && etag !== object.etag) throw sourceChanged(object, 'it was replaced');
  const modifiedAtMs = Date.parse(response.headers['last-modified'] ?? '');
  // Listings tell milliseconds, headers whole seconds.
  if (modifiedAtMs >= object.modifiedAtMs + 1_000) throw sourceChanged(object, 'it was written again');
}

/** Compares the bytes with the CRC32 that the store keeps of the whole object, where it told one. */
function verifyChecksum(response: S3Response): void {
  const expected = response.headers['x-amz-checksum-crc32'];
  const partial = response.headers['x-amz-checksum-type'] === 'COMPOSITE' || expected?.includes('-');
  if (!expected || partial || expected === crc32Base64(response.body)) return;
  throw new SmartantError('STORAGE_CHECKSUM_MISMATCH', 'The bytes that arrived are not those whose checksum the store keeps.', {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    hint: 'If it goes on, the object is damaged in the store.',
  });
}

function sourceChanged(object: ListedObject, how: string, cause?: unknown): SmartantError {
  return new SmartantError('STORAGE_SOURCE_CHANGED', `The object changed after it was listed: ${how}.`, {
    kind: 'conflict',
    hint: 'The next round copies it as it is then.',
    details: { size: String(object.size) },
    cause,
  });
}
