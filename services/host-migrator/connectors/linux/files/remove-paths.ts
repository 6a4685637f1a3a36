import { pipeline } from 'node:stream/promises';
import { SmartantError } from '@smartant/kernel';
import type { HostSession } from '../session/host-session';
import { under } from './files-options';
import type { Confine } from './confine';
import { nameList, type PathBytes } from './path-bytes';

export interface Remover {
  target: HostSession;
  confine: Confine;
}

/**
 * Removes exactly the named entries below a directory of the target's root, directories only when they are empty: what nobody has walked
 * stays. Gives how many directories stayed because of that. Raises HOST_REMOVE_FAILED.
 */
export async function removeListed(
  { target, confine }: Remover,
  directory: string,
  names: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<number> {
  const command = ['rm', '--force', '--dir', '--'];
  const running = await target.stream(inDirectory(confine, directory, command), { signal });
  running.stdout.resume();
  await pipeline(names, running.stdin, { signal }).catch(() => undefined);
  const { exitCode, stderr } = await running.done;
  const lines = exitCode === 0 ? [] : stderr.split('\n').filter((line) => line !== '');
  const kept = lines.filter((line) => /Directory not empty$|Device or resource busy$/.test(line));
  if (exitCode !== 0 && (kept.length === 0 || kept.length < lines.length)) throw removeFailed(exitCode, stderr);
  return kept.length;
}

/** Removes entries with all that is below them, on their filesystem alone: the source has something of another type there. */
export async function removeTrees(
  { target, confine }: Remover,
  directory: string,
  paths: readonly PathBytes[],
  signal: AbortSignal,
): Promise<void> {
  const command = ['rm', '--force', '--recursive', '--one-file-system', '--'];
  const running = await target.stream(inDirectory(confine, directory, command), { signal });
  running.stdout.resume();
  running.stdin.end(nameList(paths));
  const { exitCode, stderr } = await running.done;
  if (exitCode !== 0) throw removeFailed(exitCode, stderr);
}

/** With the names on stdin as arguments. `directory`: relative to the target's root. */
function inDirectory(confine: Confine, directory: string, command: readonly string[]): string[] {
  const script = 'cd -- "$1"; shift; exec xargs -0 -r "$@"';
  return confine(['sh', '-c', script, 'sh', directory, ...command]);
}

function removeFailed(exitCode: number, stderr: string): SmartantError {
  return new SmartantError('HOST_REMOVE_FAILED', 'What the source does not have could not be removed at the target.', {
    kind: 'precondition',
    actor: 'operator',
    hint: 'Look at what `rm` says: a filesystem of the target may have become read-only, or files there may be immutable.',
    details: { exitCode: String(exitCode), stderr: stderr.slice(-2_000) },
  });
}

/** "./home" of "/home": relative to a root. */
export function relativeDirectory(mount: string): string {
  return under('.', mount);
}
