import { SmartantError } from '@smartant/kernel';
import type { HostSession } from '../session/host-session';
import { firstLine } from './read-lines';

/** How often it is tried to hold a filesystem still that somebody else holds, a second apart. */
const TRIES = 30;

/**
 * Holds a filesystem still for as long as it hears from us. What lets it go again is started before it is held: that looks every second whether
 * its holder lives and whether the longest time is over, and stands in a process group of its own, so that whatever ends the holder does not end
 * it. Its time begins with the first try, and has all tries in it: it must not let go what somebody else holds meanwhile. The holder itself lets go
 * when its input ends or falls silent, and when nobody would let go in its place. `q`: it is to let go, and was held until now.
 */
const HOLD = `m=$1; longest=$2; silence=$3; tries=$4
setsid sh -c 'i=0; while [ $i -lt "$2" ] && kill -0 "$3" 2>/dev/null; do sleep 1; i=$((i+1)); done; exec fsfreeze -u "$1"' sh "$m" $((longest+tries+5)) "$$" </dev/null >/dev/null 2>&1 &
guard=$!
dismiss() { kill -TERM "-$guard" 2>/dev/null || kill -TERM "$guard" 2>/dev/null; }
i=0
until said=$(fsfreeze -f "$m" 2>&1); do
  case $said in *'not supported'*) dismiss; echo unsupported; exit 0 ;; esac
  i=$((i+1))
  [ $i -lt "$tries" ] || { dismiss; echo "$said" >&2; exit 3; }
  sleep 1
done
# To write out what was not on the disk yet may have taken longer than the guard waits.
kill -0 "$guard" 2>/dev/null || { fsfreeze -u "$m"; exit 5; }
echo held
while word=$(timeout "$silence" dd bs=1 count=1 2>/dev/null) && [ "$word" = . ]; do kill -0 "$guard" 2>/dev/null || exit 5; done
fsfreeze -u "$m" || exit 4
dismiss
[ "$word" = q ] || exit 5`;

/** How long a filesystem may be held at most: whatever writes to it waits for so long. */
const LONGEST_SECONDS = 15 * 60;
const SILENCE_SECONDS = 30;
const BEAT_MS = 5_000;

/**
 * Works while nothing is written to a mounted filesystem of the source, and all that was written is on its disk (`fsfreeze`). `held` is false for
 * those that know no such state (vfat). Raises HOST_HOLD_REFUSED, and HOST_HOLD_LOST when it was let go before the work was done: by the longest
 * time, or by a connection that broke. The work is ended then.
 */
export async function heldStill<T>(
  session: HostSession,
  mount: string,
  signal: AbortSignal,
  work: (held: boolean, within: AbortSignal) => Promise<T>,
  { longestSeconds = LONGEST_SECONDS } = {},
): Promise<T> {
  const limits = [longestSeconds, SILENCE_SECONDS, TRIES].map(String);
  const holder = await session.stream(['sh', '-c', HOLD, 'sh', mount, ...limits], { signal });
  const word = await firstLine(holder.stdout);
  if (word === 'unsupported') {
    holder.stdin.end();
    await holder.done;
    return work(false, signal);
  }
  if (word !== 'held') {
    const { exitCode, stderr } = await holder.done;
    throw exitCode === 5 ? lost(mount, stderr) : refused(mount, stderr);
  }
  const over = new AbortController();
  const letGo = (stderr = '') => {
    over.abort(lost(mount, stderr));
    holder.stdin.end();
  };
  const beat = setInterval(() => holder.stdin.write('.'), BEAT_MS);
  const limit = setTimeout(letGo, longestSeconds * 1_000);
  void holder.done.then(
    ({ stderr }) => letGo(stderr),
    () => letGo(),
  );
  try {
    const result = await work(true, AbortSignal.any([signal, over.signal]));
    over.signal.throwIfAborted();
    clearTimeout(limit);
    clearInterval(beat);
    holder.stdin.end('q');
    const { exitCode, stderr } = await holder.done;
    if (exitCode !== 0) throw lost(mount, stderr);
    return result;
  } catch (error) {
    signal.throwIfAborted();
    throw over.signal.aborted ? over.signal.reason : error;
  } finally {
    clearTimeout(limit);
    clearInterval(beat);
    // It lets go at the end of its input.
    holder.stdin.end();
    await holder.done.catch(() => undefined);
  }
}

function refused(mount: string, stderr: string): SmartantError {
  return new SmartantError('HOST_HOLD_REFUSED', `${mount} of the source cannot be held still: ${stderr.trim().slice(-300)}`, {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    hint: 'It is tried again. If somebody else has frozen it (a backup, for example), wait for that, or thaw it: fsfreeze --unfreeze.',
    details: { mount },
  });
}

function lost(mount: string, stderr: string): SmartantError {
  return new SmartantError('HOST_HOLD_LOST', `${mount} of the source was let go before all of it was read.`, {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    hint: `It is tried again. It may be held for ${LONGEST_SECONDS / 60} minutes: lift the limits of the migration, or use the engine "files" for volumes that take longer to read.`,
    details: { mount, stderr: stderr.slice(-300) },
  });
}
