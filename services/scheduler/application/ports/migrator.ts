import type { ImageFormat } from '@smartant/connectors';
import type { Check, CheckKind } from '../../domain/migration/check';
import type { EndpointLocation } from '../../domain/endpoint/endpoint';
import type { AppliedFix, Finding } from '../../domain/migration/migration';
import type { Limits, MigrationKind, MigrationScope, Rates } from '../../domain/migration/migration-spec';
import type { Phase } from '../../domain/migration/phase';
import type { PrecheckOutcome, RunState } from '../../domain/migration/run-state';
import type { Shard, ShardMap, ShardState } from '../migrations/shard-use-cases';
import type { Failure, Page, TranscriptEntry, WantedFixes } from '../use-cases';

/** Where data is, as a migrator needs it: file roots by their path. */
export interface ResolvedEndpoint {
  id: string;
  workspaceId: string;
  location:
    | Exclude<EndpointLocation, { kind: 'file' | 'image' }>
    | { kind: 'file'; rootPath: string; path: string }
    | { kind: 'image'; rootPath: string; path: string; format: ImageFormat };
}

/** Under which the migrator asks for the secrets of the endpoints it was given. */
export interface Access {
  runId: string;
  epoch: number;
}

/** What limits a migration, with what it shares with others. Versions: what was set later wins, however late it arrives. */
export interface LimitOrder {
  limits: Limits;
  limitsVersion: number;
  shared: { scope: string; version: number; limits: Rates }[];
}

export interface RunOrder extends Access, LimitOrder {
  migrationId: string;
  workspaceId: string;
  phase: Phase;
  /** From 1. */
  round: number;
  source: ResolvedEndpoint;
  target: ResolvedEndpoint;
  scope: MigrationScope;
  priority: number;
  sourceFrozen: boolean;
}

/** The migrators, by what they migrate. */
export interface Migrators {
  /** Raises MIGRATOR_NOT_CONFIGURED. */
  of(kind: MigrationKind): Migrator;
}

/**
 * A migrator. Every call is idempotent and has a deadline. Raises the migrator's own SmartantErrors; when it cannot
 * be reached: kind `unavailable` or `timeout`.
 */
export interface Migrator {
  probe(
    endpoint: ResolvedEndpoint,
    access: Access,
  ): Promise<{ reachable: boolean; abilities: string[]; findings: Finding[]; roundTripMs: number }>;
  discover(
    endpoint: ResolvedEndpoint,
    access: Access,
    path: string,
    page: { pageSize: number; pageToken: string },
  ): Promise<Page<{ path: string; kind: string; sizeBytes: number }>>;
  precheck(
    source: ResolvedEndpoint,
    target: ResolvedEndpoint,
    scope: MigrationScope,
    access: Access,
    signal: AbortSignal,
  ): Promise<PrecheckOutcome>;
  /** Runs fixes of what a new precheck finds (codes of findings; empty: all), as the migrator words them. Raises FIXES_UNSUPPORTED. */
  applyFixes(
    source: ResolvedEndpoint,
    target: ResolvedEndpoint,
    scope: MigrationScope,
    access: Access,
    wanted: WantedFixes,
    signal: AbortSignal,
  ): Promise<AppliedFix[]>;
  /** Starts a run, or answers with its state when it was started before. */
  startRun(order: RunOrder, signal: AbortSignal): Promise<RunState>;
  /** Null: the migrator does not know the run. */
  getRun(runId: string, signal: AbortSignal): Promise<RunState | null>;
  pauseRun(runId: string, signal: AbortSignal): Promise<RunState | null>;
  resumeRun(runId: string, signal: AbortSignal): Promise<RunState | null>;
  /**
   * Ends a run and cleans up after it; called again until the run has ended. Null: nothing is left to clean up, and a start
   * of a run up to that epoch that arrives late is refused.
   */
  cancelRun(runId: string, migrationId: string, epoch: number, signal: AbortSignal): Promise<RunState | null>;
  /** Cleans up after every run of a migration and drops all that is known of it, its failures too. */
  forgetMigration(migrationId: string, epoch: number, signal: AbortSignal): Promise<void>;
  setLimits(migrationId: string, order: LimitOrder, signal: AbortSignal): Promise<void>;
  /** What was run at the hosts of a migration, oldest first. `runId` empty: by all its runs. */
  listTranscript(migrationId: string, runId: string, page: { pageSize: number; pageToken: string }): Promise<Page<TranscriptEntry>>;
  /** Of databases: what is done beside the stream. Idempotent by its id. Raises DATABASE_CHECK_UNAVAILABLE. */
  askCheck(check: { id: string; migrationId: string; kind: CheckKind; tables: string[] }): Promise<Check>;
  /** Newest first. */
  listChecks(migrationId: string): Promise<Check[]>;
  /** The shards of a run (empty: of the latest that has had any) as at most `cells` cells a stage. */
  mapShards(migrationId: string, runId: string, cells: number): Promise<ShardMap>;
  /** `state` empty: all. Raises PAGE_TOKEN_INVALID. */
  listShards(
    migrationId: string,
    query: { runId: string; state: ShardState | ''; pageSize: number; pageToken: string },
  ): Promise<Page<Shard>>;
  listFailures(migrationId: string, page: { pageSize: number; pageToken: string }): Promise<Page<Failure>>;
  resolveFailures(
    migrationId: string,
    input: { failureIds: string[]; resolution: 'retry' | 'waive'; actor: string; reason: string },
  ): Promise<number>;
}
