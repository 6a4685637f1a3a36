import { SmartantError } from '@smartant/kernel';
import type { HostSession } from '../session/host-session';

/** What both sides must have, and how it shows that it is the one that we mean: busybox has programs of the same names. */
const PROGRAMS = { find: 'GNU findutils', tar: 'GNU tar', sort: 'GNU coreutils', xargs: 'GNU findutils', stat: 'GNU coreutils' };

/** Raises HOST_PROGRAMS_UNFIT. */
export async function requirePrograms(session: HostSession, side: 'source' | 'target', signal: AbortSignal): Promise<void> {
  const script = 'for p; do echo "$p: $("$p" --version 2>/dev/null </dev/null | head -n 1)"; done';
  const { stdout } = await session.run(['sh', '-c', script, 'sh', ...Object.keys(PROGRAMS)], { signal });
  const told = new Map(
    stdout
      .toString('utf8')
      .split('\n')
      .map((line) => [line.split(':')[0], line] as const),
  );
  const unfit = Object.entries(PROGRAMS).filter(([program, mark]) => !told.get(program)?.includes(mark));
  if (unfit.length === 0) return;
  throw new SmartantError(
    'HOST_PROGRAMS_UNFIT',
    `The ${side} lacks programs that files are carried with: ${unfit.map(([name]) => name).join(', ')}.`,
    {
      kind: 'precondition',
      hint: 'GNU findutils, coreutils and tar are needed; those of busybox do not tell nanoseconds, nor carry attributes. Install them.',
      details: { side, needed: unfit.map(([name, mark]) => `${name} (${mark})`).join(', ') },
    },
  );
}
