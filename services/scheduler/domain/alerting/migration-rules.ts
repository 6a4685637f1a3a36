import { defineRule, type AlertRule } from './alert-rule';
import { errorTexts, migrationPath } from './finding-text';
import { wasOpenSince, windowsPassed } from './missed-window';
import { migrationLabels, type WatchedMigration } from './watched-migration';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A stream that is no farther behind may be cut over at any time. */
const CLOSE_MS = MINUTE_MS;

const place = ({ id, workspaceId, phase, runId }: WatchedMigration): Record<string, string> => ({
  console_path: migrationPath(workspaceId, id),
  phase,
  run_id: runId ?? '',
});

const wholeMinutes = (ms: number): string => String(Math.floor(ms / MINUTE_MS));
const iso = (ms: number): string => new Date(ms).toISOString();

export const migrationFailed = defineRule({
  name: 'migration-failed',
  subject: 'migration',
  summary: 'A phase of a migration failed, and it does not go on before somebody acts.',
  severity: 'critical',
  forSeconds: 0,
  thresholds: {},
  evaluate: (migration: WatchedMigration) => {
    if (migration.status !== 'failed') return null;
    const labels = { ...migrationLabels(migration), phase: migration.phase, error_code: migration.error?.code ?? 'UNKNOWN' };
    return { labels, annotations: { ...place(migration), failed_at: migration.updatedAt, ...errorTexts(migration.error) } };
  },
});

export const migrationStalled = defineRule({
  name: 'migration-stalled',
  subject: 'migration',
  summary: 'A migration should be working, and nothing of it has moved for some time, or what is due for it does not go through.',
  severity: 'warning',
  forSeconds: 0,
  thresholds: {
    minutes: { summary: 'Minutes without any progress.', usual: 30, minimum: 1, maximum: 10_080 },
  },
  evaluate: (migration: WatchedMigration, { minutes }, nowMs) => {
    const sinceMs = stillSinceMs(migration, minutes * MINUTE_MS, nowMs);
    if (sinceMs === null || nowMs - sinceMs < minutes * MINUTE_MS) return null;
    const why = migration.stuck?.error ?? migration.runWait?.error;
    const figures = { still_since: iso(sinceMs), still_minutes: wholeMinutes(nowMs - sinceMs) };
    const annotations = { ...place(migration), ...figures, effect: migration.stuck?.effect ?? '', ...errorTexts(why) };
    return { labels: { ...migrationLabels(migration), phase: migration.phase }, annotations };
  },
});

/** Since when nothing moves that should; null where standing still is right. */
function stillSinceMs(migration: WatchedMigration, stallMs: number, nowMs: number): number | null {
  const { stuck, status, order, opensAt, runWait, stream, movedAtMs, spec } = migration;
  if (stuck !== null) return Date.parse(stuck.since);
  if (status !== 'running' || order !== 'watch' || movedAtMs === null) return null;
  if (opensAt !== null || runWait?.reason === 'late-writes') return null;
  // A source that nobody writes to gives its stream nothing to move.
  if (stream !== null && stream.lagMs < stallMs) return null;
  const { calendar } = spec.limits;
  if (calendar && !wasOpenSince(calendar, nowMs - stallMs, nowMs)) return null;
  return movedAtMs;
}

export const migrationLag = defineRule({
  name: 'migration-lag',
  subject: 'migration',
  summary: "A database's stream of changes is far behind its source.",
  severity: 'warning',
  forSeconds: 300,
  thresholds: {
    lagSeconds: { summary: 'Age of the oldest change that is not applied; 0: not looked at.', usual: 300, minimum: 0, maximum: 604_800 },
    lagMebibytes: { summary: 'Log that is not applied, in MiB; 0: not looked at.', usual: 4_096, minimum: 0, maximum: 1_073_741_824 },
  },
  evaluate: (migration: WatchedMigration, { lagSeconds, lagMebibytes }) => {
    const { stream, status, phase } = migration;
    // While the copy goes on the stream waits for it.
    if (stream === null || status !== 'running' || (phase !== 'incremental' && phase !== 'reversible')) return null;
    const isLate = lagSeconds > 0 && stream.lagMs > lagSeconds * 1_000;
    const isLong = lagMebibytes > 0 && stream.lagBytes > lagMebibytes * 1024 ** 2;
    if (!isLate && !isLong) return null;
    const figures = { lag_seconds: String(Math.round(stream.lagMs / 1_000)), lag_bytes: String(stream.lagBytes) };
    const kept = { retained_bytes: String(stream.retainedBytes) };
    return { labels: { ...migrationLabels(migration), phase }, annotations: { ...place(migration), ...figures, ...kept } };
  },
});

