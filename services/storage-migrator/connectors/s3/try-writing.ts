import { hash } from 'node:crypto';
import { SmartantError } from '@smartant/kernel';
import type { ObjectProperties, PutCondition, StorageAbility, StorageWriter } from '@smartant/connectors';
import { throwIfCancelled, withGrace } from '../cancellation';
import { crc32Base64 } from './crc32';
import { headersFromProperties, metadataStyleOf, propertiesFromHeaders } from './object-properties';
import { listPage } from './object-listing';
import { getTags, sameTags } from './object-tags';
import { BRIEF } from './retry-policy';
import type { S3Client, S3Response } from './s3-client';
import type { S3Request } from './s3-request';
import { removeAbandonedScratch, TRIAL_MS } from './abandoned-scratch';
import { scratchFolder, UPLOADED } from './scratch-folder';
import { ScratchUploads } from './scratch-uploads';
import { honoursOnDelete, honoursOnPut, type ScratchStore } from './try-conditions';
import { lateWrites, rememberScratch, removeRememberedScratch } from './undeleted-scratch';

export interface WriteTrial {
  abilities: StorageAbility[];
  problems: { code: string; message: string; hint: string }[];
}

interface Trial {
  client: S3Client;
  writer: StorageWriter;
}

const CONTENT = Buffer.from('SmartAnt tries to write here and removes this again.');
const PROPERTIES: ObjectProperties = {
  contentType: 'text/x-smartant-trial',
  cacheControl: 'no-store',
  metadata: { trial: 'yes' },
  tags: {},
};
const TAGS = { trial: 'yes + no' };

/**
 * Does everything a migration does, under a scratch name, and cleans up, also after earlier trials that were killed. A step
 * that fails is a problem; an ability that is lacking is not. Raises what may pass by itself (the store is down, throttles,
 * is too slow): it says nothing about what the store can do.
 */
export async function tryWriting(parts: Trial, signal: AbortSignal): Promise<WriteTrial> {
  throwIfCancelled(signal);
  const trial = new WritingTrial(parts, scratchFolder(), signal);
  try {
    await trial.run();
  } catch (error) {
    throw trial.isOverdue ? overdue(error) : error;
  } finally {
    await trial.cleanUp();
  }
  return trial.result;
}

/** What a wrong checksum or condition is meant to be answered with; with work, they may pass. */
const ANSWERS = new Set(['STORAGE_CHECKSUM_MISMATCH', 'STORAGE_PRECONDITION_FAILED']);

class WritingTrial implements ScratchStore {
  readonly result: WriteTrial = { abilities: [], problems: [] };
  private readonly timeLimit = AbortSignal.timeout(TRIAL_MS);
  private readonly signal: AbortSignal;
  private readonly grace: ReturnType<typeof withGrace>;
  private readonly written = new Set<string>();
  private readonly uploads: ScratchUploads;
  /** Of writes that may come after their object was taken away. */
  private readonly guard = lateWrites((untilMs) => (this.mayLandUntilMs = untilMs));
  private readonly watched: StorageWriter;
  private mayLandUntilMs: number | undefined;

  constructor(
    private readonly parts: Trial,
    private readonly scratch: string,
    private readonly cancelled: AbortSignal,
  ) {
    this.uploads = new ScratchUploads(this.scratchKey(UPLOADED));
    this.watched = parts.writer.guardedBy(this.guard);
    this.grace = withGrace(cancelled);
    this.signal = AbortSignal.any([this.timeLimit, this.grace.signal]);
  }

  get isOverdue(): boolean {
    return this.timeLimit.aborted && !this.cancelled.aborted;
  }

  async run(): Promise<void> {
    if (!(await this.step(() => this.writeAndReadBack()))) return;
    await this.step(() => removeRememberedScratch(this.parts.client, this.parts.writer, this.live));
    await this.step(() => removeAbandonedScratch(this.parts, this.live));
    await this.ability('conditional-put', () => honoursOnPut(this, hash('md5', CONTENT), this.result.abilities.includes('etag-is-md5')));
    await this.ability('conditional-delete', () => honoursOnDelete(this));
    await this.ability('checksum-crc32', () => this.refuses({ 'x-amz-checksum-crc32': crc32Base64(Buffer.from('other')) }));
    await this.ability('content-md5', () => this.refuses({ 'content-md5': hash('md5', 'other', 'base64') }));
    await this.ability('tags', () => this.keepsTags());
    await this.ability('slash-keys', () => this.keepsSlashKeys());
    if (await this.step(() => this.uploadsInParts({ kind: 'any' })))
      await this.ability('conditional-complete', () => this.isRefused(() => this.uploadsInParts({ kind: 'absent' })));
  }

  /** Also when the work was cancelled: on a signal of its own. What the store does not take away now, the next trial removes. */
  async cleanUp(): Promise<void> {
    this.grace.release();
    const signal = AbortSignal.timeout(30_000);
    const keys = new Set(this.written);
    try {
      // Before the objects: whoever finds a killed trial by its objects looks for its uploads.
      if (!this.uploads.areGone) await this.step(() => this.uploads.abort(this.parts.writer, signal));
      await this.step(() => this.removeWritten(signal));
    } finally {
      const { uploads, mayLandUntilMs } = this;
      if (this.written.size > 0 || !uploads.areGone || mayLandUntilMs !== undefined)
        rememberScratch(this.parts.client, { keys, uploads, mayLandUntilMs });
    }
  }

