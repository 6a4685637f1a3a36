import { setTimeout as delay } from 'node:timers/promises';
import { SmartantError } from '@smartant/kernel';
import { RetentionWatch, type Retention } from '../precheck/watch-retention';
import { dropSlot } from '../replication/slot';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { applicationName, type OpenJob } from './open-job';

const LOOK_EVERY_MS = 5_000;
const DROP_PATIENCE_MS = 60_000;

/**
 * Runs work while the log that a slot holds back is watched. Past the limit the slot is dropped on purpose, before the server's disk is
 * full and all its applications stand still: raises DATABASE_SLOT_DROPPED. `endpoint`: where the slot is.
 */
export async function guardRetention<T>(
  { job }: Pick<OpenJob, 'job'>,
  endpoint: PgEndpoint,
  slot: string,
  signal: AbortSignal,
  work: (signal: AbortSignal, latest: () => Retention | null) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const ended = new AbortController();
  const whole = AbortSignal.any([signal, ended.signal]);
  let latest: Retention | null = null;
  let dropped: SmartantError | undefined;
  let isGone = false;
  const watch = new RetentionWatch(slot, { maxBytes: job.scope.maxRetainedWalBytes });
  const watching = looking(endpoint, applicationName(job, 'retention'), whole, async (session) => {
    const before = latest?.verdict;
    latest = await watch.look(session, whole);
    if (latest.verdict !== before && latest.message !== '') job.warn(latest.message, { slot, retainedBytes: latest.retainedBytes });
    if (latest.verdict === 'drop') dropped ??= slotDropped(latest);
    if (!dropped) return;
    // The reader goes first: it would come back to the slot. Tried again at the next look, whatever is in the way.
    stop.abort();
    await dropSlot(session, slot, whole);
    isGone = true;
    ended.abort();
  });
  try {
    return await work(AbortSignal.any([signal, stop.signal]), () => latest);
  } catch (error) {
    if (!dropped || signal.aborted) throw error;
    await Promise.race([watching, delay(DROP_PATIENCE_MS, undefined, { signal: whole }).catch(() => undefined)]);
    throw isGone ? dropped : notDropped(slot);
  } finally {
    ended.abort();
    await watching;
  }
}

/** Work beside the stream's slot: a copy may take longer than the log lasts. Without a slot, the work alone. */
export async function guardedStream<T>(
  open: OpenJob,
  signal: AbortSignal,
  work: (signal: AbortSignal, latest: () => Retention | null) => Promise<T>,
): Promise<T> {
  const { stream } = await open.state.load();
  return stream ? guardRetention(open, open.source, stream.slot.name, signal, work) : work(signal, () => null);
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

/** The stage is begun anew, and then it is tried again. */
function notDropped(slot: string): SmartantError {
  return new SmartantError('DATABASE_UNREACHABLE', `The replication slot "${slot}" keeps too much log and could not be dropped.`, {
    kind: 'unavailable',
  });
}
