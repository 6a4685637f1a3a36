import type { Calendar } from '@smartant/shards';
import { agoIso, HOUR_MS, MINUTE_MS, NOW_MS, seenBy, stream, wellMigration } from './fixtures/watched';
import {
  cutoverDue,
  itemsQuarantined,
  migrationFailed,
  migrationLag,
  migrationRules,
  migrationStalled,
  windowMissed,
} from './migration-rules';
import { proofRules } from './proof-rules';
import type { WatchedMigration } from './watched-migration';

const error = { code: 'STORAGE_UNREACHABLE', message: 'The store did not answer.', hint: 'See its status.', retryable: false };
const dated = (calendar: Calendar): WatchedMigration => {
  const well = wellMigration();
  return { ...well, spec: { ...well.spec, limits: { ...well.spec.limits, calendar } } };
};
/** 12:00 UTC is the present. */
const daily = (from: string, to: string): Calendar => ({
  timeZone: 'UTC',
  windows: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from, to }],
  outside: 'stop',
});
const manual = (kind: 'storage' | 'database'): WatchedMigration => {
  const well = wellMigration(kind);
  return { ...well, spec: { ...well.spec, cutover: { mode: 'manual', sourceFrozen: false, finalize: 'manual' } } };
};

it.each(['storage', 'database', 'host'] as const)('sees nothing of a %s migration that is well', (kind) => {
  for (const rule of [...migrationRules, ...proofRules]) expect(seenBy(rule, wellMigration(kind))).toBeNull();
});

describe('migration-failed', () => {
  it('fires for a failed phase, with what failed and what to do', () => {
    const seen = seenBy(migrationFailed, { ...wellMigration(), status: 'failed', phase: 'cutover', error });
    expect(seen?.labels).toMatchObject({ migration: 'photos', kind: 'storage', phase: 'cutover', error_code: 'STORAGE_UNREACHABLE' });
    expect(seen?.annotations).toMatchObject({ error_message: error.message, hint: error.hint });
    expect(seen?.annotations['console_path']).toMatch(/^\/workspaces\/ws_\w+\/migrations\/mig_/);
  });
  it('does not fire for an attempt that will be made again', () => {
    expect(seenBy(migrationFailed, { ...wellMigration(), status: 'pending', error })).toBeNull();
  });
});

describe('migration-stalled', () => {
  const still = { ...wellMigration(), movedAtMs: NOW_MS - 31 * MINUTE_MS };
  it('fires when nothing has moved for so long', () => {
    expect(seenBy(migrationStalled, still)?.annotations).toMatchObject({ still_minutes: '31' });
    expect(seenBy(migrationStalled, { ...wellMigration(), movedAtMs: NOW_MS - 29 * MINUTE_MS })).toBeNull();
  });
  it('goes by the threshold of its workspace', () => {
    const quiet = { ...wellMigration(), movedAtMs: NOW_MS - 6 * MINUTE_MS };
    expect(seenBy(migrationStalled, quiet, { minutes: 5 })).not.toBeNull();
    expect(seenBy(migrationStalled, quiet, { minutes: 10 })).toBeNull();
  });
  it('fires when what is due does not go through, whatever the status', () => {
    const stuck = { effect: 'cancel-run' as const, since: agoIso(HOUR_MS), error };
    const seen = seenBy(migrationStalled, { ...wellMigration(), status: 'cancelled', order: 'cancel', stuck });
    expect(seen?.annotations).toMatchObject({ effect: 'cancel-run', error_code: 'STORAGE_UNREACHABLE', still_minutes: '60' });
  });
  it.each<[string, Partial<WatchedMigration>]>([
    ['is paused', { status: 'paused', order: 'hold' }],
    ['waits for its window', { opensAt: agoIso(-HOUR_MS) }],
    ['waits for late writes', { runWait: { reason: 'late-writes', until: agoIso(-1), error: null } }],
    ['streams, and is not behind', { phase: 'incremental', stream: stream({ lagMs: 10 }) }],
    ['was last stored by a version that did not note it', { movedAtMs: null }],
  ])('does not fire for one that %s', (_name, change) => {
    expect(seenBy(migrationStalled, { ...still, ...change })).toBeNull();
  });
  it('fires for a stream that is behind and does not move, and for a run whose attempts fail', () => {
    expect(seenBy(migrationStalled, { ...still, phase: 'incremental', stream: stream({ lagMs: HOUR_MS }) })).not.toBeNull();
    const runWait = { reason: 'next-attempt' as const, until: agoIso(-MINUTE_MS), error };
    expect(seenBy(migrationStalled, { ...still, runWait })?.annotations).toMatchObject({ error_code: 'STORAGE_UNREACHABLE' });
  });
  it('counts no time that a calendar kept it from working', () => {
    expect(seenBy(migrationStalled, { ...dated(daily('11:45', '18:00')), movedAtMs: NOW_MS - HOUR_MS })).toBeNull();
    expect(seenBy(migrationStalled, { ...dated(daily('11:15', '18:00')), movedAtMs: NOW_MS - HOUR_MS })).not.toBeNull();
  });
});

