import type { Schema } from '@smartant/contracts/openapi';
import { nextWindows } from './next-windows';

const migration = (id: string, waitingFor: object | null) => ({ id, waitingFor }) as Schema<'Migration'>;

it('lists who waits for a calendar, the next one first', () => {
  const found = nextWindows([
    migration('late', { reason: 'window', until: '2026-01-02T00:00:00+00:00' }),
    migration('paused', { reason: 'resume', until: null }),
    migration('soon', { reason: 'window', until: '2026-01-01T23:00:00+08:00' }),
    migration('free', null),
  ]);
  expect(found.map(({ id }) => id)).toEqual(['soon', 'late']);
});
