import type { PhaseTiming } from '../../domain/migration/migration';
import { ownTraceOf, phaseTrace } from './phase-trace';

const traceContext = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
const timing = (minutes: number, round = 0): PhaseTiming => ({
  phase: 'incremental',
  round,
  startedAt: new Date(Date.UTC(2026, 0, 1, 0, minutes)).toISOString(),
});
const migration = (...timings: PhaseTiming[]) => ({ id: 'mig_1', createdAt: '2026-01-01T00:00:00.000Z', traceContext, timings });

it('is that of the request for what begins soon after it', () => {
  expect(phaseTrace(migration())).toBe(traceContext);
  expect(phaseTrace(migration(timing(9)))).toBe(traceContext);
  expect(ownTraceOf(migration(), timing(9))).toBeNull();
});

it('is one of its own for each round that begins later, the same for every replica', () => {
  const own = phaseTrace(migration(timing(9), timing(10, 1)));
  expect(own).toEqual({ traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/) });
  expect(own).not.toEqual(traceContext);
  expect(phaseTrace(migration(timing(10, 1)))).toEqual(own);
  expect(phaseTrace(migration(timing(10, 2)))).not.toEqual(own);
  expect(phaseTrace(migration(timing(10, 1)), timing(9))).toBe(traceContext);
});
