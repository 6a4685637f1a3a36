import type { HostSession } from '../session/host-session';

const TRIAL_MS = 1_500;
const TRIAL_BYTES = 64 * 1024 * 1024;

/**
 * Bytes a second that come over one connection from a host, measured for at most 1.5 s or 64 MiB. SSH does not compress, so zeros are as good
 * as anything. What comes first is not counted: it pays for the connection's slow start.
 */
export async function measureBandwidth(session: HostSession, signal: AbortSignal): Promise<number> {
  const { stdout, stdin, done } = await session.stream(['cat', '/dev/zero'], { signal, apart: true, root: false });
  stdin.on('error', () => undefined);
  let bytes = 0;
  let startedMs: number | undefined;
  const end = setTimeout(() => stdout.destroy(), TRIAL_MS);
  try {
    for await (const chunk of stdout as AsyncIterable<Buffer>) {
      if (startedMs === undefined) startedMs = performance.now();
      else bytes += chunk.length;
      if (bytes > TRIAL_BYTES) break;
    }
  } catch (error) {
    signal.throwIfAborted();
    // Its end by the timer is no failure.
    if ((error as { code?: string }).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  } finally {
    clearTimeout(end);
  }
  const seconds = (performance.now() - (startedMs ?? performance.now())) / 1000;
  await done.catch(() => signal.throwIfAborted());
  return seconds > 0 ? Math.round(bytes / seconds) : 0;
}
