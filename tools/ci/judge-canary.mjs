/** Below this, nothing is judged: a share of a few requests says nothing. */
const LEAST_REQUESTS = 100;
/** A canary may fail this much more often than the stable version, in parts of all its requests. */
const ERROR_MARGIN = 0.005;
const SLOWER = 1.5;
const SLOWER_MARGIN_MS = 50;

/**
 * Whether a canary does as well as the version beside it: `{ verdict: 'good' | 'bad' | 'unknown', reasons }`. Each version:
 * `{ requests, errors, p95Ms }` over the time that is looked at.
 */
export function judgeCanary({ stable, canary }) {
  if (canary.requests < LEAST_REQUESTS) {
    return { verdict: 'unknown', reasons: [`the canary had ${canary.requests} requests, ${LEAST_REQUESTS} are needed`] };
  }
  const ratio = ({ requests, errors }) => (requests === 0 ? 0 : errors / requests);
  const reasons = [];
  if (ratio(canary) > ratio(stable) + ERROR_MARGIN) {
    reasons.push(`${percent(ratio(canary))} of its requests fail, ${percent(ratio(stable))} of the stable version's`);
  }
  const slowest = stable.p95Ms * SLOWER + SLOWER_MARGIN_MS;
  if (stable.requests >= LEAST_REQUESTS && canary.p95Ms > slowest) {
    reasons.push(`95 of 100 requests take it up to ${Math.round(canary.p95Ms)} ms, the stable version ${Math.round(stable.p95Ms)} ms`);
  }
  return { verdict: reasons.length > 0 ? 'bad' : 'good', reasons };
}

const percent = (ratio) => `${(ratio * 100).toFixed(2)}%`;
