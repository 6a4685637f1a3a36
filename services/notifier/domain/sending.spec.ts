import { nextStep } from './delivery-outcome';
import { bucketOf } from './token-bucket';

const standing = { failures: 1, channelFailures: 1, isOver: false, hasFallback: false };

describe('what is done after an attempt', () => {
  it('tries again with growing pauses, and over a day that a provider is away it is found within a quarter of an hour', () => {
    let waitedMs = 0;
    for (let failures = 1; waitedMs < 86_400_000; failures += 1) {
      const next = nextStep('retry', { ...standing, failures }, 1);
      if (next.state !== 'pending') throw new Error(next.state);
      expect(next.delayMs).toBeGreaterThan(0);
      expect(next.delayMs).toBeLessThanOrEqual(900_000);
      waitedMs += next.delayMs;
      expect(failures).toBeLessThan(150);
    }
  });

  it('waits as long as the provider asks, within reason', () => {
    expect(nextStep('retry', { ...standing, retryAfterMs: 120_000 }, 0)).toEqual({ state: 'pending', delayMs: 120_000 });
    expect(nextStep('retry', { ...standing, retryAfterMs: 1e12 }, 0)).toEqual({ state: 'pending', delayMs: 21_600_000 });
  });

  it('gives to another channel what this one refuses, or fails at for a while', () => {
    const other = { ...standing, hasFallback: true };
    expect(nextStep('reconfigure', other, 0).state).toBe('fallen-back');
    expect(nextStep('give-up', other, 0).state).toBe('fallen-back');
    expect(nextStep('retry', other, 0).state).toBe('pending');
    expect(nextStep('retry', { ...other, failures: 3 }, 0).state).toBe('fallen-back');
    expect(nextStep('retry', { ...other, channelFailures: 3 }, 0).state).toBe('fallen-back');
  });

  it('gives up what will never be taken, and what had its time', () => {
    expect(nextStep('give-up', standing, 0).state).toBe('given-up');
    expect(nextStep('retry', { ...standing, isOver: true }, 0).state).toBe('given-up');
    expect(nextStep('reconfigure', standing, 0).state).toBe('pending');
  });
});

describe('buckets', () => {
  it.each([1, 2, 3, 20, 100, 6_000])('let no minute have more than %i', (limit) => {
    const { capacity, perSecond } = bucketOf(limit)!;
    expect(capacity).toBeGreaterThanOrEqual(1);
    expect(perSecond).toBeGreaterThan(0);
    // A minute is half open: what is sent at its very end belongs to the next.
    if (limit > 1) expect(capacity + perSecond * 60).toBeLessThanOrEqual(limit + 1e-9);
    else expect(1 / perSecond).toBeGreaterThanOrEqual(60);
  });

  it('are none without a limit', () => expect(bucketOf(0)).toBeNull());
});
