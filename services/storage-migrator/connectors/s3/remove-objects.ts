import { createHash } from 'node:crypto';
import { SmartantError } from '@smartant/kernel';
import type { S3Requests } from './s3-client';
import { failedOnTheWay, refusalError } from './s3-errors';
import { childrenOf, encodeEntities, fitsXml, parseXml, textOf } from './s3-xml';

export interface RemovalFailure {
  key: string;
  code: string;
  message: string;
}

const BATCH = 1_000;
const SINGLES_AT_ONCE = 8;
const NONE: ReadonlyMap<string, string> = new Map();

/**
 * Deletes by the thousand where the store and the names allow it, else one by one. What is gone already counts as deleted.
 * What has an etag in `etags` goes alone: stores that honour If-Match on DELETE do not all honour an etag in a batch.
 */
export async function removeObjects(
  client: S3Requests,
  keys: string[],
  signal: AbortSignal,
  etags: ReadonlyMap<string, string> = NONE,
): Promise<RemovalFailure[]> {
  const failures: RemovalFailure[] = [];
  const distinct = [...new Set(keys)];
  const single = distinct.filter((key) => etags.has(key) || !fitsBatch(key));
  const many = distinct.filter((key) => !etags.has(key) && fitsBatch(key));
  for (let start = 0; start < many.length; start += BATCH) {
    const batch = many.slice(start, start + BATCH);
    const failed = batch.length === 1 ? undefined : await removeBatch(client, batch, signal);
    if (failed === undefined) single.push(...batch);
    else failures.push(...failed);
  }
  for (let start = 0; start < single.length; start += SINGLES_AT_ONCE) {
    const some = single.slice(start, start + SINGLES_AT_ONCE);
    const results = await Promise.all(some.map((key) => removeOne(client, key, etags.get(key), signal)));
    failures.push(...results.filter((failure) => failure !== undefined));
  }
  return failures;
}

/**
 * False for names that XML cannot carry, and for those that change when cleaned as paths: minio locks cleaned names, so that
 * "a//b" and "a/./b" in one request wait for each other for ever.
 */
function fitsBatch(key: string): boolean {
  return fitsXml(key) && !/(^|\/)\.{0,2}\//.test(key) && !/(^|\/)\.{1,2}$/.test(key);
}

/** Undefined when the store does not offer deleting many. */
async function removeBatch(client: S3Requests, keys: string[], signal: AbortSignal): Promise<RemovalFailure[] | undefined> {
  const prefix = client.location.prefix;
  const elements = keys.map((key) => `<Object><Key>${encodeEntities(prefix + key)}</Key></Object>`).join('');
  const body = Buffer.from(`<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>${elements}</Delete>`);
  // Every store takes the MD5 here; the newer checksums only some.
  const headers = { 'content-md5': createHash('md5').update(body).digest('base64'), 'content-type': 'application/xml' };
  try {
    const response = await client.send(
      { method: 'POST', query: { delete: '' }, headers, body, changesObject: true as const, operation: 'delete objects' },
      signal,
    );
    if (response.body.length === 0) return [];
    return childrenOf(parseXml(response.body, 'DeleteResult'), 'Error')
      .map((error) => {
        const s3Code = textOf(error, 'Code');
        const failure = refusalError({
          status: 400,
          s3Code,
          message: textOf(error, 'Message'),
          operation: 'delete objects',
          namesObject: true,
        });
        return { key: (textOf(error, 'Key') ?? '').slice(prefix.length), code: failure.code, message: failure.message };
      })
      .filter((failure) => failure.code !== 'STORAGE_OBJECT_NOT_FOUND');
  } catch (error) {
    if (error instanceof SmartantError && ['STORAGE_UNSUPPORTED', 'STORAGE_REJECTED'].includes(error.code)) return undefined;
    throw error;
  }
}

async function removeOne(
  client: S3Requests,
  key: string,
  etag: string | undefined,
  signal: AbortSignal,
): Promise<RemovalFailure | undefined> {
  const headers: Record<string, string> = etag === undefined ? {} : { 'if-match': `"${etag}"` };
  try {
    await client.send(
      { method: 'DELETE', key: client.location.prefix + key, headers, changesObject: true as const, operation: 'delete an object' },
      signal,
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof SmartantError) || error.kind === 'cancelled' || isBroad(error)) throw error;
    return error.code === 'STORAGE_OBJECT_NOT_FOUND' ? undefined : { key, code: error.code, message: error.message };
  }
}

const BROAD_FAILURES = new Set(['STORAGE_UNREACHABLE', 'STORAGE_CREDENTIALS_INVALID', 'STORAGE_BUCKET_NOT_FOUND']);

/** Not about one key: the next would fail alike. */
function isBroad(error: SmartantError): boolean {
  return BROAD_FAILURES.has(error.code) || failedOnTheWay(error);
}
