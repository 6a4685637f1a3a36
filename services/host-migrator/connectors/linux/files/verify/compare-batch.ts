import { BucketDigests, leafDigest, type Leaf } from '@smartant/proof';
import type { HostSession } from '../../session/host-session';
import type { WalkEntry } from '../walk-record';
import type { DifferenceList } from './difference-list';
import { describeDifference, fileLeaf, type Keeps } from './file-leaf';
import { readAttributes, readDigests } from './read-digests';

/** A path of either side; at least one is there. */
export interface Pair {
  source: WalkEntry | null;
  target: WalkEntry | null;
}

/** One side of a filesystem that is compared. */
export interface ComparedSide {
  session: HostSession;
  directory: string;
  digests: BucketDigests;
}

export interface Comparison {
  mount: string;
  keeps: Keeps;
  source: ComparedSide;
  target: ComparedSide;
  /** Read the contents of files. */
  content: boolean;
  /** Read extended attributes. */
  attributes: boolean;
  differences: DifferenceList;
  /** Seconds of the source's clock: what has changed later was not there when the last round looked. */
  since: number;
}

/** Reads what walks do not tell of a batch of paths, both sides at once, and adds their leaves. */
export async function compareBatch(comparison: Comparison, pairs: readonly Pair[], signal: AbortSignal): Promise<void> {
  const [source, target] = await Promise.all([
    describe(
      comparison,
      comparison.source,
      pairs.flatMap((pair) => pair.source ?? []),
      signal,
    ),
    describe(
      comparison,
      comparison.target,
      pairs.flatMap((pair) => pair.target ?? []),
      signal,
    ),
  ]);
  for (const pair of pairs) {
    const leaves = [pair.source && source(pair.source), pair.target && target(pair.target)] as const;
    if (isExplained(comparison, pair, leaves)) continue;
    if (leaves[0]) addLeaf(comparison.source.digests, leaves[0]);
    if (leaves[1]) addLeaf(comparison.target.digests, leaves[1]);
  }
}

async function describe(
  { mount, keeps, content, attributes }: Comparison,
  { session, directory }: ComparedSide,
  entries: readonly WalkEntry[],
  signal: AbortSignal,
): Promise<(entry: WalkEntry) => Leaf> {
  const files = content ? entries.filter(({ type }) => type === 'f').map(({ path }) => path) : [];
  const paths = attributes && keeps.rights ? entries.map(({ path }) => path) : [];
  const digests = await readDigests(session, directory, files, signal);
  const found = await readAttributes(session, directory, paths, signal);
  return (entry) => fileLeaf(mount, entry, { digest: digests.get(entry.path) ?? null, attributes: found.get(entry.path) ?? {}, keeps });
}

/** Notes how the leaves of a path differ. True for a difference that a waiver explains. */
function isExplained({ differences, since }: Comparison, pair: Pair, [source, target]: readonly [Leaf | null, Leaf | null]): boolean {
  const changedSince = (pair.source?.ctime ?? 0) >= since;
  if (source && target) {
    const difference = describeDifference(source, target);
    return difference !== null && differences.add({ key: source.key, ...difference, changedSince });
  }
  if (source) return differences.add({ key: source.key, kind: 'missing-at-target', detail: 'the target does not have it', changedSince });
  // Whether the source had it when the last round looked, nobody knows any more.
  return (
    target !== null &&
    differences.add({ key: target.key, kind: 'extra-at-target', detail: 'the source does not have it', changedSince: true })
  );
}

export function addLeaf(digests: BucketDigests, leaf: Leaf): void {
  digests.add(leaf.key, leafDigest(leaf), leaf.size);
}
