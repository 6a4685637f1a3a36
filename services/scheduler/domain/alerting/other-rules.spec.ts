import { EQUAL } from '../migration/fixtures/every-event';
import { agoIso, HOUR_MS, NOW_MS, seenBy, stream, wellMigration } from './fixtures/watched';
import { ledgerNotReconciling, sourceLogDanger, verificationMismatch } from './proof-rules';
import {
  auditBehind,
  auditUnsigned,
  credentialsNearExpiry,
  endpointUnreachable,
  eventsParked,
  outboxBehind,
  platformRules,
  signingKeyOld,
  type WatchedCredential,
  type WatchedPlatform,
} from './surroundings-rules';

const DAY_MS = 24 * HOUR_MS;

describe('source-log-danger', () => {
  const streaming = (change: object, maxRetainedWalBytes = 100) => {
    const well = wellMigration('database');
    return { ...well, spec: { ...well.spec, maxRetainedWalBytes }, stream: stream(change) };
  };
  it('fires near the limit of the scope, near the full disk, and above a size', () => {
    expect(seenBy(sourceLogDanger, streaming({ retainedBytes: 80 }))?.annotations).toMatchObject({
      retained_bytes: '80',
      limit_bytes: '100',
    });
    expect(seenBy(sourceLogDanger, streaming({ retainedBytes: 79 }))).toBeNull();
    expect(seenBy(sourceLogDanger, streaming({ fullAt: agoIso(-5 * HOUR_MS) }, 0))).not.toBeNull();
    expect(seenBy(sourceLogDanger, streaming({ fullAt: agoIso(-7 * HOUR_MS) }, 0))).toBeNull();
    expect(seenBy(sourceLogDanger, streaming({ retainedBytes: 2 * 1024 ** 3 }, 0), { retainedGibibytes: 2 })).not.toBeNull();
    expect(seenBy(sourceLogDanger, streaming({ retainedBytes: 2 * 1024 ** 3 }, 0))).toBeNull();
  });
  it.each(['DATABASE_SLOT_LOST', 'DATABASE_SLOT_DROPPED'])('fires when the slot is lost: %s', (code) => {
    const error = { code, message: 'm', hint: 'h', retryable: false };
    expect(seenBy(sourceLogDanger, { ...wellMigration('database'), status: 'failed', error })?.annotations).toMatchObject({
      error_code: code,
    });
  });
  it('does not fire for other errors', () => {
    const error = { code: 'DATABASE_UNREACHABLE', message: 'm', hint: 'h', retryable: false };
    expect(seenBy(sourceLogDanger, { ...wellMigration('database'), status: 'failed', error })).toBeNull();
  });
});

describe('verification-mismatch', () => {
  const verified = (change: Partial<typeof EQUAL>) => ({ ...wellMigration(), verification: { ...EQUAL, ...change } });
  it('fires for differences that no waiver explains', () => {
    const seen = seenBy(verificationMismatch, verified({ equal: false, differenceCount: 5, waivedCount: 2 }));
    expect(seen?.annotations).toMatchObject({ difference_count: '3', waived_count: '2' });
    expect(seenBy(verificationMismatch, verified({ equal: false, differenceCount: 5, waivedCount: 5 }))).toBeNull();
    expect(seenBy(verificationMismatch, verified({}))).toBeNull();
  });
});

describe('ledger-not-reconciling', () => {
  const well = wellMigration();
  const ran = (counts: object) => {
    const ledger = {
      ...well.ledger,
      listedObjects: 10,
      copiedObjects: 6,
      unchangedObjects: 2,
      skippedObjects: 1,
      quarantinedObjects: 1,
      ...counts,
    };
    return {
      ...well,
      timings: [{ phase: 'full' as const, round: 0, startedAt: agoIso(2), finishedAt: agoIso(1), outcome: 'succeeded' as const, ledger }],
    };
  };
  it('fires for objects that a run has listed and not settled', () => {
    expect(seenBy(ledgerNotReconciling, ran({ copiedObjects: 5 }))?.annotations).toMatchObject({
      listed_objects: '10',
      settled_objects: '9',
    });
    expect(seenBy(ledgerNotReconciling, ran({}))).toBeNull();
  });
  it('fires for numbers of both sides that waivers do not explain, and for equal ones with different roots', () => {
    const verified = (change: Partial<typeof EQUAL>) => ({ ...well, verification: { ...EQUAL, ...change } });
    expect(
      seenBy(ledgerNotReconciling, verified({ equal: false, targetObjects: EQUAL.sourceObjects - 2, differenceCount: 2, waivedCount: 1 })),
    ).not.toBeNull();
    expect(
      seenBy(ledgerNotReconciling, verified({ equal: false, targetObjects: EQUAL.sourceObjects - 2, differenceCount: 2, waivedCount: 2 })),
    ).toBeNull();
    expect(seenBy(ledgerNotReconciling, verified({ targetRoot: 'another' }))).not.toBeNull();
    expect(seenBy(ledgerNotReconciling, verified({}))).toBeNull();
  });
  it('fires when a cutover brought no proof', () => {
    const error = { code: 'VERIFY_MISSING', message: 'm', hint: 'h', retryable: false };
    expect(seenBy(ledgerNotReconciling, { ...well, status: 'failed', error })?.annotations).toMatchObject({ error_code: 'VERIFY_MISSING' });
  });
});

