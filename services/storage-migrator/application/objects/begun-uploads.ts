import { UPLOADS_UNTOLD, type ObjectProperties, type StorageWriter } from '@smartant/connectors';
import { SmartantError, toSmartantError } from '@smartant/kernel';
import type { HeldShard, ShardStore } from '@smartant/shards';
import type { Observer } from '../ports/observer';
import type { UnitOfWork, Upload, UploadIntent, UploadStore } from '../ports/stores';

/** By how much the clocks of database and store may differ: what was begun long before an intent is somebody else's. */
const CLOCK_MARGIN_MS = 600_000;
const PAGE = 100;

/** What is wanted of a shard here: its claim, and its word that the lease still holds. */
export type UploadHolder = Pick<HeldShard, 'claim'>;

/**
 * Multipart uploads between their beginning and the record of their id. An intent is written first, so that whoever comes
 * after a process that died in between knows under which key to look for an upload that no row owns, and aborts it.
 */
export class BegunUploads {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly uploads: UploadStore,
    private readonly shards: ShardStore,
    private readonly observer: Pick<Observer, 'warn'>,
  ) {}

  /** Begins an upload and records it. Raises SHARD_LEASE_LOST. */
  async begin(
    upload: Omit<Upload, 'uploadId'>,
    properties: ObjectProperties,
    shard: UploadHolder,
    writers: { guarded: StorageWriter; plain: StorageWriter },
    signal: AbortSignal,
  ): Promise<Upload> {
    const { migrationId, key } = upload;
    const intentId = await this.fenced(shard, (tx) => this.uploads.intend(tx, migrationId, key));
    const { uploadId, perhapsTwice } = await writers.guarded.beginMultipart(key, properties, signal);
    const begun = { ...upload, uploadId };
    try {
      await this.fenced(shard, async (tx) => {
        await this.uploads.save(tx, begun);
        if (!perhapsTwice) await this.uploads.dropIntent(tx, intentId);
      });
    } catch (error) {
      // The run's own signal may be aborted by now, and the lease lost; it is ours to abort all the same. The intent stays: this may fail.
      await writers.plain.abortMultipart(key, uploadId, AbortSignal.timeout(10_000)).catch(() => undefined);
      throw error;
    }
    return begun;
  }

  /** Aborts what was begun for a key and never recorded. */
  async sweepKey(migrationId: string, key: string, writer: StorageWriter, signal: AbortSignal): Promise<void> {
    for (const intent of await this.uploads.intents(this.unitOfWork, migrationId, { key, limit: PAGE })) {
      await this.sweep(migrationId, intent, writer, signal);
    }
  }

  /** As `sweepKey`, for all keys of a migration. */
  async sweepAll(migrationId: string, writer: StorageWriter, signal: AbortSignal): Promise<void> {
    for (let after: string | undefined; ;) {
      const page = await this.uploads.intents(this.unitOfWork, migrationId, { after, limit: PAGE });
      for (const intent of page) await this.sweep(migrationId, intent, writer, signal);
      after = page.at(-1)?.intentId;
      if (page.length < PAGE) return;
    }
  }

  private async sweep(migrationId: string, intent: UploadIntent, writer: StorageWriter, signal: AbortSignal): Promise<void> {
    const { key, intentId, begunAtMs, ageMs } = intent;
    signal.throwIfAborted();
    try {
      const owned = await this.uploads.find(this.unitOfWork, migrationId, key);
      for (const { uploadId, initiatedAtMs } of (await writer.uploadsOf?.(key, signal)) ?? []) {
        const isOurs = uploadId !== owned?.uploadId && initiatedAtMs >= begunAtMs - CLOCK_MARGIN_MS;
        if (isOurs) await writer.abortMultipart(key, uploadId, signal);
      }
    } catch (thrown) {
      const error = toSmartantError(thrown);
      if (!(error instanceof SmartantError) || !UPLOADS_UNTOLD.has(error.code)) throw error;
      this.observer.warn('unfinished uploads cannot be looked for at the target', { migrationId, 'smartant.key': key }, error);
    }
    // A request of the process that died may still be under way: a young intent is looked at once more later.
    const { leaseMs, writeDeadlineMs } = this.shards;
    if (ageMs > leaseMs + writeDeadlineMs) await this.uploads.dropIntent(this.unitOfWork, intentId);
  }

  private fenced<T>(shard: UploadHolder, work: (tx: Parameters<UploadStore['intend']>[0]) => Promise<T>): Promise<T> {
    return this.unitOfWork.transaction(async (tx) => {
      await this.shards.assertHeld(tx, shard.claim);
      return work(tx);
    });
  }
}
