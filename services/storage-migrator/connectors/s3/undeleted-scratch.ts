import type { StorageWriter, WriteGuard } from '@smartant/connectors';
import type { S3Client } from './s3-client';
import type { ScratchUploads } from './scratch-uploads';

/** What a trial wrote and could not take away again, because the store went away meanwhile, or had not written it yet. */
export interface Scratch {
  keys: Set<string>;
  uploads?: ScratchUploads;
  /** Until when, by this process's clock, a write whose answer was never heard may still be carried out, also after its object was deleted. */
  mayLandUntilMs?: number;
}

/** By store and prefix. A failed trial is always repeated, by this process or, after its end, by one that goes by age. */
const undeleted = new Map<string, Scratch[]>();
/** Nobody needs more: a trial that cannot clean up fails, and the next one begins with its remains. */
const KEPT = 100;
/** For what a store, or something on the way to it, may hold a request before it carries it out. Those that take longer are found by their age. */
const LATE_MS = 10 * 60_000;

const placeOf = ({ address, location }: S3Client): string => `${address.origin} ${location.bucket} ${location.prefix}`;

/** Hears of writes that may land late; `tell` is given `Scratch.mayLandUntilMs` of them. */
export function lateWrites(tell: (mayLandUntilMs: number) => void): WriteGuard {
  return { mayWrite: () => undefined, mayLandLate: async () => tell(Date.now() + LATE_MS) };
}

export function rememberScratch(client: S3Client, scratch: Scratch): void {
  const place = placeOf(client);
  undeleted.set(place, [...(undeleted.get(place) ?? []), scratch].slice(-KEPT));
}

/** Deletes what this process's earlier trials had to leave, however young it is. What fails again, or may come yet, stays remembered. */
export async function removeRememberedScratch(client: S3Client, writer: StorageWriter, signal: AbortSignal): Promise<void> {
  const place = placeOf(client);
  for (const scratch of undeleted.get(place) ?? []) {
    if (scratch.uploads && !scratch.uploads.areGone) await scratch.uploads.abort(writer, signal);
    const failures = await writer.remove([...scratch.keys], signal);
    if (failures.length > 0 || Date.now() < (scratch.mayLandUntilMs ?? 0)) continue;
    undeleted.set(
      place,
      (undeleted.get(place) ?? []).filter((kept) => kept !== scratch),
    );
  }
  if (undeleted.get(place)?.length === 0) undeleted.delete(place);
}
