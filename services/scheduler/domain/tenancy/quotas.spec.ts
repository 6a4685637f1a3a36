import { NO_QUOTAS, rateAboveCeiling, withinCeilings } from './quotas';

const limits = { bytesPerSecond: 0, requestsPerSecond: 50, concurrency: 8 };

it.each([
  ['no ceiling at all', NO_QUOTAS, limits, undefined],
  ['a ceiling over no limit', { ...NO_QUOTAS, bytesPerSecond: 1_000 }, { ...limits, bytesPerSecond: 1_000 }, 'bytesPerSecond'],
  ['a ceiling below a limit', { ...NO_QUOTAS, concurrency: 4 }, { ...limits, concurrency: 4 }, 'concurrency'],
  ['a ceiling at a limit', { ...NO_QUOTAS, requestsPerSecond: 50 }, limits, undefined],
  ['a ceiling above a limit', { ...NO_QUOTAS, requestsPerSecond: 51 }, limits, undefined],
])('%s', (_name, ceilings, bounded, above) => {
  expect(withinCeilings(limits, ceilings)).toEqual(bounded);
  expect(rateAboveCeiling(limits, ceilings)).toBe(above);
  expect(rateAboveCeiling(bounded, ceilings)).toBeUndefined();
});