export const cutoverDue = defineRule({
  name: 'cutover-due',
  subject: 'migration',
  summary: 'A migration could be cut over, and has waited for it for long.',
  severity: 'info',
  forSeconds: 0,
  thresholds: { hours: { summary: 'Hours that it may wait.', usual: 24, minimum: 0, maximum: 8_760 } },
  evaluate: (migration: WatchedMigration, { hours }, nowMs) => {
    const sinceMs = readySinceMs(migration);
    if (sinceMs === null || nowMs - sinceMs < hours * HOUR_MS) return null;
    const figures = { ready_since: iso(sinceMs), ready_hours: String(Math.floor((nowMs - sinceMs) / HOUR_MS)) };
    const hint = 'Cut it over, or cancel it: what keeps it up to date goes on costing reads at its source.';
    return { labels: migrationLabels(migration), annotations: { ...place(migration), ...figures, hint } };
  },
});

/** Since when only somebody's word is missing; null: it is not ready, or will be cut over by itself. */
function readySinceMs({ spec, phase, status, cutoverRequested, stream, timings, updatedAt }: WatchedMigration): number | null {
  if (spec.cutover.mode !== 'manual' || cutoverRequested) return null;
  if (phase === 'full') return spec.kind === 'database' && status === 'waiting' ? Date.parse(updatedAt) : null;
  if (phase !== 'incremental' || (status !== 'waiting' && status !== 'running')) return null;
  const rounds = timings.filter((timing) => timing.phase === 'incremental');
  if (spec.kind === 'database') {
    const isClose = status === 'running' && stream !== null && stream.lagMs <= CLOSE_MS;
    return isClose && rounds[0] ? Date.parse(rounds[0].startedAt) : null;
  }
  const finishedAt = rounds.find(({ outcome }) => outcome === 'succeeded')?.finishedAt;
  return finishedAt === undefined ? null : Date.parse(finishedAt);
}

export const windowMissed = defineRule({
  name: 'window-missed',
  subject: 'migration',
  summary: "A window of a migration's calendar opened and closed, and nothing of the migration moved in it.",
  severity: 'warning',
  forSeconds: 0,
  thresholds: { windows: { summary: 'Windows in a row that were missed.', usual: 1, minimum: 1, maximum: 50 } },
  evaluate: (migration: WatchedMigration, { windows }, nowMs) => {
    const { spec, status, movedAtMs, order } = migration;
    const isToWork = status === 'running' || (status === 'pending' && order !== 'report');
    if (!spec.limits.calendar || !isToWork || movedAtMs === null) return null;
    const missed = windowsPassed(spec.limits.calendar, movedAtMs, nowMs, 50);
    const last = missed.at(-1);
    if (!last || missed.length < windows) return null;
    const figures = { missed_windows: String(missed.length), window_from: iso(last.fromMs), window_to: iso(last.toMs) };
    const why = migration.stuck?.error ?? migration.runWait?.error;
    const annotations = { ...place(migration), ...figures, moved_at: iso(movedAtMs), ...errorTexts(why) };
    return { labels: migrationLabels(migration), annotations };
  },
});

export const itemsQuarantined = defineRule({
  name: 'items-quarantined',
  subject: 'migration',
  summary: 'Units of a migration (objects, tables, files) were put aside because they failed, and nobody has waived them.',
  severity: 'warning',
  forSeconds: 0,
  thresholds: { units: { summary: 'Units that may be aside.', usual: 0, minimum: 0, maximum: 1_000_000_000 } },
  evaluate: (migration: WatchedMigration, { units }) => {
    const { quarantinedObjects, quarantinedTables, quarantinedFiles } = migration.ledger;
    const open = quarantinedObjects + quarantinedTables + quarantinedFiles - migration.waivedUnits;
    if (open <= units) return null;
    const hint = 'Look at them with "migration failures"; retry them, or waive what may stay different.';
    const figures = { quarantined_units: String(open), waived_units: String(migration.waivedUnits) };
    return { labels: migrationLabels(migration), annotations: { ...place(migration), ...figures, hint } };
  },
});

export const migrationRules: readonly AlertRule<WatchedMigration>[] = [
  migrationFailed,
  migrationStalled,
  migrationLag,
  cutoverDue,
  windowMissed,
  itemsQuarantined,
];
