import {
  applyCalendar,
  calendarAt,
  NO_LIMITS,
  opensAt,
  scopeKey,
  strictest,
  type Calendar,
  type Json,
  type LimitStore,
  type Limits,
  type ScopedLimits,
  type ShardStore,
} from '@smartant/shards';
import type { Run } from './run';
import type { Tx } from './stores';

/**
 * Phases whose runs wait for the windows of a calendar. While the source is frozen nobody should wait for a night: a cutover is not
 * among them, nor what only plans or cleans up.
 */
export type HeldPhases = readonly string[];

type LimitedRun = Pick<Run, 'runId' | 'migrationId' | 'phase' | 'status' | 'limits'>;

/** Keeps what limits a run where all replicas read it: its calendar, its scopes' limits, and the settings that its workers hear. */
export class RunLimits {
  constructor(
    private readonly limits: LimitStore,
    private readonly shards: Pick<ShardStore, 'setSettings'>,
    private readonly heldPhases: HeldPhases,
  ) {}

  /** For a run that is new, whose limits were changed, whose calendar came to a boundary, or that is being cancelled. Locks the run. */
  async apply(tx: Tx, run: LimitedRun): Promise<void> {
    const window = await applyCalendar(tx, run.runId, calendarOf(run, this.heldPhases));
    const scoped = scopedLimits(run, window.limits);
    await this.limits.set(tx, scoped);
    // Not as they were told, but as they are: of a scope that others share, somebody may have told a later word.
    const current = await this.limits.get(
      tx,
      scoped.map(({ scope }) => scope),
    );
    await this.shards.setSettings(tx, run.runId, { limits: current } as unknown as Json);
  }

  /** When the next window of the run's calendar opens, if it waits for it. */
  async opensAt(tx: Tx, runId: string): Promise<string | null> {
    return (await opensAt(tx, runId))?.toISOString() ?? null;
  }

  /** The migration's own limits; those of endpoints and workspaces are others' too. */
  async forget(tx: Tx, migrationId: string): Promise<void> {
    await this.limits.forget(tx, [scopeKey('migration', migrationId)]);
  }
}

/** Everything that work for this run is charged to. */
export function scopesOf({
  migrationId,
  workspaceId,
  source,
  target,
}: Pick<Run, 'migrationId' | 'workspaceId' | 'source' | 'target'>): string[] {
  const endpoints = [source.id, target.id].map((id) => scopeKey('endpoint', id));
  return [...new Set([scopeKey('migration', migrationId), ...endpoints, scopeKey('workspace', workspaceId)])];
}

/** What a worker goes by until it hears the run's settings. */
export function limitsNow(run: LimitedRun, nowMs: number, heldPhases: HeldPhases): ScopedLimits[] {
  const calendar = calendarOf(run, heldPhases);
  return scopedLimits(run, calendar && calendarAt(calendar, nowMs).limits);
}

/** Limits as they are kept with the run's shards, also as older versions did. */
export function limitsOf(settings: Json, migrationId: string): ScopedLimits[] {
  const kept = settings as { limits?: ScopedLimits[] } | Limits | null;
  if (kept === null || typeof kept !== 'object') return [];
  if ('limits' in kept && Array.isArray(kept.limits)) return kept.limits;
  return 'bytesPerSecond' in kept ? [{ scope: scopeKey('migration', migrationId), version: 0, limits: kept }] : [];
}

function calendarOf({ phase, status, limits }: LimitedRun, heldPhases: HeldPhases): Calendar | null {
  const held = heldPhases.includes(phase) && status !== 'cancelling';
  return (held && limits.calendar) || null;
}

function scopedLimits({ migrationId, limits }: LimitedRun, window: Limits | null): ScopedLimits[] {
  const { version = 0, shared = [] } = limits;
  return [{ scope: scopeKey('migration', migrationId), version, limits: strictest([limits, window ?? NO_LIMITS]) }, ...shared];
}
