import { SmartantError } from '@smartant/kernel';
import type { HostJob } from '../../../application/ports/host-engine';
import { directoryName } from '../files/work-directory';
import { WORK_VARIABLE, workMark } from '../session/work-mark';
import type { HostSession } from '../session/host-session';

const TAKEN = 77;

/**
 * The epoch of whoever works at the target stands in a folder of ours in memory, and in the environment of every command that works there. A
 * holder that was stopped and goes on later (a paused machine, a cut network) may still have programs at the target that wait for input: the
 * one that follows ends them before it begins, and the former one is refused when it comes again.
 */
const FENCE = `umask 077
name=$1; mine=$2; variable=$3; mark=$4
for parent in /run /dev/shm /var/tmp; do
  d=$parent/$name
  [ -d "$parent" ] || continue
  { mkdir "$d" 2>/dev/null || { [ -d "$d" ] && [ ! -L "$d" ] && [ -O "$d" ]; }; } || continue
  last=0; [ ! -f "$d/epoch" ] || read -r last <"$d/epoch"
  [ "\${last:-0}" -le "$mine" ] || exit ${TAKEN}
  echo "$mine" >"$d/epoch.new" && mv -f "$d/epoch.new" "$d/epoch" && break
done
i=0
while [ $i -lt 100 ]; do
  left=
  for f in $(grep -lzs -- "^$variable=\${mark%:*}:" /proc/[0-9]*/environ); do
    grep -qzs -- "^$variable=$mark\$" "$f" && continue
    p=\${f#/proc/}; kill -KILL "\${p%/environ}" 2>/dev/null && left=$p
  done
  [ -n "$left" ] || exit 0
  i=$((i+1)); sleep 0.1
done
exit 1`;

/** Makes the target this holder's. Raises HOST_WORK_TAKEN_OVER where a later one has been there. */
export async function fenceTarget(session: HostSession, job: Pick<HostJob, 'migrationId' | 'epoch'>, signal: AbortSignal): Promise<void> {
  const argv = ['sh', '-c', FENCE, 'sh', directoryName(job.migrationId), String(job.epoch), WORK_VARIABLE, workMark(job)];
  const { exitCode } = await session.run(argv, { signal, okCodes: [0, TAKEN] });
  if (exitCode !== TAKEN) return;
  throw new SmartantError('HOST_WORK_TAKEN_OVER', 'Another process works for this migration at the target by now.', {
    kind: 'precondition',
    actor: 'bug',
    hint: 'Nothing is to be done: the other one goes on. If two processes have the same run for long, report it with the trace id.',
  });
}
