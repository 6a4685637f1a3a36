import { sortSpool } from './sort-spool';
import type { Spool } from './spool';
import type { SortPlace } from './walk';
import { exchange, type WalkEntry } from './walk-record';

/** One name of a file that has several. */
export interface LinkedName {
  entry: Pick<WalkEntry, 'path' | 'size'>;
  inode: string;
  /** Of what the target has under that name; empty: nothing. */
  targetInode: string;
  targetLinks: number;
  /** It has to be carried. */
  changed: boolean;
}

const SEPARATOR = '\x01\x01';

/** Writes a name down for sorting: names of an inode come together, in the order of walks. */
export function linkRecord(entry: WalkEntry, target: WalkEntry | null, changed: boolean): string {
  const { inode, key, size } = entry;
  return [inode, key, String(size), target?.inode ?? '', String(target?.links ?? 0), changed ? '1' : '0'].join(SEPARATOR);
}

function parseLink(record: string): LinkedName {
  const [inode = '', key = '', size, targetInode = '', targetLinks, changed] = record.split(SEPARATOR);
  return {
    entry: { path: exchange(key), size: Number(size) },
    inode,
    targetInode,
    targetLinks: Number(targetLinks),
    changed: changed === '1',
  };
}

/** Names of one inode after those of another. In memory is one group: at most 65,000 names on ext4. Raises HOST_TRANSFER_FAILED. */
export async function* linkGroups(names: Spool, place: SortPlace, signal: AbortSignal): AsyncGenerator<LinkedName[]> {
  let group: LinkedName[] = [];
  for await (const batch of sortSpool(names, place, signal)) {
    for (const name of batch.map(parseLink)) {
      if (group[0] && group[0].inode !== name.inode) {
        yield group;
        group = [];
      }
      const same = group.at(-1);
      // A first round that began without comparing and had to compare after all has put it down twice.
      if (same?.entry.path === name.entry.path) group[group.length - 1] = oneOf(same, name);
      else group.push(name);
    }
  }
  if (group.length > 0) yield group;
}

/** What is known of a name that was put down twice: with what stands at the target, once that was looked at. */
function oneOf(a: LinkedName, b: LinkedName): LinkedName {
  const seen = a.targetInode === '' ? b : a;
  return { ...seen, changed: a.changed || b.changed };
}

/**
 * Whether the names stand at the target as they should: each there, one inode, and no name more. A change of any of them is one of their
 * inode, so that all are carried, in one stream: its tar links them.
 */
export function isLinkedAlike(group: readonly LinkedName[]): boolean {
  const [first] = group;
  return group.every(
    ({ changed, targetInode, targetLinks }) => !changed && targetInode === first?.targetInode && targetLinks === group.length,
  );
}
