import { needsSomebody, progressOf } from './progress';

const ledger = (copiedBytes: number, unchangedBytes = 0) => ({ copiedBytes, unchangedBytes }) as never;

it('counts what was there already as settled', () => {
  expect(progressOf({ phase: 'full', status: 'running', ledger: ledger(30, 20), expectedBytes: 100 })).toBe(0.5);
});

it('knows nothing before the estimate, and never more than all', () => {
  expect(progressOf({ phase: 'precheck', status: 'running', ledger: ledger(0), expectedBytes: 100 })).toBeNull();
  expect(progressOf({ phase: 'full', status: 'running', ledger: ledger(5), expectedBytes: 0 })).toBeNull();
  expect(progressOf({ phase: 'incremental', status: 'waiting', ledger: ledger(150), expectedBytes: 100 })).toBe(1);
});

it('is whole when the migration is done, also where there was nothing to copy', () => {
  expect(progressOf({ phase: 'done', status: 'succeeded', ledger: ledger(0), expectedBytes: 0 })).toBe(1);
});

it.each([
  ['one that failed', { status: 'failed', waitingFor: null, stuck: null }, true],
  [
    'one that waits for its cutover',
    { status: 'waiting', waitingFor: { reason: 'cutover', until: '2026-01-01T00:00:00Z', error: null }, stuck: null },
    true,
  ],
  [
    'one that goes on by itself',
    { status: 'waiting', waitingFor: { reason: 'window', until: '2026-01-01T00:00:00Z', error: null }, stuck: null },
    false,
  ],
  ['one that runs', { status: 'running', waitingFor: null, stuck: null }, false],
] as const)('%s needs somebody: %s', (_name, migration, expected) => expect(needsSomebody(migration as never)).toBe(expected));
