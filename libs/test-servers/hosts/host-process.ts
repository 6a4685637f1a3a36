import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningServer } from '../guarded-server';
import { HOST_INIT } from './host-init';

/**
 * Between this process and a host. A line on stdin switches the host off; the end of stdin, which comes however this process ends, also removes
 * its folder. A shell, since there may be fifty of them. $1: the folder, $2: the first process's script, $3: the name.
 */
const GUARD = `
exec 3<&0
unshare --fork --kill-child --pid --mount --uts --ipc --net sh -c "$2" sh "$1" "$3" </dev/null 3<&- >>"$1/log" 2>&1 &
host=$!
echo "$host" >"$1/pid"
( read -r word <&3 || : >"$1/forget"; kill -9 "$host" ) &
watch=$!
wait "$host"
status=$?
kill "$watch" 2>/dev/null
[ ! -e "$1/forget" ] || rm -rf "$1" || { sleep 1; rm -rf "$1"; }
exit "$status"
`;

const LOG_TAIL_CHARACTERS = 2_000;

export type HostProcess = Pick<RunningServer, 'exitStatus' | 'logTail' | 'kill' | 'stop'>;

/** Begins a host in new namespaces. Its first process waits for its network (`connectHost`). */
export function startHostProcess(folder: string, name: string): HostProcess {
  const guard = spawn('/bin/sh', ['-c', GUARD, 'sh', folder, HOST_INIT, name], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    // A Ctrl-C in the terminal is not its affair: the end of stdin is.
    detached: true,
  });
  guard.stdin.on('error', () => undefined);
  guard.unref();
  (guard.stdin as unknown as { unref?: () => void }).unref?.();
  const ended = new Promise<void>((resolve) => guard.once('close', () => resolve()));
  const end = async (line: string) => {
    guard.ref();
    guard.stdin.end(line);
    await ended;
  };
  return {
    exitStatus: () => guard.exitCode,
    logTail: () => hostLog(folder).slice(-LOG_TAIL_CHARACTERS),
    kill: () => end('off\n'),
    stop: () => end(''),
  };
}

export function hostLog(folder: string): string {
  try {
    return readFileSync(join(folder, 'log'), 'utf8');
  } catch {
    return '';
  }
}
