import type { Migration } from '../api/api';
import { en } from '../messages/en';
import { nextSteps } from '../output/migration-view';
import { sampleDatabaseMigration, STREAM, VERIFIED_DATABASE } from '../testing/sample-database-migration';
import { outcomeOf } from './outcome';
import { progressOf } from './progress';

const at = (changes: Partial<Migration>, bytesPerSecond = 0, objectsPerSecond = 0) =>
  progressOf({ migration: sampleDatabaseMigration(changes), bytesPerSecond, objectsPerSecond }, en);
const { ledger } = sampleDatabaseMigration();

describe('the progress of a database', () => {
  it('is tables, rows and bytes while they are copied', () => {
    expect(at({}, 1_048_576)).toEqual({
      stage: 'full:false',
      title: 'full copy',
      fraction: 0.25,
      facts: '5/14 tables  7,000 rows  1 MiB  1 MiB/s  2 indexes  3.0s left',
    });
  });

  it('never says that all is copied before the last table is', () => {
    expect(at({ ledger: { ...ledger, copiedBytes: 9_000_000 } }).fraction).toBe(0.99);
    expect(at({ ledger: { ...ledger, copiedTables: 14 } }).fraction).toBe(1);
  });

  it('is the lag, the changes and the log that is kept while they are streamed', () => {
    const changes = { ...ledger, appliedChanges: 1_234, quarantinedTables: 1 };
    const progress = at({ phase: 'incremental', stream: STREAM, ledger: changes }, 2_048, 37);
    expect(progress).toMatchObject({ title: 'streaming changes', fraction: null });
    expect(progress.facts).toBe('120ms (1.2 KiB) behind  1,234 changes  37 changes/s  2 KiB/s  log kept 3 MiB  1 table failed');
    const full = at({ phase: 'incremental', stream: { ...STREAM, fullAt: '2026-11-24T00:00:00.000Z' } });
    expect(full.facts).toMatch(/log kept 3 MiB, its disk is full at 2026-11-2[34]/);
    const waiting = at({ phase: 'incremental', stream: { ...STREAM, comparisonsWait: true } });
    expect(waiting.facts).toContain('behind  comparisons wait until it has caught up  ');
    const drifted = at({ phase: 'incremental', stream: { ...STREAM, definitionDifferenceCount: 2 } });
    expect(drifted.facts).toContain('2 definitions differ');
  });

  it('is the downtime during the cutover', () => {
    const frozenAt = '2026-11-23T00:00:00.000Z';
    expect(at({ phase: 'cutover', frozenAt, openedAt: '2026-11-23T00:00:02.500Z' }).facts).toBe('Downtime 2.5s');
    expect(at({ phase: 'cutover', frozenAt }).facts).toMatch(/^Downtime .*target is not open yet$/);
    expect(at({ phase: 'cutover', ledger: { ...ledger, verifiedRows: 5 } }).title).toBe('cutover, verifying');
  });
});

describe('what to do next', () => {
  const next = (changes: Partial<Migration>) => nextSteps(sampleDatabaseMigration(changes), en).join('\n');

  it.each<[string, Partial<Migration>, string | RegExp]>([
    ['a stream in step', { phase: 'incremental', stream: STREAM }, /In step.*smartant migration cutover mig_1/],
    ['a stream that is behind', { phase: 'incremental', stream: { ...STREAM, lagMs: 60_000 } }, ''],
    ['a paused stream', { phase: 'incremental', status: 'paused' }, /keeps its log.*resume mig_1/],
    ['a copied snapshot', { phase: 'full', status: 'waiting' }, /cutover mig_1 --frozen/],
    ['a target in use', { phase: 'reversible', status: 'running' }, /finalize mig_1.*rollback mig_1/],
    [
      'a failed cutover',
      { phase: 'cutover', status: 'failed' },
      /The target was not opened.*Again: smartant migration retry mig_1\nTo compare and repair rows first.*resume mig_1$/,
    ],
    [
      'a source that is still frozen',
      { phase: 'cutover', status: 'failed', frozenAt: '2026-11-23T00:00:00Z' },
      /takes no writes.*cancel mig_1/s,
    ],
  ])('of %s', (_name, changes, expected) => {
    if (typeof expected === 'string') expect(next(changes)).toBe(expected);
    else expect(next(changes)).toMatch(expected);
  });

  it('is left to the user once the target is open and proved', () => {
    const open: Partial<Migration> = { phase: 'reversible', status: 'running', verification: VERIFIED_DATABASE };
    expect(outcomeOf(sampleDatabaseMigration(open))).toEqual({ over: true, exitCode: 0 });
    expect(outcomeOf(sampleDatabaseMigration({ phase: 'incremental' }))).toEqual({ over: false });
    expect(outcomeOf(sampleDatabaseMigration({ phase: 'rollback' }))).toEqual({ over: false });
  });
});
