import type { HostJob } from '../../../application/ports/host-engine';
import { openHostSession, type HostSession } from '../session/host-session';
import type { EngineSettings } from './engine-settings';

type Place = Pick<HostJob, 'source' | 'transcript'>;

/** Works at the source. */
export async function atSource<T>(
  { source, transcript }: Place,
  { guard }: Pick<EngineSettings, 'guard'>,
  work: (session: HostSession) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const session = await openHostSession(source, { guard, transcript, host: 'source' }, signal);
  try {
    return await work(session);
  } finally {
    session.close();
  }
}
