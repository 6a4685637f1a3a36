import { wasOpenSince, windowsPassed } from './missed-window';

const HOUR_MS = 3_600_000;
/** Every day from one to two o'clock. */
const calendar = {
  timeZone: 'UTC',
  windows: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as never, from: '01:00', to: '02:00' }],
  outside: 'stop' as const,
};
const midnightMs = Date.parse('2026-03-02T00:00:00Z');

it("takes the database's time, which has parts of a millisecond", () => {
  expect(windowsPassed(calendar, midnightMs + 0.007, midnightMs + 3 * HOUR_MS + 0.5, 5)).toEqual([
    { fromMs: midnightMs + HOUR_MS, toMs: midnightMs + 2 * HOUR_MS },
  ]);
  expect(wasOpenSince(calendar, midnightMs + HOUR_MS + 0.25, midnightMs + 1.5 * HOUR_MS)).toBe(true);
});
