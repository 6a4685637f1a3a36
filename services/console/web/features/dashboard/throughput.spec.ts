import { pointBetween, sampleOf } from './throughput';

const one = (id: string, copiedBytes: number, appliedBytes?: number) => ({ id, ledger: { copiedBytes, appliedBytes } });

it('adds up what all have moved between two looks', () => {
  const before = sampleOf([one('a', 100), one('b', 0, 10)], 1_000);
  const after = sampleOf([one('a', 300), one('b', 0, 110)], 3_000);
  expect(pointBetween(before, after)).toEqual({ atMs: 3_000, bytesPerSecond: 150 });
});

it('counts nothing of a migration that only one look has seen, or whose counter began anew', () => {
  const before = sampleOf([one('a', 500), one('gone', 9)], 0);
  const after = sampleOf([one('a', 20), one('new', 1_000)], 1_000);
  expect(pointBetween(before, after)).toEqual({ atMs: 1_000, bytesPerSecond: 0 });
});

it('says nothing of two looks at the same time', () => {
  const sample = sampleOf([one('a', 1)], 5);
  expect(pointBetween(sample, sample)).toBeUndefined();
});
