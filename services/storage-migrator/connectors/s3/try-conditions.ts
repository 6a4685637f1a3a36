import type { S3Response } from './s3-client';
import type { S3Request } from './s3-request';

/** What a trial of conditions needs: writes under scratch names, and a word on whether they were refused. */
export interface ScratchStore {
  /** The full key of a scratch name. */
  key(name: string): string;
  put(name: string, body: Buffer, headers: Record<string, string>): Promise<S3Response>;
  send(request: S3Request): Promise<S3Response>;
  /** True when a PUT with these headers is refused. */
  refuses(headers: Record<string, string>, name?: string): Promise<boolean>;
  isRefused(work: () => Promise<unknown>): Promise<boolean>;
}

const OTHER_ETAG = '"00000000000000000000000000000000"';

/** Over the object "first", which is there: its etag is `md5` where `etagIsMd5`. A store that refuses the right etag too is of no use. */
export async function honoursOnPut(scratch: ScratchStore, md5: string, etagIsMd5: boolean): Promise<boolean> {
  const absent = await scratch.refuses({ 'if-none-match': '*' }, 'first');
  const matches = await scratch.refuses({ 'if-match': OTHER_ETAG }, 'first');
  if (!absent || !matches) return false;
  return !etagIsMd5 || !(await scratch.refuses({ 'if-match': `"${md5}"` }, 'first'));
}

/** Amazon honours If-Match on DELETE since 2025; minio ignores it, and some stores refuse the header altogether. */
export async function honoursOnDelete(scratch: ScratchStore): Promise<boolean> {
  const { headers } = await scratch.put('doomed', Buffer.from('doomed'), {});
  const remove = (etag: string): Promise<S3Response> =>
    scratch.send({ method: 'DELETE', key: scratch.key('doomed'), headers: { 'if-match': etag }, operation: 'delete an object' });
  if (!(await scratch.isRefused(() => remove(OTHER_ETAG)))) return false;
  return !(await scratch.isRefused(() => remove(headers['etag'] ?? '')));
}
