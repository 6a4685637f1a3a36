import type { MigrationError, VerificationSummary } from '../migration/migration';
import { defineRule, type AlertRule } from './alert-rule';
import { errorTexts, migrationPath } from './finding-text';
import { migrationLabels, type WatchedMigration } from './watched-migration';

const HOUR_MS = 3_600_000;

/** The log that a stream needs is gone, or was given up so that the source's disk does not fill. */
const LOG_LOST = new Set(['DATABASE_SLOT_LOST', 'DATABASE_SLOT_DROPPED']);
/** A run ended, and what it should have counted or proved is not there. */
const NOT_COUNTED = new Set(['VERIFY_MISSING', 'COPY_ROWS_DIFFER']);

const pathOf = ({ id, workspaceId }: WatchedMigration): Record<string, string> => ({ console_path: migrationPath(workspaceId, id) });

export const sourceLogDanger = defineRule({
  name: 'source-log-danger',
  subject: 'migration',
  summary:
    "The log that a database keeps for a migration is near what it may keep, or near filling its disk, or the migration's slot was lost.",
  severity: 'critical',
  forSeconds: 0,
  thresholds: {
    percentOfLimit: {
      summary: 'Percent of the scope’s own limit (maxRetainedWal), where it has one.',
      usual: 80,
      minimum: 1,
      maximum: 100,
    },
    hoursLeft: { summary: 'Hours until the limit is reached at the present rate; 0: not looked at.', usual: 6, minimum: 0, maximum: 720 },
    retainedGibibytes: { summary: 'Log that is kept, in GiB; 0: not looked at.', usual: 0, minimum: 0, maximum: 1_048_576 },
  },
  evaluate: (migration: WatchedMigration, { percentOfLimit, hoursLeft, retainedGibibytes }, nowMs) => {
    const lost = [migration.error, migration.runWait?.error, migration.stuck?.error].find(isLogLost);
    if (lost) return { labels: migrationLabels(migration), annotations: { ...pathOf(migration), ...errorTexts(lost) } };
    const { stream, spec } = migration;
    if (stream === null || migration.status === 'failed' || migration.status === 'cancelled') return null;
    const limitBytes = spec.maxRetainedWalBytes ?? 0;
    const isNearLimit = limitBytes > 0 && stream.retainedBytes >= (limitBytes * percentOfLimit) / 100;
    const isFull = hoursLeft > 0 && stream.fullAt !== null && Date.parse(stream.fullAt) - nowMs <= hoursLeft * HOUR_MS;
    const isMuch = retainedGibibytes > 0 && stream.retainedBytes >= retainedGibibytes * 1024 ** 3;
    if (!isNearLimit && !isFull && !isMuch) return null;
    const figures = { retained_bytes: String(stream.retainedBytes), limit_bytes: limitBytes > 0 ? String(limitBytes) : '' };
    const hint =
      'Make the stream faster (limits, windows, the target), or cut over; past the limit the slot is dropped and the copy begins again.';
    return { labels: migrationLabels(migration), annotations: { ...pathOf(migration), ...figures, full_at: stream.fullAt ?? '', hint } };
  },
});

function isLogLost(error: MigrationError | null | undefined): error is MigrationError {
  return error !== null && error !== undefined && LOG_LOST.has(error.code);
}

export const verificationMismatch = defineRule({
  name: 'verification-mismatch',
  subject: 'migration',
  summary: 'The last verification found differences between source and target that no waiver explains.',
  severity: 'critical',
  forSeconds: 0,
  thresholds: { differences: { summary: 'Unexplained differences that there may be.', usual: 0, minimum: 0, maximum: 1_000_000_000 } },
  evaluate: (migration: WatchedMigration, { differences }) => {
    const { verification } = migration;
    if (verification === null) return null;
    const open = verification.differenceCount - verification.waivedCount;
    if (open <= differences) return null;
    const figures = { difference_count: String(open), waived_count: String(verification.waivedCount), level: verification.level };
    return {
      labels: migrationLabels(migration),
      annotations: { ...pathOf(migration), ...figures, verified_at: verification.asOf, ...errorTexts(migration.error) },
    };
  },
});

export const ledgerNotReconciling = defineRule({
  name: 'ledger-not-reconciling',
  subject: 'migration',
  summary:
    'What was counted does not add up: units that are neither settled nor put aside, different numbers at both sides, equal counts with different roots, or no proof at all.',
  severity: 'critical',
  forSeconds: 0,
  thresholds: {},
  evaluate: (migration: WatchedMigration) => {
    const figures = unsettled(migration) ?? (migration.verification && miscounted(migration.verification)) ?? uncounted(migration.error);
    if (!figures) return null;
    return { labels: migrationLabels(migration), annotations: { ...pathOf(migration), ...figures, ...errorTexts(migration.error) } };
  },
});

/** Of object storage: each object that a run has listed was settled in one way by the end of the run. */
function unsettled({ spec, timings }: WatchedMigration): Record<string, string> | null {
  const last = timings.findLast(({ outcome, ledger }) => outcome === 'succeeded' && ledger !== undefined);
  if (spec.kind !== 'storage' || !last?.ledger || !['full', 'incremental', 'cutover'].includes(last.phase)) return null;
  const { listedObjects, copiedObjects, unchangedObjects, skippedObjects, quarantinedObjects } = last.ledger;
  const settled = copiedObjects + unchangedObjects + skippedObjects + quarantinedObjects;
  if (settled >= listedObjects) return null;
  return { phase: last.phase, listed_objects: String(listedObjects), settled_objects: String(settled) };
}

/** Numbers of both sides that differ by more than waivers explain, or equal ones whose roots differ. */
function miscounted(verification: VerificationSummary): Record<string, string> | null {
  const { equal, sourceObjects, targetObjects, sourceRoot, targetRoot, differenceCount, waivedCount, asOf } = verification;
  const isCountOff = !equal && Math.abs(sourceObjects - targetObjects) > waivedCount;
  const isRootOff = sourceRoot !== targetRoot && differenceCount === 0;
  if (!isCountOff && !isRootOff) return null;
  return { source_objects: String(sourceObjects), target_objects: String(targetObjects), verified_at: asOf };
}

function uncounted(error: MigrationError | null): Record<string, string> | null {
  return error !== null && NOT_COUNTED.has(error.code) ? {} : null;
}

export const proofRules: readonly AlertRule<WatchedMigration>[] = [sourceLogDanger, verificationMismatch, ledgerNotReconciling];
