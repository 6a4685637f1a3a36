import { SmartantError } from '@smartant/kernel';
import type { HostFacts } from './host-facts';

/** Those of uutils (Ubuntu since 25.10) sort by bytes and tell numbers of devices as GNU's do; for what they do otherwise they are not asked. */
const COREUTILS = ['GNU coreutils', 'uutils coreutils'];

/** What both sides must have, and how it shows that it is one that we mean: busybox has programs of the same names. */
const PROGRAMS = { find: ['GNU findutils'], tar: ['GNU tar'], sort: COREUTILS, xargs: ['GNU findutils'], stat: COREUTILS };

/** Writes "program NAME: …" for each of them, with the first line of what it says of itself. */
export const LOOK_PROGRAMS = `n='
'
for p in ${Object.keys(PROGRAMS).join(' ')}; do v=$("$p" --version 2>/dev/null </dev/null); printf 'program %s: %s\\n' "$p" "\${v%%"$n"*}"; done`;

/** Raises HOST_PROGRAMS_UNFIT. */
export function requirePrograms({ programs }: Pick<HostFacts, 'programs'>, side: 'source' | 'target'): void {
  const unfit = Object.entries(PROGRAMS).filter(([program, marks]) => !marks.some((mark) => programs.get(program)?.includes(mark)));
  if (unfit.length === 0) return;
  throw new SmartantError(
    'HOST_PROGRAMS_UNFIT',
    `The ${side} lacks programs that files are carried with: ${unfit.map(([name]) => name).join(', ')}.`,
    {
      kind: 'precondition',
      hint: 'GNU findutils, coreutils and tar are needed; those of busybox do not tell nanoseconds, nor carry attributes. Install them.',
      details: { side, needed: unfit.map(([name, marks]) => `${name} (${marks.join(' or ')})`).join(', ') },
    },
  );
}
