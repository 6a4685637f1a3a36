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
  /** Only what has changed its ctime since, in seconds of the host's clock. */
  changedSince?: number;
}

const FIELDS = '%p//%y %m %U %G %s %b %T@ %C@ %i %n %D';
const END = '//%l\\0';
/** `find` does not tell the numbers of a device; `stat` does, and ends its record. No more: that of uutils spoils names and nanoseconds. */
const DEVICE_END = ' %t:%T//\\0';
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

function findCommand({ directory, from, prune, changedSince }: WalkOptions): string[] {
  // `env -C` is newer than some sources, `sh -c cd` is everywhere; and records begin with "." whatever the directory's name.
  const script = 'cd -- "$1" && shift && exec find "$@"';
  const pruned = prune.flatMap((path) => ['-path', path, '-prune', '-o']);
  const since = changedSince === undefined ? [] : ['-newerct', `@${changedSince}`];
  // What it has printed it writes out before it starts another program. A device that is gone by then has no numbers; its record ends all the same.
  const numbers = ['(', '-exec', 'stat', `--printf=${DEVICE_END}`, '{}', ';', '-o', '-printf', END, ')'];
  const device = ['(', '-type', 'c', '-o', '-type', 'b', ')', '-printf', FIELDS, ...numbers];
  const told = ['(', ...device, '-o', '-type', 's', '-o', '-printf', `${FIELDS}${END}`, ')'];
  // A file that vanishes between readdir and stat is no error of the walk: it is simply not there.
  return ['sh', '-c', script, 'sh', directory, from, '-ignore_readdir_race', '-xdev', ...pruned, ...since, ...told];
}

/** `-path` matches a pattern; this one is the path itself. */
export function escapePattern(path: string): string {
  return path.replace(/[\\*?[\]]/g, '\\$&');
}
