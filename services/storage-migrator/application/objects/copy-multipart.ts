import type { ListedObject, PartReceipt, PutCondition, StorageWriter } from '@smartant/connectors';
import { toSmartantError } from '@smartant/kernel';
import { partsOf, type Part } from '../../domain/part-layout';
import type { UnitOfWork, Upload, UploadStore } from '../ports/stores';
import type { RunContext } from '../runs/run-context';
import type { BegunUploads, UploadHolder } from './begun-uploads';
import { preservedProperties } from './preserved-properties';

/** Parts of one object that are under way at once. */
const PARTS_IN_FLIGHT = 4;

export interface MultipartJob {
  object: ListedObject;
  partSizeBytes: number;
  condition: PutCondition;
  /** A part is at the target and on record. */
  onPart: () => void;
}

/**
 * Copies a large object in parts. Upload id and receipts are in the database, so that a crash, a pause or a new run goes
 * on at the part where the last one stopped.
 */
export class CopyMultipart {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly uploads: UploadStore,
    private readonly begun: BegunUploads,
  ) {}

  /** `writer`: the target's, guarded by the shard's lease. */
  async copy(job: MultipartJob, shard: UploadHolder, context: RunContext, writer: StorageWriter, signal: AbortSignal): Promise<void> {
    const { object } = job;
    const { migrationId } = context.run;
    const properties = preservedProperties(await context.source.reader.properties(object, signal), context.plan);
    const known = await this.resume(job, context, writer, signal);
    await this.begun.sweepKey(migrationId, object.key, writer, signal);
    const { partSizeBytes } = job;
    const fresh = { migrationId, key: object.key, partSizeBytes, changeId: object.changeId };
    const writers = { guarded: writer, plain: context.writer };
    const upload = known?.upload ?? (await this.begun.begin(fresh, properties, shard, writers, signal));
    const receipts = new Map((known?.receipts ?? []).map((receipt) => [receipt.partNumber, receipt]));
    const missing = partsOf(object.size, job.partSizeBytes).filter((part) => receipts.get(part.partNumber)?.size !== part.end - part.start);
    await inParallel(missing, PARTS_IN_FLIGHT, signal, async (part, partSignal) => {
      const receipt = await this.copyPart(upload, object, part, context, writer, partSignal);
      await this.uploads.addReceipt(this.unitOfWork, upload, receipt);
      receipts.set(part.partNumber, receipt);
      job.onPart();
    });
    const ordered = [...receipts.values()].sort((a, b) => a.partNumber - b.partNumber);
    try {
      await writer.completeMultipart(object.key, upload.uploadId, ordered, properties, job.condition, signal);
    } catch (error) {
      if (toSmartantError(error).code === 'STORAGE_UPLOAD_NOT_FOUND') await this.uploads.remove(this.unitOfWork, upload);
      throw error;
    }
    await this.uploads.remove(this.unitOfWork, upload);
  }

  /** Aborts an upload and forgets it. */
  async abort(upload: Upload, writer: StorageWriter, signal: AbortSignal): Promise<void> {
    await writer.abortMultipart(upload.key, upload.uploadId, signal);
    await this.uploads.remove(this.unitOfWork, upload);
  }

  /** An upload of the same version and layout, with the receipts that both sides agree on; null when there is none. */
  private async resume(
    job: MultipartJob,
    context: RunContext,
    writer: StorageWriter,
    signal: AbortSignal,
  ): Promise<{ upload: Upload; receipts: PartReceipt[] } | null> {
    const upload = await this.uploads.find(this.unitOfWork, context.run.migrationId, job.object.key);
    if (!upload) return null;
    if (upload.changeId !== job.object.changeId || upload.partSizeBytes !== job.partSizeBytes) {
      await this.abort(upload, writer, signal);
      return null;
    }
    const [ours, theirs] = await Promise.all([this.uploads.receipts(this.unitOfWork, upload), this.storedParts(upload, writer, signal)]);
    if (!theirs) return null;
    const stored = new Map(theirs.map((part) => [part.partNumber, part]));
    const agreed = ours.filter(({ partNumber, etag, size }) => {
      const part = stored.get(partNumber);
      return part !== undefined && part.etag === etag && part.size === size;
    });
    return { upload, receipts: agreed };
  }

  private async storedParts(upload: Upload, writer: StorageWriter, signal: AbortSignal): Promise<PartReceipt[] | null> {
    try {
      return await writer.listParts(upload.key, upload.uploadId, signal);
    } catch (error) {
      if (toSmartantError(error).code !== 'STORAGE_UPLOAD_NOT_FOUND') throw error;
      await this.uploads.remove(this.unitOfWork, upload);
      return null;
    }
  }

  private async copyPart(
    upload: Upload,
    object: ListedObject,
    part: Part,
    context: RunContext,
    writer: StorageWriter,
    signal: AbortSignal,
  ): Promise<PartReceipt> {
    const release = await context.resources.memory.enter(signal, part.end - part.start);
    try {
      const buffer = context.resources.parts.take(part.end - part.start);
      const bytes = await context.source.reader.readRange(object, part, signal, buffer);
      const receipt = await writer.putPart(object.key, upload.uploadId, part.partNumber, bytes, signal);
      context.resources.parts.give(buffer);
      context.meter.move(bytes.length);
      context.resources.observer.transferred(bytes.length, 'sync');
      return receipt;
    } finally {
      release();
    }
  }
}

/** Works through items with a bounded number at once; the first failure aborts the rest, and all have ended when it rejects. */
async function inParallel<T>(
  items: T[],
  limit: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      both.throwIfAborted();
      await work(item, both);
    }
  };
  let failure: { error: unknown } | undefined;
  const workers = Array.from({ length: Math.min(limit, items.length) }, () =>
    worker().catch((error: unknown) => {
      failure ??= { error };
      stop.abort(error);
    }),
  );
  await Promise.all(workers);
  if (failure) throw failure.error;
}