describe('migration-lag', () => {
  const behind = (change: object) => ({ ...wellMigration('database'), phase: 'incremental' as const, stream: stream(change) });
  it('fires by age, or by bytes', () => {
    expect(seenBy(migrationLag, behind({ lagMs: 301_000 }))?.annotations).toMatchObject({ lag_seconds: '301' });
    expect(seenBy(migrationLag, behind({ lagBytes: 5 * 1024 ** 3 }))?.annotations).toMatchObject({ lag_bytes: String(5 * 1024 ** 3) });
    expect(seenBy(migrationLag, behind({ lagMs: 299_000, lagBytes: 1024 }))).toBeNull();
  });
  it('is not looked at by a threshold of 0, nor while the copy goes on', () => {
    expect(seenBy(migrationLag, behind({ lagMs: 9_000_000 }), { lagSeconds: 0 })).toBeNull();
    expect(seenBy(migrationLag, { ...behind({ lagMs: 9_000_000 }), phase: 'full' })).toBeNull();
  });
});

describe('cutover-due', () => {
  const round = {
    phase: 'incremental' as const,
    round: 1,
    startedAt: agoIso(26 * HOUR_MS),
    finishedAt: agoIso(25 * HOUR_MS),
    outcome: 'succeeded' as const,
  };
  const waiting = {
    ...manual('storage'),
    phase: 'incremental' as const,
    status: 'waiting' as const,
    order: 'none' as const,
    timings: [round],
  };
  it('fires a day after the first round, also while a later one runs', () => {
    expect(seenBy(cutoverDue, waiting)?.annotations).toMatchObject({ ready_hours: '25' });
    expect(seenBy(cutoverDue, { ...waiting, status: 'running', order: 'watch' })).not.toBeNull();
    expect(seenBy(cutoverDue, waiting, { hours: 26 })).toBeNull();
  });
  it('fires for a stream that is close to its source, and for a snapshot that is copied', () => {
    const live = { ...manual('database'), phase: 'incremental' as const, timings: [round], stream: stream() };
    expect(seenBy(cutoverDue, live)).not.toBeNull();
    expect(seenBy(cutoverDue, { ...live, stream: stream({ lagMs: HOUR_MS }) })).toBeNull();
    const copied = { ...manual('database'), status: 'waiting' as const, order: 'none' as const, updatedAt: agoIso(25 * HOUR_MS) };
    expect(seenBy(cutoverDue, copied)).not.toBeNull();
  });
  it('does not fire when it was asked for, or comes by itself', () => {
    expect(seenBy(cutoverDue, { ...waiting, cutoverRequested: true })).toBeNull();
    const automatic = { ...waiting.spec, cutover: { ...waiting.spec.cutover, mode: 'automatic' as const } };
    expect(seenBy(cutoverDue, { ...waiting, spec: automatic })).toBeNull();
  });
});

describe('window-missed', () => {
  const night = { ...dated(daily('02:00', '04:00')), opensAt: agoIso(-14 * HOUR_MS) };
  it('fires when a window passed and nothing moved in it', () => {
    const seen = seenBy(windowMissed, { ...night, movedAtMs: NOW_MS - 20 * HOUR_MS });
    expect(seen?.annotations).toMatchObject({
      missed_windows: '1',
      window_from: '2026-03-04T02:00:00.000Z',
      window_to: '2026-03-04T04:00:00.000Z',
    });
  });
  it('does not fire when something moved in it, or it has not closed', () => {
    expect(seenBy(windowMissed, { ...night, movedAtMs: NOW_MS - 9 * HOUR_MS })).toBeNull();
    expect(seenBy(windowMissed, { ...dated(daily('11:00', '13:00')), movedAtMs: NOW_MS - 20 * HOUR_MS })).toBeNull();
  });
  it('counts windows in a row', () => {
    const two = { ...night, movedAtMs: NOW_MS - 44 * HOUR_MS };
    expect(seenBy(windowMissed, two, { windows: 2 })?.annotations).toMatchObject({ missed_windows: '2' });
    expect(seenBy(windowMissed, two, { windows: 3 })).toBeNull();
  });
  it('does not fire for one that is paused, or that may work between its windows', () => {
    const missed = { ...night, movedAtMs: NOW_MS - 20 * HOUR_MS };
    expect(seenBy(windowMissed, { ...missed, status: 'paused', order: 'hold' })).toBeNull();
    const slow = { ...daily('02:00', '04:00'), outside: { bytesPerSecond: 1, requestsPerSecond: 0, concurrency: 0 } };
    expect(seenBy(windowMissed, { ...dated(slow), movedAtMs: NOW_MS - 20 * HOUR_MS })).toBeNull();
  });
});

describe('items-quarantined', () => {
  const well = wellMigration();
  const aside = { ...well, ledger: { ...well.ledger, quarantinedObjects: 3, quarantinedTables: 1, quarantinedFiles: 1 } };
  it('fires for units that nobody has waived', () => {
    expect(seenBy(itemsQuarantined, { ...aside, waivedUnits: 2 })?.annotations).toMatchObject({ quarantined_units: '3' });
    expect(seenBy(itemsQuarantined, { ...aside, waivedUnits: 5 })).toBeNull();
    expect(seenBy(itemsQuarantined, aside, { units: 5 })).toBeNull();
  });
});