describe('endpoint-unreachable', () => {
  const failing = {
    workspaceId: 'ws_1',
    endpointId: 'ep_1',
    name: 'photos',
    kind: 's3',
    migrationId: null,
    failures: 3,
    failingSinceMs: NOW_MS - HOUR_MS,
    error: { code: 'STORAGE_UNREACHABLE', message: 'm', hint: 'h' },
  };
  it('fires after attempts in a row that failed', () => {
    expect(seenBy(endpointUnreachable, failing)).toMatchObject({
      labels: { endpoint: 'photos' },
      annotations: { error_code: 'STORAGE_UNREACHABLE' },
    });
    expect(seenBy(endpointUnreachable, { ...failing, failures: 2 })).toBeNull();
    expect(seenBy(endpointUnreachable, { ...failing, failures: 2 }, { attempts: 2 })).not.toBeNull();
  });
  it('names the migration of one that was given inline', () => {
    expect(seenBy(endpointUnreachable, { ...failing, migrationId: 'mig_1' })?.labels).toMatchObject({ migration_id: 'mig_1' });
  });
});

describe('credentials-near-expiry', () => {
  const key = (lifeDays: number, leftDays: number): WatchedCredential => ({
    workspaceId: 'ws_1',
    kind: 'api-key',
    id: 'key_1',
    name: 'ci',
    beginsAtMs: NOW_MS - (lifeDays - leftDays) * DAY_MS,
    expiresAtMs: NOW_MS + leftDays * DAY_MS,
  });
  it('fires so many days before', () => {
    expect(seenBy(credentialsNearExpiry, key(365, 14))?.annotations).toMatchObject({ days_left: '14' });
    expect(seenBy(credentialsNearExpiry, key(365, 15))).toBeNull();
    expect(seenBy(credentialsNearExpiry, key(365, 15), { days: 30 })).not.toBeNull();
  });
  it('fires for what is good for a short time in its last quarter, and for what has expired', () => {
    expect(seenBy(credentialsNearExpiry, key(4, 2))).toBeNull();
    expect(seenBy(credentialsNearExpiry, key(4, 1))).not.toBeNull();
    expect(seenBy(credentialsNearExpiry, key(4, -0.5))?.annotations).toMatchObject({ days_left: '-1' });
  });
});

describe('rules of the platform', () => {
  const well: WatchedPlatform = {
    outboxAgeMs: 0,
    parkedEvents: 0,
    auditAgeMs: 0,
    unsignedAgeMs: 0,
    unsignedChains: [],
    signingKeyAgeMs: null,
  };
  it('see nothing of one that is well', () => {
    for (const rule of platformRules) expect(seenBy(rule, { ...well, signingKeyAgeMs: DAY_MS, outboxAgeMs: 1_000 })).toBeNull();
  });
  it.each([
    [outboxBehind, { outboxAgeMs: 121_000 }, { age_seconds: '121' }],
    [eventsParked, { parkedEvents: 1 }, { parked_events: '1' }],
    [auditBehind, { auditAgeMs: 121_000 }, { age_seconds: '121' }],
    [auditUnsigned, { unsignedAgeMs: HOUR_MS, unsignedChains: ['ws_1'] }, { chains: 'ws_1' }],
    [signingKeyOld, { signingKeyAgeMs: 366 * DAY_MS }, { age_days: '366' }],
  ])('%# fire', (rule, change, annotations) => {
    expect(seenBy(rule, { ...well, ...change })?.annotations).toMatchObject(annotations);
  });
});
