import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * When a process began, as an opaque text: a process id alone may have been given to another process since.
 * Null when no such process lives (a zombie counts as gone).
 */
export function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the name in parentheses and may hold anything; fields are counted behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : fields[19];
  } catch {
    if (process.platform === 'linux') return null;
  }
  const shown = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  return shown.status === 0 ? shown.stdout.trim() : null;
}

export const identityOf = (pid) => ({ pid, startedAt: startOf(pid) });

/** Whether the very process that was recorded still lives. */
export const isAlive = ({ pid, startedAt }) => Number.isInteger(pid) && startedAt !== null && startOf(pid) === startedAt;

/** How a process was called; empty when there is none, or it is not for us to see. */
export function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    if (process.platform === 'linux') return '';
  }
  return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
}
