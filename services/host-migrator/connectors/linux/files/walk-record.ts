import { SmartantError } from '@smartant/kernel';
import type { PathBytes } from './path-bytes';

/** f: file, d: directory, l: symbolic link, p: fifo, c and b: devices. Sockets are not walked: they belong to their process. */
export type EntryType = 'f' | 'd' | 'l' | 'p' | 'c' | 'b';

/** One entry of a filesystem, as its walk tells it. */
export interface WalkEntry {
  path: PathBytes;
  /** `path` with "/" and "\x01" exchanged: in this order a directory comes right before all that is below it. */
  key: string;
  type: EntryType;
  /** Octal permissions without leading zeros, "4755". */
  mode: string;
  uid: string;
  gid: string;
  /** Bytes. */
  size: number;
  /** Of 512 bytes. */
  blocks: number;
  /** Seconds and nanoseconds since 1970, "1700000000.123456789". */
  mtime: string;
  /** Seconds since 1970; of the clock of its host. */
  ctime: number;
  inode: string;
  links: number;
  device: string;
  /** Of a device node, "major:minor" in hexadecimal; else empty. */
  rdev: string;
  /** Target of a symbolic link, in bytes; else empty. */
  link: string;
}

/** The byte that takes the place of the slash: smaller than any other in a name. */
const LOW = '\x01';

/** What stands between the path and the fields of a record, after the exchange: no path has "//" in it. */
const SEPARATOR = '\x01\x01';

/**
 * Reads a record: `path//type mode uid gid size blocks mtime ctime inode links device[ rdev]//link`, "/" and "\x01" exchanged.
 * Raises HOST_WALK_MALFORMED.
 */
export function parseRecord(record: string): WalkEntry {
  const end = record.indexOf(SEPARATOR);
  const linkAt = end < 0 ? -1 : record.indexOf(SEPARATOR, end + 2);
  if (linkAt < 0) throw malformed(record);
  const key = record.slice(0, end);
  const fields = record.slice(end + 2, linkAt).split(' ');
  if (fields.length < 11) throw malformed(record);
  const [type, mode, uid, gid, size, blocks, mtime, ctime, inode, links, device, rdev = ''] = fields as [string, ...string[]] & string[];
  return {
    path: exchange(key),
    key,
    type: type as EntryType,
    mode: mode as string,
    uid: uid as string,
    gid: gid as string,
    size: type === 'f' ? Number(size) : 0,
    blocks: Number(blocks),
    mtime: nanoseconds(mtime as string),
    ctime: Number(ctime),
    inode: inode as string,
    links: Number(links),
    device: device as string,
    rdev,
    link: exchange(record.slice(linkAt + 2)),
  };
}

/** Exchanges "/" and "\x01": its own inverse. */
export function exchange(text: string): string {
  const low = text.includes(LOW);
  const slash = text.includes('/');
  if (!low) return slash ? text.replaceAll('/', LOW) : text;
  // Nearly every path: no name has the byte 1 in it.
  if (!slash) return text.replaceAll(LOW, '/');
  return text
    .split('/')
    .map((part) => part.replaceAll(LOW, '/'))
    .join(LOW);
}

/** `find` writes ten digits, `stat` nine, and an old `find` none. */
function nanoseconds(time: string): string {
  const dot = time.indexOf('.');
  return dot < 0 ? `${time}.000000000` : time.slice(0, dot + 10).padEnd(dot + 10, '0');
}

function malformed(record: string): SmartantError {
  return new SmartantError('HOST_WALK_MALFORMED', 'The list of files of a host cannot be read: a record of it is malformed.', {
    // Also what is left of a listing that was cut off.
    kind: 'unavailable',
    hint: 'Look at the transcript: its `find` is not GNU find, or something else writes to its output.',
    details: { record: Buffer.from(record.slice(0, 200), 'latin1').toString('hex') },
  });
}
