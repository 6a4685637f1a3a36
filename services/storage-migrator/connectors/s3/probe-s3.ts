import { hash } from 'node:crypto';
import { SmartantError } from '@smartant/kernel';
import type { ListedObject, ProbeResult, StorageAbility } from '@smartant/connectors';
import { listPage } from './object-listing';
import { getTags } from './object-tags';
import { BRIEF } from './retry-policy';
import type { S3Client } from './s3-client';
import type { S3Control } from './s3-control';

/** An object up to this size is read whole to see whether its etag is the MD5 of its content. */
const SAMPLE_BYTES = 1024 * 1024;

/** Signs in, lists, reads a little; changes nothing. What only a write can show is left to `tryWriting`. */
export async function probeS3(client: S3Client, control: S3Control, signal: AbortSignal): Promise<ProbeResult> {
  if (client.location.bucket === '') {
    const startedMs = performance.now();
    await control.bucketNames(signal);
    return { abilities: [], roundTripMs: performance.now() - startedMs };
  }
  // First over the SDK: it tells apart what HEAD alone cannot. Then the hot path, which is what will be used.
  await control.assertBucket(signal).catch((error: unknown) => {
    // A key that may only list and read objects under a prefix may not look at the bucket: the listing decides.
    if (!(error instanceof SmartantError) || error.code !== 'STORAGE_ACCESS_DENIED') throw error;
  });
  const page = await listPage(client, { budget: BRIEF }, signal);
  const { roundTripMs, clockSkewMs } = await measure(client, signal);
  const abilities: StorageAbility[] = [];
  const sample = page.objects.filter((object) => !object.skip && object.size <= SAMPLE_BYTES).sort((a, b) => a.size - b.size);
  const chosen = sample.find((object) => object.size > 0) ?? sample[0];
  if (chosen && (await etagIsMd5(client, chosen, signal))) abilities.push('etag-is-md5');
  if (chosen && (await tagsAreReadable(client, chosen, signal))) abilities.push('tags');
  return { abilities, roundTripMs, clockSkewMs };
}

async function measure(client: S3Client, signal: AbortSignal): Promise<{ roundTripMs: number; clockSkewMs?: number }> {
  const startedMs = Date.now();
  const query: Record<string, string> = { 'list-type': '2', 'max-keys': '1' };
  if (client.location.prefix) query['prefix'] = client.location.prefix;
  const response = await client.send({ method: 'GET', query, operation: 'list objects', budget: BRIEF }, signal);
  const roundTripMs = Date.now() - startedMs;
  // The Date header has whole seconds, cut off: half a second is the best guess of the rest.
  const serverMs = Date.parse(response.headers['date'] ?? '') + 500;
  return { roundTripMs, clockSkewMs: Number.isNaN(serverMs) ? undefined : Math.round(serverMs - (startedMs + roundTripMs / 2)) };
}

/** It was deleted or replaced since it was listed, or is archived: of this one object nothing is learned. */
const UNFIT_SAMPLES = new Set(['STORAGE_OBJECT_NOT_FOUND', 'STORAGE_ANSWER_TOO_LONG', 'STORAGE_OBJECT_ARCHIVED']);

async function etagIsMd5(client: S3Client, object: ListedObject, signal: AbortSignal): Promise<boolean> {
  const key = client.location.prefix + object.key;
  const request = { method: 'GET', key, maxBytes: SAMPLE_BYTES, operation: 'get an object', budget: BRIEF } as const;
  const response = await client.send(request, signal).catch((error: unknown) => {
    if (error instanceof SmartantError && UNFIT_SAMPLES.has(error.code)) return undefined;
    throw error;
  });
  return response !== undefined && hash('md5', response.body) === response.headers['etag']?.replaceAll('"', '');
}

async function tagsAreReadable(client: S3Client, object: ListedObject, signal: AbortSignal): Promise<boolean> {
  return getTags(client, client.location.prefix + object.key, signal).then(
    () => true,
    (error: unknown) => {
      if (signal.aborted) throw error;
      return false;
    },
  );
}
