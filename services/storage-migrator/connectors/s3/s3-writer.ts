import { SmartantError } from '@smartant/kernel';
import type { ObjectProperties, PartReceipt, PutCondition, StorageAbility, StorageWriter, WriteGuard } from '@smartant/connectors';
import { MultipartUploads } from './multipart-uploads';
import { headersFromProperties, metadataStyleOf, type MetadataStyle } from './object-properties';
import { removeObjects } from './remove-objects';
import type { S3Client, S3Requests } from './s3-client';
import { whileMarked } from './store-marker';
import { StoredTags } from './stored-tags';
import { tryWriting } from './try-writing';
import { removeAbandonedScratch } from './abandoned-scratch';
import { removeRememberedScratch } from './undeleted-scratch';
import { holdsContent, UploadChecks } from './upload-checks';

/** Amazon's limits, which others follow. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const PART_LIMITS = { minBytes: 5 * 1024 ** 2, maxBytes: 5 * 1024 ** 3, maxParts: 10_000 };

/** What was learned about a store by writing to it; the same for all writers of one client. */
class Learned {
  readonly checks = new UploadChecks();
  readonly tags = new StoredTags();
}

/** Writes under a prefix of a bucket. */
export class S3Writer implements StorageWriter {
  readonly partLimits = PART_LIMITS;
  private readonly style: MetadataStyle;
  private readonly uploads: MultipartUploads;

  constructor(
    private readonly client: S3Client,
    private readonly requests: S3Requests = client,
    private readonly learned = new Learned(),
  ) {
    this.style = metadataStyleOf(client.address.hostname);
    this.uploads = new MultipartUploads(requests, learned.checks, learned.tags, this.style);
  }

  guardedBy(guard: WriteGuard): StorageWriter {
    return new S3Writer(this.client, this.client.guardedBy(guard), this.learned);
  }

  async put(
    key: string,
    bytes: Buffer,
    properties: ObjectProperties,
    condition: PutCondition,
    signal: AbortSignal,
  ): Promise<{ etag: string }> {
    const fullKey = this.full(key);
    const etag = await this.learned.checks
      .guarded(bytes, async (checksum) => {
        const headers = { ...headersFromProperties(properties, this.style), ...conditionHeaders(condition), ...checksum };
        return this.requests.send(
          { method: 'PUT', key: fullKey, headers, body: bytes, changesObject: true, operation: 'put an object' },
          signal,
        );
      })
      .catch(async (error: unknown) => {
        const own = await this.ownEarlierWrite(fullKey, bytes, error, signal);
        if (own === undefined) throw error;
        return own;
      });
    await this.learned.tags.ensure(this.requests, fullKey, properties.tags, signal);
    return { etag };
  }

  /**
   * An attempt whose answer was lost may have written the object; the next one then fails its own precondition. Resolves with
   * the etag when what is there is what we sent.
   */
  private async ownEarlierWrite(fullKey: string, bytes: Buffer, error: unknown, signal: AbortSignal): Promise<string | undefined> {
    if (!(error instanceof SmartantError) || error.code !== 'STORAGE_PRECONDITION_FAILED' || error.details['uncertain'] !== 'true')
      return undefined;
    return holdsContent(this.requests, fullKey, bytes, signal);
  }

  beginMultipart(key: string, properties: ObjectProperties, signal: AbortSignal): Promise<{ uploadId: string; perhapsTwice?: boolean }> {
    return this.uploads.begin(this.full(key), properties, signal);
  }

  putPart(key: string, uploadId: string, partNumber: number, bytes: Buffer, signal: AbortSignal): Promise<PartReceipt> {
    return this.uploads.putPart(this.full(key), uploadId, partNumber, bytes, signal);
  }

  listParts(key: string, uploadId: string, signal: AbortSignal): Promise<PartReceipt[]> {
    return this.uploads.listParts(this.full(key), uploadId, signal);
  }

  completeMultipart(
    key: string,
    uploadId: string,
    parts: PartReceipt[],
    properties: ObjectProperties,
    condition: PutCondition,
    signal: AbortSignal,
  ): Promise<{ etag: string }> {
    return this.uploads.complete(this.full(key), uploadId, parts, properties, conditionHeaders(condition), signal);
  }

  abortMultipart(key: string, uploadId: string, signal: AbortSignal): Promise<void> {
    return this.uploads.abort(this.full(key), uploadId, signal);
  }

  uploadsOf(key: string, signal: AbortSignal): Promise<{ uploadId: string; initiatedAtMs: number }[]> {
    return this.uploads.unfinished(this.full(key), signal);
  }

  remove(
    keys: string[],
    signal: AbortSignal,
    etags?: ReadonlyMap<string, string>,
  ): Promise<{ key: string; code: string; message: string }[]> {
    return removeObjects(this.requests, keys, signal, etags);
  }

  tryWriting(signal: AbortSignal): Promise<{ abilities: StorageAbility[]; problems: { code: string; message: string; hint: string }[] }> {
    return tryWriting({ client: this.client, writer: this }, signal);
  }

  async removeTrials(signal: AbortSignal): Promise<void> {
    await removeRememberedScratch(this.client, this, signal);
    await removeAbandonedScratch({ client: this.client, writer: this }, signal);
  }

  whileMarked<T>(folder: string, work: (key: string) => Promise<T>, signal: AbortSignal): Promise<T> {
    return whileMarked({ client: this.client, writer: this }, folder, work, signal);
  }

  private full(key: string): string {
    return this.client.location.prefix + key;
  }
}

function conditionHeaders(condition: PutCondition): Record<string, string> {
  if (condition.kind === 'absent') return { 'if-none-match': '*' };
  return condition.kind === 'matches' ? { 'if-match': `"${condition.etag}"` } : {};
}
