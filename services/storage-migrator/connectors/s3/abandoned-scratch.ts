import { listPage } from './object-listing';
import { removeObjects } from './remove-objects';
import { BRIEF } from './retry-policy';
import type { S3Client } from './s3-client';
import { isScratch, SCRATCH, scratchFolderOf, UPLOADED } from './scratch-folder';
import { ScratchUploads, type UploadAborter } from './scratch-uploads';

export interface ScratchTools {
  client: S3Client;
  writer: UploadAborter;
}

/** A trial ends within this: what is older by far was left by a process that was killed. */
export const TRIAL_MS = 60_000;
const ABANDONED_MS = 2 * TRIAL_MS;
/** Some stores list "n/b" only when "n" is gone, so it is looked again; a store that keeps what it deletes is let be. */
const ROUNDS = 5;

/**
 * Takes away what killed trials left below the prefix, or below a folder of it: objects, and uploads never completed. Ages are told by the store's clock alone.
 * `abandonedMs`: for tests.
 */
export async function removeAbandonedScratch(
  { client, writer }: ScratchTools,
  signal: AbortSignal,
  abandonedMs = ABANDONED_MS,
  folder = '',
): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const page = await listPage(client, { under: folder + SCRATCH, scratch: true, budget: BRIEF }, signal);
    const abandoned = page.objects.filter(({ key, modifiedAtMs }) => isScratch(key) && modifiedAtMs + abandonedMs < page.answeredAtMs);
    if (abandoned.length === 0) return;
    // Uploads first: without an object nobody would look for them.
    const folders = new Set(abandoned.map(({ key }) => scratchFolderOf(key)));
    for (const path of folders) await uploadsOf(path).abort(writer, signal);
    await removeObjects(
      client,
      abandoned.map(({ key }) => key),
      signal,
    );
  }
}

function uploadsOf(folder: string): ScratchUploads {
  const uploads = new ScratchUploads(folder + UPLOADED);
  uploads.begins();
  return uploads;
}
