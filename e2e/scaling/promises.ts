import type { Replica } from '../platform/replica';

/** From when a new replica is ready. */
export const SHARE_WITHIN_MS = 15_000;
/** From SIGTERM to its end. */
export const GONE_WITHIN_MS = 30_000;

/** Asks a replica to go, and holds it to going in time and in order. */
export async function goes(replica: Replica): Promise<void> {
  const askedMs = Date.now();
  await replica.stop();
  expect(Date.now() - askedMs).toBeLessThan(GONE_WITHIN_MS);
  expect(replica.lastStatus).toBe(0);
}
