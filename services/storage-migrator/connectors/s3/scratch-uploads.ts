import { UPLOADS_UNTOLD, type StorageWriter } from '@smartant/connectors';
import { toSmartantError } from '@smartant/kernel';

export type UploadAborter = Pick<StorageWriter, 'uploadsOf' | 'abortMultipart'>;

/**
 * Multipart uploads of one scratch key. All of them are the trial's, also one whose beginning was never answered. `key` is
 * relative to the prefix.
 */
export class ScratchUploads {
  private readonly open = new Set<string>();
  /** Requests to begin one that may have begun one of unknown id. */
  private unanswered = 0;

  constructor(readonly key: string) {}

  /** Nothing can be left at the store. */
  get areGone(): boolean {
    return this.open.size === 0 && this.unanswered === 0;
  }

  /** To be called before a request that begins one: its answer can be lost. */
  begins(): void {
    this.unanswered += 1;
  }

  began({ uploadId, perhapsTwice }: { uploadId: string; perhapsTwice?: boolean }): void {
    this.open.add(uploadId);
    if (!perhapsTwice) this.unanswered -= 1;
  }

  completed(uploadId: string): void {
    this.open.delete(uploadId);
  }

  /** Aborts all; what raises can be repeated. */
  async abort(writer: UploadAborter, signal: AbortSignal): Promise<void> {
    if (this.unanswered > 0) for (const { uploadId } of await this.look(writer, signal)) this.open.add(uploadId);
    for (const uploadId of this.open) await writer.abortMultipart(this.key, uploadId, signal);
    this.open.clear();
    this.unanswered = 0;
  }

  private async look(writer: UploadAborter, signal: AbortSignal): Promise<{ uploadId: string }[]> {
    try {
      return (await writer.uploadsOf?.(this.key, signal)) ?? [];
    } catch (error) {
      // Those whose id is known are all that can be aborted then.
      if (UPLOADS_UNTOLD.has(toSmartantError(error).code)) return [];
      throw error;
    }
  }
}
