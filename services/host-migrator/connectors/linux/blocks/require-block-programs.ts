import { SmartantError } from '@smartant/kernel';
import type { HostSession } from '../session/host-session';
import { FIND_DD } from './chunk-commands';

/** Each with what it is used for, by really doing that: those of busybox have the same names and other options. */
const TRY = `lacks() { echo "$1"; }
${FIND_DD}
printf xyz | "$dd" bs=1 count=1 iflag=fullblock,count_bytes status=none 2>/dev/null | grep -qx x || lacks dd
"$dd" if=/dev/zero bs=4096 skip=8192 count=4096 iflag=fullblock,skip_bytes,count_bytes status=none 2>/dev/null | [ "$(wc -c)" = 4096 ] || lacks 'dd with skip_bytes'
"$dd" if=/dev/null of=/dev/null oflag=seek_bytes conv=notrunc,nocreat status=none 2>/dev/null || lacks 'dd with seek_bytes'
[ "$(printf '' | sha256sum | cut -c 1-8)" = e3b0c442 ] || lacks sha256sum
for p in blockdev blkid $1; do command -v "$p" >/dev/null || lacks "$p"; done
exit 0`;

/** Of the source alone: they find out what is mounted, and hold it still. */
const OF_SOURCE = 'findmnt fsfreeze setsid timeout';

/** Raises HOST_PROGRAMS_UNFIT. */
export async function requireBlockPrograms(session: HostSession, side: 'source' | 'target', signal: AbortSignal): Promise<void> {
  const { stdout } = await session.run(['sh', '-c', TRY, 'sh', side === 'source' ? OF_SOURCE : ''], { signal });
  const lacking = stdout.toString('utf8').split('\n').filter(Boolean);
  if (lacking.length === 0) return;
  throw new SmartantError('HOST_PROGRAMS_UNFIT', `The ${side} lacks programs that blocks are carried with: ${lacking.join(', ')}.`, {
    kind: 'precondition',
    hint: 'GNU coreutils 8.20 or newer and util-linux are needed; those of busybox do not do. Install them, or use the engine "files".',
    details: { side, lacking: lacking.join(', ') },
  });
}

/** `unreadBy`: what TRY_READ told of the device. Raises HOST_PROGRAMS_UNFIT where that is the program's fault. */
export function requireDirectReads(side: 'source' | 'target', { device, unreadBy }: { device: string; unreadBy: string }): void {
  if (!unreadBy.includes('uutils')) return;
  throw new SmartantError(
    'HOST_PROGRAMS_UNFIT',
    `The ${side}'s ${unreadBy} cannot read ${device} past the page cache, as blocks are read.`,
    {
      kind: 'precondition',
      hint: 'Install GNU coreutils beside it: on Ubuntu the package gnu-coreutils, whose gnudd is used then. Or use the engine "files".',
      details: { side, device, dd: unreadBy },
    },
  );
}
