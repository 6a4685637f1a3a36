import type { HostSession } from '../session/host-session';

/** Counters of the kernel since it was started, in sectors of 512 bytes (Documentation/block/stat.rst, field 7). */
const WRITTEN = `for d; do
  set -- $(cat "/sys/dev/block/$((0x$(stat -Lc %t "$d"))):$((0x$(stat -Lc %T "$d")))/stat" 2>/dev/null)
  echo "\${7:-0}"
done`;

/** What was written to some devices altogether. Where that is not told: 0. */
export async function writtenBytes(session: HostSession, devices: readonly string[], signal: AbortSignal): Promise<number> {
  const { stdout } = await session.run(['sh', '-c', WRITTEN, 'sh', ...devices], { signal });
  const sectors = stdout.toString('utf8').trim().split('\n').map(Number);
  return sectors.reduce((sum, count) => sum + count * 512, 0);
}
