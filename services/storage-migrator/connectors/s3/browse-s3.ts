import type { BrowsePage } from '@smartant/connectors';
import { listPage } from './object-listing';
import { BRIEF } from './retry-policy';
import type { S3Client } from './s3-client';
import type { S3Control } from './s3-control';

/** One level below a path of the location; buckets where the location names none. Paths are relative to the location's prefix. */
export async function browseS3(
  client: S3Client,
  control: S3Control,
  request: { path: string; pageSize: number; pageToken?: string },
  signal: AbortSignal,
): Promise<BrowsePage> {
  if (client.location.bucket === '') return browseBuckets(control, request, signal);
  const under = request.path === '' || request.path.endsWith('/') ? request.path : `${request.path}/`;
  const page = await listPage(
    client,
    { under, delimiter: '/', maxKeys: Math.min(Math.max(request.pageSize, 1), 1_000), continuationToken: request.pageToken, budget: BRIEF },
    signal,
  );
  const prefixes = page.prefixes.map((path) => ({ path, kind: 'prefix' as const, sizeBytes: 0 }));
  const objects = page.objects
    .filter((object) => object.key !== under)
    .map((object) => ({ path: object.key, kind: 'object' as const, sizeBytes: object.size }));
  return { items: [...prefixes, ...objects], nextPageToken: page.truncated ? page.continuationToken : undefined };
}

async function browseBuckets(
  control: S3Control,
  request: { pageSize: number; pageToken?: string },
  signal: AbortSignal,
): Promise<BrowsePage> {
  const names = (await control.bucketNames(signal)).filter((name) => request.pageToken === undefined || name > request.pageToken);
  const items = names.slice(0, request.pageSize).map((path) => ({ path, kind: 'bucket' as const, sizeBytes: 0 }));
  return { items, nextPageToken: names.length > items.length ? items.at(-1)?.path : undefined };
}
