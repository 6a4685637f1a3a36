import { listPage } from './object-listing';
import { removeObjects } from './remove-objects';
import { BRIEF } from './retry-policy';
import type { S3Client } from './s3-client';
import { isScratch, SCRATCH } from './scratch-folder';

/** A trial ends within this: what is older by far was left by a process that was killed. */
export const TRIAL_MS = 60_000;
const ABANDONED_MS = 2 * TRIAL_MS;
/** Some stores list "n/b" only when "n" is gone, so it is looked again; a store that keeps what it deletes is let be. */
const ROUNDS = 5;

/**
 * Deletes what killed trials left below the prefix, or below a folder of it. Ages are told by the store's clock alone.
 * `abandonedMs`: for tests.
 */
export async function removeAbandonedScratch(
  client: S3Client,
  signal: AbortSignal,
  abandonedMs = ABANDONED_MS,
  folder = '',
): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const page = await listPage(client, { under: folder + SCRATCH, scratch: true, budget: BRIEF }, signal);
    const abandoned = page.objects.filter(({ key, modifiedAtMs }) => isScratch(key) && modifiedAtMs + abandonedMs < page.answeredAtMs);
    if (abandoned.length === 0) return;
    await removeObjects(
      client,
      abandoned.map(({ key }) => key),
      signal,
    );
  }
}
