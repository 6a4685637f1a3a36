import { SmartantError } from '@smartant/kernel';
import { BRIEF, PATIENT, RetryPolicy } from './retry-policy';

const error = (code: string, details: Record<string, string> = {}) =>
  new SmartantError(code, 'x', { kind: 'unavailable', retry: { kind: 'backoff' }, details });

/** Milliseconds that a request is tried for when each attempt fails at once. */
function patience(policy: RetryPolicy, failure: SmartantError): { attempts: number; totalMs: number } {
  let totalMs = 0;
  for (let attempts = 1; ; attempts += 1) {
    const delay = policy.delayAfter(failure, totalMs, 0.5);
    if (delay === undefined) return { attempts, totalMs };
    totalMs += delay;
  }
}

describe('RetryPolicy', () => {
  it('survives a store that is unreachable for more than a minute', () => {
    const { totalMs } = patience(new RetryPolicy(PATIENT), error('STORAGE_UNREACHABLE'));
    expect(totalMs).toBeGreaterThan(160_000);
    expect(totalMs).toBeLessThanOrEqual(180_000);
  });

  it('gives up on a store that goes on failing or throttling one request', () => {
    expect(patience(new RetryPolicy(PATIENT), error('STORAGE_THROTTLED')).attempts).toBe(8);
    expect(patience(new RetryPolicy(PATIENT), error('STORAGE_UNREACHABLE', { s3Code: 'InternalError' })).attempts).toBe(8);
  });

  it('is brief where somebody waits', () => {
    expect(patience(new RetryPolicy(BRIEF), error('STORAGE_UNREACHABLE')).totalMs).toBeLessThanOrEqual(3_000);
  });

  it('never repeats what cannot help', () => {
    expect(new RetryPolicy(PATIENT).delayAfter(new SmartantError('STORAGE_ACCESS_DENIED', 'x', { kind: 'forbidden' }))).toBeUndefined();
  });

  it('grows and jitters', () => {
    const policy = new RetryPolicy(PATIENT);
    const delays = [0, 1, 0, 1].map((random) => policy.delayAfter(error('STORAGE_TIMEOUT'), 0, random));
    expect(delays).toEqual([50, 200, 200, 800]);
  });
});
