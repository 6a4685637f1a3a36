import type { StorageWriter } from '@smartant/connectors';
import type { S3Client } from './s3-client';
import type { ScratchUploads } from './scratch-uploads';

/** What a trial wrote and could not take away again, because the store went away meanwhile. */
export interface Scratch {
  keys: Set<string>;
  uploads: ScratchUploads;
}

/** By store and prefix. A failed trial is always repeated, by this process or, after its end, by one that goes by age. */
const undeleted = new Map<string, Scratch[]>();
/** Nobody needs more: a trial that cannot clean up fails, and the next one begins with its remains. */
const KEPT = 100;

const placeOf = ({ address, location }: S3Client): string => `${address.origin} ${location.bucket} ${location.prefix}`;

export function rememberScratch(client: S3Client, scratch: Scratch): void {
  const place = placeOf(client);
  undeleted.set(place, [...(undeleted.get(place) ?? []), scratch].slice(-KEPT));
}

/** Deletes what this process's earlier trials had to leave, however young it is. What fails again stays remembered. */
export async function removeRememberedScratch(client: S3Client, writer: StorageWriter, signal: AbortSignal): Promise<void> {
  const place = placeOf(client);
  for (const scratch of undeleted.get(place) ?? []) {
    if (!scratch.uploads.areGone) await scratch.uploads.abort(writer, signal);
    const failures = await writer.remove([...scratch.keys], signal);
    if (failures.length > 0) continue;
    undeleted.set(
      place,
      (undeleted.get(place) ?? []).filter((kept) => kept !== scratch),
    );
  }
  if (undeleted.get(place)?.length === 0) undeleted.delete(place);
}
