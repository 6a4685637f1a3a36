import type { JudgedSince } from './judge-entry';
import type { EntryPlan } from './plan-entries';
import { walk, type Walked } from './walk';
import { parseRecord, type WalkEntry } from './walk-record';

/** Mount points of other filesystems, and what these lie in. */
const MOST_ENTRIES = 200;

/** So nothing that both sides have counts as carried: all directories get their times in the end. */
const NOTHING_CARRIED: Partial<JudgedSince> = { since: 0, attempt: Number.POSITIVE_INFINITY };

/**
 * Where the target has nothing but a few directories: visits what the source's walk tells, as it comes, with no sorting, which would have to
 * see everything first. Gives "more" where it has more than that, and nothing was visited; "extra" where it has something that the source
 * does not have: both are to be compared then, and what has to be removed is found by that.
 */
export async function walkUnsorted(
  source: Walked,
  target: Walked,
  planWith: (since: Partial<JudgedSince>) => EntryPlan,
  signal: AbortSignal,
): Promise<'done' | 'more' | 'extra'> {
  const there = await directoriesOf(target, signal);
  if (!there) return 'more';
  const plan = planWith(NOTHING_CARRIED);
  for await (const batch of walk(source, null, signal)) {
    for (const record of batch) {
      const entry = parseRecord(record);
      const waiting = plan.visit(entry, there.get(entry.key) ?? null);
      there.delete(entry.key);
      if (waiting) await waiting;
    }
  }
  await plan.end();
  return there.size === 0 ? 'done' : 'extra';
}

/** What the target has, by key; null: more than a few directories. */
async function directoriesOf(target: Walked, signal: AbortSignal): Promise<Map<string, WalkEntry> | null> {
  const there = new Map<string, WalkEntry>();
  for await (const batch of walk(target, null, signal)) {
    for (const entry of batch.map(parseRecord)) {
      there.set(entry.key, entry);
      if (entry.type !== 'd' || there.size > MOST_ENTRIES) return null;
    }
  }
  return there;
}
