import { exchange } from '../walk-record';
import { Spool } from '../spool';
import { linkGroups } from '../link-groups';
import { sortSpool } from '../sort-spool';
import type { SortPlace } from '../walk';
import { addLeaf, type Comparison } from './compare-batch';
import { namesLeaf } from './file-leaf';

const SEPARATOR = '\x01\x01';

/** Compares which names are one file, on both sides, from the names that were put aside. One group of each side is in memory. */
export async function compareNames(
  comparison: Comparison,
  names: { source: Spool; target: Spool },
  place: SortPlace,
  signal: AbortSignal,
): Promise<void> {
  const [source, target] = [await Spool.open(), await Spool.open()];
  try {
    await writeGroups(names.source, source, place, signal);
    await writeGroups(names.target, target, place, signal);
    await mergeGroups(comparison, [sortSpool(source, place, signal), sortSpool(target, place, signal)]);
  } finally {
    await Promise.all([source.close(), target.close()]);
  }
}

/** One record for each file of several names: its names, in the order of walks. A file whose other names are left out is none. */
async function writeGroups(names: Spool, groups: Spool, place: SortPlace, signal: AbortSignal): Promise<void> {
  for await (const group of linkGroups(names, place, signal)) {
    if (group.length > 1) await groups.add(group.map(({ entry }) => exchange(entry.path)).join(SEPARATOR));
  }
}

async function mergeGroups(comparison: Comparison, sides: [AsyncGenerator<string[]>, AsyncGenerator<string[]>]): Promise<void> {
  const [sources, targets] = [each(sides[0]), each(sides[1])];
  let [source, target] = [await sources.next(), await targets.next()];
  while (!source.done || !target.done) {
    const a = source.done ? null : source.value;
    const b = target.done ? null : target.value;
    const order = a === null ? 1 : b === null ? -1 : a < b ? -1 : a > b ? 1 : 0;
    const explained =
      order !== 0 &&
      isExplained(comparison, (order < 0 ? a : b) ?? '', `these names are one file at the ${order < 0 ? 'source' : 'target'} only`);
    if (order <= 0 && !explained) addLeaf(comparison.source.digests, leafOf(comparison, a ?? ''));
    if (order >= 0 && !explained) addLeaf(comparison.target.digests, leafOf(comparison, b ?? ''));
    if (order <= 0) source = await sources.next();
    if (order >= 0) target = await targets.next();
  }
}

async function* each(batches: AsyncGenerator<string[]>): AsyncGenerator<string, undefined> {
  for await (const batch of batches) yield* batch;
}

function leafOf({ mount }: Comparison, group: string) {
  return namesLeaf(mount, group.split(SEPARATOR).map(exchange));
}

function isExplained(comparison: Comparison, group: string, detail: string): boolean {
  return comparison.differences.add({
    key: leafOf(comparison, group).key.split('\n')[0] ?? '',
    kind: 'metadata',
    detail,
    changedSince: false,
  });
}
