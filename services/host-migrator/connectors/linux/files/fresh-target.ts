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
 * see everything first. Gives false where it has more, before anything is visited; or something that the source does not have, in the end:
 * both are compared then, and what is to be removed is found by that.
 */
export async function walkUnsorted(
  source: Walked,
  target: Walked,
  planWith: (since: Partial<JudgedSince>) => EntryPlan,
  signal: AbortSignal,
): Promise<boolean> {
  const there = await directoriesOf(target, signal);
  if (!there) return false;
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
  return there.size === 0;
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
