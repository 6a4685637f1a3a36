import { setTimeout as delay } from 'node:timers/promises';
import { SmartantError } from '@smartant/kernel';
import { RetentionWatch, type Retention } from '../precheck/watch-retention';
import { dropSlot } from '../replication/slot';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { applicationName, type OpenJob } from './open-job';

const LOOK_EVERY_MS = 5_000;

/**
 * Runs a stream while the log that its slot holds back is watched. Past the limit the slot is dropped on purpose, before the server's disk is
 * full and all its applications stand still: raises DATABASE_SLOT_DROPPED. `endpoint`: where the slot is.
 */
export async function guardRetention(
  { job }: Pick<OpenJob, 'job'>,
  endpoint: PgEndpoint,
  slot: string,
  signal: AbortSignal,
  work: (signal: AbortSignal, latest: () => Retention | null) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  let latest: Retention | null = null;
  let dropped: SmartantError | undefined;
  const watch = new RetentionWatch(slot, { maxBytes: job.scope.maxRetainedWalBytes });
  const watching = looking(endpoint, applicationName(job, 'retention'), both, async (session) => {
    const before = latest?.verdict;
    latest = await watch.look(session, both);
    if (latest.verdict !== before && latest.message !== '') job.warn(latest.message, { slot, retainedBytes: latest.retainedBytes });
    if (latest.verdict !== 'drop') return;
    dropped = slotDropped(latest);
    stop.abort();
    await dropSlot(session, slot, signal);
  });
  try {
    await work(both, () => latest);
  } catch (error) {
    throw dropped ?? error;
  } finally {
    stop.abort();
    await watching;
  }
}

/** Until the signal ends it. A server that does not answer is asked again: the stream itself tells of one that stays away. */
async function looking(
  endpoint: PgEndpoint,
  name: string,
  signal: AbortSignal,
  look: (session: PgSession) => Promise<void>,
): Promise<void> {
  let session: PgSession | undefined;
  while (!signal.aborted) {
    try {
      session ??= await endpoint.open({ applicationName: name, signal });
      await look(session);
    } catch {
      session?.destroy();
      session = undefined;
    }
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  await session?.close();
}

function slotDropped({ retainedBytes, limitBytes }: Retention): SmartantError {
  return new SmartantError(
    'DATABASE_SLOT_DROPPED',
    `The source kept ${retainedBytes} bytes of log for the migration, more than the ${limitBytes} that it may.`,
    {
      kind: 'precondition',
      actor: 'operator',
      hint: 'The replication slot was dropped so that the source’s disk does not fill. Begin the migration again with more time, or a higher maxRetainedWalBytes.',
      details: { retainedBytes: String(retainedBytes), limitBytes: String(limitBytes) },
    },
  );
}
