import { pipeline } from 'node:stream/promises';
import { splitRecords } from './split-records';
import type { Spool } from './spool';
import { transferError } from './tar-commands';
import type { SortPlace } from './walk';
import { sortCommand } from './walk-command';

/** The records of a spool by their bytes, in batches, sorted by a host. Raises HOST_TRANSFER_FAILED. */
export async function* sortSpool(records: Spool, place: SortPlace, signal: AbortSignal): AsyncGenerator<string[]> {
  if (records.records === 0) return;
  const sorting = await place.session.stream(sortCommand(place.directory), { signal });
  const fed = pipeline(records.bytes(), sorting.stdin, { signal });
  fed.catch(() => undefined);
  try {
    yield* splitRecords(sorting.stdout);
    await fed;
    const { exitCode, stderr } = await sorting.done;
    if (exitCode !== 0) throw transferError('target', exitCode, stderr);
  } finally {
    sorting.stdout.destroy();
  }
}
