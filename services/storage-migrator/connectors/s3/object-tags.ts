import { createHash } from 'node:crypto';
import { SmartantError } from '@smartant/kernel';
import type { S3Requests } from './s3-client';
import { childrenOf, encodeEntities, parseXml, textOf } from './s3-xml';

type Tags = Record<string, string>;

/** The tags of an object; empty where the store has no tags at all. */
export async function getTags(client: S3Requests, key: string, signal: AbortSignal): Promise<Tags> {
  const response = await client.send({ method: 'GET', key, query: { tagging: '' }, operation: 'get object tags' }, signal);
  const sets = childrenOf(parseXml(response.body, 'Tagging'), 'TagSet');
  const tags = sets.flatMap((set) => childrenOf(set, 'Tag'));
  return Object.fromEntries(tags.map((tag) => [textOf(tag, 'Key') ?? '', textOf(tag, 'Value') ?? '']));
}

/**
 * False when the credentials are denied the tags. Amazon then leaves the count out of its answers as well, so that a tagged
 * object looks like one without tags. Any other failure says nothing about the permission, and is left to the copy.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (x-amz-tagging-count)
 */
export async function mayReadTags(client: S3Requests, key: string, signal: AbortSignal): Promise<boolean> {
  return getTags(client, key, signal).then(
    () => true,
    (error: unknown) => {
      if (signal.aborted) throw error;
      return !(error instanceof SmartantError) || error.code !== 'STORAGE_ACCESS_DENIED';
    },
  );
}

export async function putTags(client: S3Requests, key: string, tags: Tags, signal: AbortSignal): Promise<void> {
  const set = Object.entries(tags).map(
    ([name, value]) => `<Tag><Key>${encodeEntities(name)}</Key><Value>${encodeEntities(value)}</Value></Tag>`,
  );
  const body = Buffer.from(`<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet>${set.join('')}</TagSet></Tagging>`);
  const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
  await client.send(
    { method: 'PUT', key, query: { tagging: '' }, headers, body, changesObject: true as const, operation: 'put object tags' },
    signal,
  );
}

export function sameTags(a: Tags, b: Tags): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/**
 * Reads tags with as few requests as the store allows. Amazon, minio and versitygw tell the number of tags with each GET
 * and HEAD (`x-amz-tagging-count`); of others nothing is known until one such header was seen, so they are asked each time.
 */
export class TagReader {
  private counts: boolean;
  private absent = false;

  constructor(private readonly client: S3Requests) {
    this.counts = client.address.hostname.endsWith('.amazonaws.com');
  }

  async tagsOf(key: string, headers: Record<string, string>, signal: AbortSignal): Promise<Tags> {
    const count = headers['x-amz-tagging-count'];
    this.counts ||= count !== undefined || /^(minio|versitygw|amazons3)/i.test(headers['server'] ?? '');
    if (this.absent || (this.counts && !(Number(count ?? 0) > 0))) return {};
    try {
      return await getTags(this.client, key, signal);
    } catch (error) {
      if (!(error instanceof SmartantError) || !meansNoTags(error)) throw error;
      this.absent ||= error.code === 'STORAGE_UNSUPPORTED';
      return {};
    }
  }
}

function meansNoTags(error: SmartantError): boolean {
  return error.code === 'STORAGE_UNSUPPORTED' || ['NoSuchTagSet', 'NoSuchTagSetError'].includes(error.details['s3Code'] ?? '');
}
