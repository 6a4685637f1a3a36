/** One look at how much is at the target. */
export interface Look {
  atMs: number;
  bytes: number;
}

/** Shorter spans tell of bursts. */
const SHORTEST_MS = 10_000;
const LONGEST_MS = 300_000;

/** The looks that an estimate is made of: those of the last five minutes. */
export function withLook(looks: readonly Look[], look: Look): Look[] {
  return [...looks.filter(({ atMs }) => look.atMs - atMs <= LONGEST_MS), look];
}

/** Seconds until all is copied at the mean speed of the last minutes; null where that would be a guess. */
export function remainingSeconds(looks: readonly Look[], expectedBytes: number): number | null {
  const [first, last] = [looks[0], looks.at(-1)];
  if (!first || !last || last.atMs - first.atMs < SHORTEST_MS || expectedBytes <= 0) return null;
  const perSecond = (last.bytes - first.bytes) / ((last.atMs - first.atMs) / 1_000);
  if (perSecond <= 0) return null;
  return Math.max(0, expectedBytes - last.bytes) / perSecond;
}
