import { SmartantError } from '@smartant/kernel';
import type { HostJob } from '../../../application/ports/host-engine';
import type { HostSession } from '../session/host-session';
import { loadState, saveState } from './engine-state';

/** Parts of the system that runs at the target, with all that is below them; and those that others may only lie in. */
const OF_SYSTEM = /^\/(?:bin|boot|dev|etc|lib[^/]*|proc|root|run\/systemd|sbin|sys|usr)(?:\/|$)/;
const PARENTS = new Set(['/', '/home', '/media', '/mnt', '/opt', '/run', '/srv', '/tmp', '/var', '/var/lib', '/var/log', '/var/tmp']);

/** Where links lead to, then the first file that is there: directories alone may be mount points that somebody has made ready. */
const LOOK = `[ -d "$1" ] || exit 3
d=$(cd -- "$1" && pwd -P) || exit 3
printf '%s\\0' "$d"
find "$d" -mindepth 1 -name '.smartant-*' -prune -o ! -type d ! -path '*/lost+found/*' -print0 -quit`;

/**
 * Takes the target's directory for a migration. What the source does not have is deleted below it: so no part of the target's own system is
 * taken, and what holds files only when somebody has confirmed it as a disk is confirmed. Raises HOST_TARGET_DIRECTORY and
 * HOST_DIRECTORY_NOT_EMPTY.
 */
export async function takeDirectory(session: HostSession, job: HostJob, signal: AbortSignal): Promise<void> {
  const { targetDirectory, confirmedDisks } = job.scope;
  const { exitCode, stdout } = await session.run(['sh', '-c', LOOK, 'sh', targetDirectory], { signal, okCodes: [0, 3] });
  const [real = '', first = ''] = stdout.toString('utf8').split('\0');
  if (exitCode === 3) throw refused(`The target has no directory ${targetDirectory} to write below.`);
  if (real !== targetDirectory) throw refused(`The target's directory ${targetDirectory} is ${real} in truth.`);
  if (OF_SYSTEM.test(real) || PARENTS.has(real)) throw refused(`${real} belongs to the system that runs at the target.`);
  if ((await loadState(job)).taken === real) return;
  if (first !== '' && !confirmedDisks.includes(real)) {
    throw new SmartantError('HOST_DIRECTORY_NOT_EMPTY', `The target's directory ${real} holds files (${first}), which would be deleted.`, {
      kind: 'precondition',
      hint: `Name an empty directory, or confirm this one: add "${real}" to confirmedDisks.`,
    });
  }
  await saveState(job, { taken: real });
}

function refused(message: string): SmartantError {
  return new SmartantError('HOST_TARGET_DIRECTORY', message, {
    kind: 'precondition',
    hint: 'Mount the filesystems of the new system below a directory of their own at the target, without links, and name that one.',
  });
}
