import type { ListedObject } from '@smartant/connectors';
import type { RunPlan } from './run';

/**
 * - `compare`: the content is the same, but the source was written after the target's copy, so its properties may differ
 */
export type ChangeVerdict = 'unchanged' | 'copy' | 'compare';

const MD5_ETAG = /^[0-9a-f]{32}$/;

/**
 * Whether the target's object still is a copy of the source's, from the listings alone. Ladder, strongest first:
 *
 * 1. sizes differ: copy
 * 2. equal etags (MD5, or MD5 of the MD5s of equal parts): the same content. A copy has to be looked at for its
 *    properties only where the source is not clearly older than the target
 * 3. both etags are plain MD5 and differ: copy
 * 4. the source was last changed before the target was written, by more than the margin of the two clocks: unchanged
 * 5. in doubt copy
 */
export function judgeChange(
  source: ListedObject,
  target: ListedObject,
  plan: Pick<RunPlan, 'etagsAreMd5' | 'clockMarginMs'>,
): ChangeVerdict {
  if (source.size !== target.size) return 'copy';
  const older = source.modifiedAtMs + plan.clockMarginMs < target.modifiedAtMs;
  if (source.etag !== undefined && source.etag === target.etag) return older ? 'unchanged' : 'compare';
  if (plan.etagsAreMd5 && isMd5(source.etag) && isMd5(target.etag)) return 'copy';
  return older ? 'unchanged' : 'copy';
}

function isMd5(etag: string | undefined): boolean {
  return etag !== undefined && MD5_ETAG.test(etag);
}

const CLOCK_RESOLUTION_MS = 2_000;

/** The margin of rung 4: two seconds, since stores tell whole seconds, and what the two clocks differ by. */
export function clockMarginMs(sourceSkewMs: number | undefined, targetSkewMs: number | undefined): number {
  return CLOCK_RESOLUTION_MS + Math.abs((targetSkewMs ?? 0) - (sourceSkewMs ?? 0));
}
