import type { S3Requests } from './s3-client';
import { getTags, putTags, sameTags } from './object-tags';

/**
 * Makes sure that tags sent with an upload are there. Some stores ignore `x-amz-tagging` on PUT but keep tags that are
 * put by themselves: the first tagged object shows which kind this is.
 */
export class StoredTags {
  private header: 'unknown' | 'kept' | 'ignored' = 'unknown';

  async ensure(client: S3Requests, key: string, tags: Record<string, string>, signal: AbortSignal): Promise<void> {
    if (Object.keys(tags).length === 0 || this.header === 'kept') return;
    if (this.header === 'unknown') {
      this.header = sameTags(await getTags(client, key, signal), tags) ? 'kept' : 'ignored';
      if (this.header === 'kept') return;
    }
    await putTags(client, key, tags, signal);
  }
}
