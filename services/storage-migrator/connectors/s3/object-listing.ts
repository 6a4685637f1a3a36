import { compareUtf8, SmartantError } from '@smartant/kernel';
import type { KeyRange, ListedObject } from '@smartant/connectors';
import { parseListPage, type ListPage } from './list-page';
import type { RetryBudget } from './retry-policy';
import { isScratch } from './scratch-folder';
import type { S3Client } from './s3-client';

export const LIST_PAGE_SIZE = 1_000;

export interface PageRequest {
  /** Keys after this one; relative to the prefix. */
  after?: string;
  continuationToken?: string;
  maxKeys?: number;
  /** Added to the location's prefix. */
  under?: string;
  delimiter?: string;
  /** Scratch objects of trials too. */
  scratch?: boolean;
  budget?: RetryBudget;
}

export interface AnsweredPage extends ListPage {
  /** The last key of the page as the store cut it. */
  lastKey?: string;
  /** By the store's clock; by ours where it does not tell. Milliseconds since the epoch. */
  answeredAtMs: number;
}

/** One page of ListObjectsV2, with keys relative to the location's prefix. */
export async function listPage(client: S3Client, request: PageRequest, signal: AbortSignal): Promise<AnsweredPage> {
  const base = client.location.prefix;
  const query: Record<string, string> = { 'list-type': '2', 'encoding-type': 'url', 'max-keys': String(request.maxKeys ?? LIST_PAGE_SIZE) };
  const prefix = base + (request.under ?? '');
  if (prefix) query['prefix'] = prefix;
  if (request.delimiter) query['delimiter'] = request.delimiter;
  if (request.continuationToken) query['continuation-token'] = request.continuationToken;
  else if (request.after !== undefined && base + request.after !== '') query['start-after'] = base + request.after;
  const response = await client.send({ method: 'GET', query, operation: 'list objects', budget: request.budget }, signal);
  const page = parseListPage(response.body, base.length);
  const answeredAtMs = Date.parse(response.headers['date'] ?? '') || Date.now();
  const objects = request.scratch ? page.objects : page.objects.filter(({ key }) => !isScratch(key));
  return { ...page, objects, lastKey: page.objects.at(-1)?.key, answeredAtMs };
}

/**
 * All objects of a range in UTF-8 order. The next page is asked for while this one is used. Raises
 * STORAGE_ORDER_UNSUPPORTED when the store lists in another order: merging and resuming by key would lose objects.
 */
export async function* listRange(client: S3Client, range: KeyRange, signal: AbortSignal): AsyncGenerator<ListedObject> {
  let previous = range.after;
  let upcoming: Promise<AnsweredPage> | undefined = listPage(client, { after: range.after }, signal);
  while (upcoming) {
    const page: AnsweredPage = await upcoming;
    const last = page.lastKey;
    const beyond = range.through !== undefined && last !== undefined && compareUtf8(last, range.through) > 0;
    upcoming = page.truncated && !beyond ? prefetch(client, page, last, signal) : undefined;
    for (const object of page.objects) {
      if (!isUnordered(object, previous)) {
        if (object.key === previous) continue;
        previous = object.skip?.code === 'STORAGE_KEY_INVALID' ? previous : object.key;
        if (range.through !== undefined && compareUtf8(object.key, range.through) > 0) return;
        yield object;
      } else {
        throw orderUnsupported(previous ?? '', object.key);
      }
    }
  }
}

function prefetch(client: S3Client, page: AnsweredPage, last: string | undefined, signal: AbortSignal): Promise<AnsweredPage> {
  if (page.continuationToken === undefined && last === undefined) throw orderUnsupported('', '');
  const next = listPage(client, { continuationToken: page.continuationToken, after: last }, signal);
  // The consumer may never come for it.
  next.catch(() => undefined);
  return next;
}

function isUnordered(object: ListedObject, previous: string | undefined): boolean {
  return previous !== undefined && object.skip?.code !== 'STORAGE_KEY_INVALID' && compareUtf8(object.key, previous) < 0;
}

function orderUnsupported(previous: string, key: string): SmartantError {
  return new SmartantError('STORAGE_ORDER_UNSUPPORTED', 'The store does not list its keys in the order of their UTF-8 bytes.', {
    kind: 'precondition',
    actor: 'operator',
    hint: 'Directory buckets and some gateways do not keep S3’s order; migrate them as a file tree instead.',
    details: { previous, key },
  });
}
