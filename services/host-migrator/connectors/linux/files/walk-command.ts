import type { Command } from '../session/host-session';

/** Where and how a filesystem is walked. */
export interface WalkOptions {
  /** Absolute, at that host. */
  directory: string;
  /** Where to begin: ".", or a directory below it. */
  from: string;
  /** Patterns of `find -path`, below it: neither told nor gone into. */
  prune: readonly string[];
  /** Where `sort` puts what does not fit in its memory; null: not sorted there. */
  sortIn: string | null;
  /** Records are to come as `find` goes: those of devices are else told later than what is beside them, many by one `stat`. */
  inOrder?: boolean;
  /** Only what has changed its ctime since, in seconds of the host's clock. */
  changedSince?: number;
}

const FIELDS = '%p//%y %m %U %G %s %b %T@ %C@ %i %n %D';
const END = '//%l\\0';
/** `find` does not tell the numbers of a device; `stat` does, and ends its record. A device that is gone by then has none. */
const NUMBERS = ' %t:%T//\\0';
const DEVICE = ['-printf', FIELDS, '(', '-exec', 'stat', `--printf=${NUMBERS}`, '{}', ';', '-o', '-printf', END, ')'];
/** Many at once by GNU's `stat`, which tells the whole record; that of uutils spoils names and nanoseconds. `$0`: their type. */
const DEVICES = `case $(stat --version) in
*GNU*) exec stat --printf="%n//$0 %a %u %g %s %b %.9Y %.9Z %i %h %d %t:%T//\\0" "$@" ;;
esac
for d; do find "$d" -maxdepth 0 -printf '${FIELDS}' && stat --printf='${NUMBERS}' "$d" || exit; done`;
/** Of `sort`: what it keeps in memory. 50 million records of 150 bytes are then 120 pieces. */
const SORT_MEMORY = '64M';

/**
 * A pipeline that writes one NUL-terminated record for each entry of a filesystem (see `parseRecord`), a directory before what is below it,
 * siblings by their bytes. Nothing is kept but by `sort`, which goes to files.
 */
export function walkCommand(options: WalkOptions): Command {
  const find = findCommand(options);
  return { pipeline: [find, EXCHANGE, ...(options.sortIn === null ? [] : [sortCommand(options.sortIn)])] };
}

/** "/" becomes the smallest byte of a record, so that plain sorting keeps directories together. */
const EXCHANGE = ['tr', '/\\001', '\\001/'];

/** Sorts NUL-terminated records of stdin by their bytes, with bounded memory. */
export function sortCommand(directory: string): string[] {
  return ['sort', '-z', '-S', SORT_MEMORY, '-T', directory];
}

function findCommand({ directory, from, prune, inOrder, changedSince }: WalkOptions): string[] {
  // `env -C` is newer than some sources, `sh -c cd` is everywhere; and records begin with "." whatever the directory's name.
  const script = 'cd -- "$1" && shift && exec find "$@"';
  const pruned = prune.flatMap((path) => ['-path', path, '-prune', '-o']);
  const since = changedSince === undefined ? [] : ['-newerct', `@${changedSince}`];
  // What it has printed it writes out before it starts another program.
  const devices = ['c', 'b'].flatMap((type) => [
    ...['-type', type],
    ...(inOrder ? DEVICE : ['-exec', 'sh', '-c', DEVICES, type, '{}', '+']),
    '-o',
  ]);
  const told = ['(', ...devices, '-type', 's', '-o', '-printf', `${FIELDS}${END}`, ')'];
  // A file that vanishes between readdir and stat is no error of the walk: it is simply not there.
  return ['sh', '-c', script, 'sh', directory, from, '-ignore_readdir_race', '-xdev', ...pruned, ...since, ...told];
}

/** `-path` matches a pattern; this one is the path itself. */
export function escapePattern(path: string): string {
  return path.replace(/[\\*?[\]]/g, '\\$&');
}