  private async removeWritten(signal: AbortSignal): Promise<void> {
    const [failure] = await this.parts.writer.remove([...this.written], signal);
    if (!failure) return this.written.clear();
    const hint = 'Grant the key permission to delete objects.';
    this.problem(failure.code, `Scratch objects could not be deleted: ${failure.message}`, hint);
  }

  private async writeAndReadBack(): Promise<void> {
    const put = await this.put('first', CONTENT, headersFromProperties(PROPERTIES, this.style));
    const got = await this.send({ method: 'GET', key: this.key('first'), maxBytes: CONTENT.length, operation: 'get an object' });
    const properties = propertiesFromHeaders(got.headers);
    if (!got.body.equals(CONTENT))
      this.problem('STORAGE_CHECKSUM_MISMATCH', 'An object that was written came back with other bytes.', 'Do not use this store.');
    if (properties.metadata['trial'] !== 'yes' || properties.contentType !== PROPERTIES.contentType) {
      this.problem(
        'STORAGE_METADATA_LOST',
        'The store does not keep metadata and content headers.',
        'Metadata will be lost on this target.',
      );
    }
    if (put.headers['etag']?.replaceAll('"', '') === hash('md5', CONTENT)) this.result.abilities.push('etag-is-md5');
  }

  private async keepsTags(): Promise<boolean> {
    await this.watched.put(this.scratchKey('tags'), CONTENT, { metadata: {}, tags: TAGS }, { kind: 'any' }, this.note('tags'));
    return sameTags(await getTags(this.parts.client, this.key('tags'), this.live), TAGS);
  }

  private async keepsSlashKeys(): Promise<boolean> {
    for (const name of ['n', 'n/b', 'n/']) if (await this.isRefused(() => this.put(name, Buffer.from(name), {}))) return false;
    for (const name of ['n', 'n/b', 'n/']) {
      const got = await this.send({ method: 'GET', key: this.key(name), maxBytes: CONTENT.length, operation: 'get an object' });
      if (got.body.toString() !== name) return false;
    }
    // minio keeps both "n" and "n/b" but lists only the first: what a listing hides is lost to whoever reads by listing.
    const page = await listPage(this.parts.client, { under: this.scratchKey('n'), scratch: true, budget: BRIEF }, this.live);
    return page.objects.length === 3;
  }

  private async uploadsInParts(condition: PutCondition): Promise<void> {
    const { key } = this.uploads;
    this.written.add(key);
    this.uploads.begins();
    const begun = await this.parts.writer.beginMultipart(key, PROPERTIES, this.live);
    this.uploads.began(begun);
    const { uploadId } = begun;
    const receipt = await this.parts.writer.putPart(key, uploadId, 1, CONTENT, this.live);
    const listed = await this.parts.writer.listParts(key, uploadId, this.live);
    if (listed[0]?.etag !== receipt.etag)
      this.problem('STORAGE_UNSUPPORTED', 'The store does not list the parts of an upload.', 'Large objects cannot be resumed on it.');
    await this.watched.completeMultipart(key, uploadId, [receipt], PROPERTIES, condition, this.live);
    this.uploads.completed(uploadId);
  }

  /** True when the store refuses a PUT with these headers, as it should. */
  refuses(headers: Record<string, string>, name = 'refused'): Promise<boolean> {
    return this.isRefused(() => this.put(name, CONTENT, headers));
  }

  /** True when the store refuses what it was asked. */
  async isRefused(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return false;
    } catch (error) {
      if (!/^4/.test(this.refusalIn(error).details['status'] ?? '')) throw error;
      return true;
    }
  }

  put(name: string, body: Buffer, headers: Record<string, string>): Promise<S3Response> {
    this.note(name);
    const object = { key: this.key(name), headers, body, changesObject: true, guard: this.guard } as const;
    return this.send({ ...object, method: 'PUT', operation: 'put an object' });
  }

  send(request: S3Request): Promise<S3Response> {
    return this.parts.client.send({ ...request, budget: BRIEF }, this.live);
  }

  private async ability(name: StorageAbility, has: () => Promise<boolean>): Promise<void> {
    try {
      if (await has()) this.result.abilities.push(name);
    } catch (error) {
      // A refusal means that the ability is lacking.
      if (this.refusalIn(error).details['status'] === undefined) throw error;
    }
  }

  /** True when it went through; else a problem is noted. */
  private async step(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (thrown) {
      const error = this.refusalIn(thrown);
      this.problem(error.code, error.message, error.hint ?? 'See the error code’s documentation.');
      return false;
    }
  }

  private problem(code: string, message: string, hint: string): void {
    this.result.problems.push({ code, message, hint });
  }

  /** For the next request; a cancellation is heard between them. */
  private get live(): AbortSignal {
    throwIfCancelled(this.cancelled);
    return this.signal;
  }

  /** What the store refused. Raises what says nothing about it: a cancellation, and what may pass. */
  private refusalIn(error: unknown): SmartantError {
    throwIfCancelled(this.cancelled);
    if (!(error instanceof SmartantError) || (error.retryable && !ANSWERS.has(error.code))) throw error;
    return error;
  }

  private note(name: string): AbortSignal {
    this.written.add(this.scratchKey(name));
    return this.live;
  }

  private get style() {
    return metadataStyleOf(this.parts.client.address.hostname);
  }

  private scratchKey(name: string): string {
    return `${this.scratch}/${name}`;
  }

  key(name: string): string {
    return this.parts.client.location.prefix + this.scratchKey(name);
  }
}

function overdue(cause: unknown): SmartantError {
  return new SmartantError('STORAGE_TIMEOUT', 'The store took too long to show what it can do.', {
    kind: 'timeout',
    retry: { kind: 'backoff' },
    cause,
  });
}
