import { SmartantError } from '@smartant/kernel';
import { throwIfCancelled, withGrace } from '../cancellation';
import { removeAbandonedScratch, type ScratchTools } from './abandoned-scratch';
import { listPage } from './object-listing';
import { removeObjects } from './remove-objects';
import { BRIEF } from './retry-policy';
import type { S3Client } from './s3-client';
import { scratchFolder } from './scratch-folder';
import { lateWrites, rememberScratch } from './undeleted-scratch';

const CONTENT = Buffer.from('SmartAnt looks whether source and target are one store, and removes this again.');
const CLEAN_UP_MS = 30_000;

/** Runs `work` while a scratch object is below `folder`; `work` is given its key. Both are relative to the prefix. */
export async function whileMarked<T>(
  { client, writer }: ScratchTools,
  folder: string,
  work: (key: string) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  throwIfCancelled(signal);
  // A trial looks for what was abandoned at the prefix itself, not in folders below it.
  if (folder !== '') await removeAbandonedScratch({ client, writer }, signal, undefined, folder);
  const key = `${folder}${scratchFolder()}/marker`;
  const grace = withGrace(signal);
  // Deleted below, it may be written yet.
  const guard = lateWrites((mayLandUntilMs) => rememberScratch(client, { keys: new Set([key]), mayLandUntilMs }));
  const object = { key: client.location.prefix + key, body: CONTENT, changesObject: true, guard } as const;
  const put = { ...object, method: 'PUT', operation: 'put an object', budget: BRIEF } as const;
  let failures: Awaited<ReturnType<typeof removeObjects>> = [];
  let result: T;
  try {
    await client.send(put, grace.signal);
    result = await work(key);
  } finally {
    grace.release();
    // Also when the put failed: its answer may have been lost. On a signal of its own: the work may have been cancelled.
    failures = await removeObjects(client, [key], AbortSignal.timeout(CLEAN_UP_MS));
  }
  if (failures[0]) throw notRemoved(failures[0]);
  return result;
}

/** Whether an object is there. Keys that may list and read under a prefix only are denied the look at one that is not: the listing decides. */
export async function holdsObject(client: S3Client, key: string, signal: AbortSignal): Promise<boolean> {
  try {
    await client.send({ method: 'HEAD', key: client.location.prefix + key, operation: 'look at an object', budget: BRIEF }, signal);
    return true;
  } catch (error) {
    if (!(error instanceof SmartantError)) throw error;
    if (error.code === 'STORAGE_OBJECT_NOT_FOUND') return false;
    if (error.code !== 'STORAGE_ACCESS_DENIED') throw error;
    const page = await listPage(client, { under: key, maxKeys: 1, scratch: true, budget: BRIEF }, signal);
    return page.objects[0]?.key === key;
  }
}

function notRemoved({ code, message }: { code: string; message: string }): SmartantError {
  return new SmartantError(code, `A scratch object could not be deleted: ${message}`, {
    kind: 'precondition',
    hint: 'Grant the key permission to delete objects.',
  });
}
