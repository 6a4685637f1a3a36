import type { WalkEntry } from './walk-record';

/** same: left; copy: carried (again); replace: what stands at the target is of another type and has to go first. */
export type Verdict = 'same' | 'copy' | 'replace';

/** What a round knows beside the two entries. Seconds of the source's clock. */
export interface JudgedSince {
  /** What changed later may have been missed by what was copied: the start of the last round that ended; of none, of the first attempt. */
  since: number;
  /** When the first attempt at this round began; what was written at the target after it has been copied in it. */
  attempt: number;
  /** The target's clock minus the source's. */
  clockOffset: number;
  /** Filesystems without owners, modes and nanoseconds. */
  plain: boolean;
}

/** Clocks are compared with so much room, in seconds. */
const CLOCK_SLACK = 2;

/** Compares an entry that both sides have. */
export function judgeEntry(source: WalkEntry, target: WalkEntry, since: JudgedSince): Verdict {
  if (source.type !== target.type) return 'replace';
  if (!isAlike(source, target, since.plain)) return 'copy';
  // More names at the target than at the source: it shares an inode that is not its own any more.
  if (source.type === 'f' && source.links === 1 && target.links > 1) return 'copy';
  return source.ctime < since.since - CLOCK_SLACK || wasCopiedAgain(source, target, since) ? 'same' : 'copy';
}

/**
 * A round that is begun anew finds what its first attempt has copied: written at the target since then, and not changed at the source. A
 * file of several names is written by each of them, so that its time says nothing.
 */
function wasCopiedAgain(source: WalkEntry, target: WalkEntry, { attempt, clockOffset }: JudgedSince): boolean {
  if (source.links > 1 && source.type !== 'd') return false;
  return source.ctime < attempt - CLOCK_SLACK && target.ctime - clockOffset > attempt + CLOCK_SLACK;
}

/** Everything that a walk tells but the change of times inside. */
export function isAlike(source: WalkEntry, target: WalkEntry, plain: boolean): boolean {
  if (source.type !== target.type || source.size !== target.size || source.link !== target.link || source.rdev !== target.rdev)
    return false;
  if (plain) return source.type === 'd' || Math.abs(Number(source.mtime) - Number(target.mtime)) < 2;
  if (source.mode !== target.mode || source.uid !== target.uid || source.gid !== target.gid) return false;
  return isSameTime(source.mtime, target.mtime);
}

/** A filesystem that keeps whole seconds shows zero nanoseconds. */
export function isSameTime(source: string, target: string): boolean {
  return source === target || (target.endsWith('.000000000') && source.split('.')[0] === target.split('.')[0]);
}
