import type { commonV1, migratorV1 } from '@smartant/contracts';
import type { ShardMap } from '@smartant/shards';
import type { Failures } from '../../failures';
import type { Access, AppliedFix, Endpoint, Finding, RunOrder } from '../../run';
import type { RunControl, SharedView } from '../../run-control';

/** Questions about endpoints, answered without a run. */
export interface ProbingCalls {
  /** What goes wrong is a finding, not an error. */
  probe(
    endpoint: Endpoint,
    access: Access,
    signal: AbortSignal,
  ): Promise<{ reachable: boolean; abilities: string[]; findings: Finding[]; roundTripMs: number }>;
  /** `pageSize` 0: as many as a page may have. */
  discover(
    endpoint: Endpoint,
    access: Access,
    path: string,
    pageSize: number,
    pageToken: string,
    signal: AbortSignal,
  ): Promise<{ items: { path: string; kind: string; sizeBytes: number }[]; nextPageToken?: string | null }>;
  estimate(source: Endpoint, scope: object, access: Access, signal: AbortSignal): Promise<migratorV1.EstimateResponse>;
  precheck(
    source: Endpoint,
    target: Endpoint,
    scope: object,
    access: Access,
    signal: AbortSignal,
  ): Promise<{ findings: Finding[]; estimate: migratorV1.EstimateResponse; inventory?: object | null; layout?: object | null }>;
  /** Runs fixes of a new precheck's findings. Absent: this kind has none. */
  applyFixes?(
    source: Endpoint,
    target: Endpoint,
    scope: object,
    access: Access,
    wanted: WantedFixes,
    signal: AbortSignal,
  ): Promise<{ applied: AppliedFix[]; findings: Finding[] }>;
}

/** What was run at the hosts of a migration. */
export interface TranscriptCalls {
  /** Oldest first. `runId` empty: of all runs; `pageSize` 0: 50. */
  list(migrationId: string, runId: string, pageSize: number, pageToken: string): Promise<migratorV1.ListTranscriptResponse>;
}

/** `codes` of findings; empty: all. */
export interface WantedFixes {
  codes: string[];
  includeUnsafe: boolean;
}

/** How one kind of migrator reads and writes the messages of MigratorService. All raise REQUEST_INVALID, naming the field. */
export interface MigratorWire {
  endpoint(message: commonV1.Endpoint | undefined, field: string): Endpoint;
  scope(message: commonV1.Scope | undefined): object;
  order(request: migratorV1.StartPhaseRequest): RunOrder;
  run(view: SharedView): migratorV1.Run;
}

/** What MigratorService is served with. */
export interface MigratorCalls {
  runs: Pick<RunControl, 'start' | 'get' | 'pause' | 'resume' | 'cancel' | 'setLimits'>;
  probing: ProbingCalls;
  failures: Failures;
  shards: { map: ShardMap };
  /** Absent: this kind of migrator runs no commands. */
  transcript?: TranscriptCalls;
  wire: MigratorWire;
  /** Absent: this kind of migrator compares and repairs nothing beside its runs. */
  checks?: CheckCalls;
}

/** All raise REQUEST_INVALID, naming the field. */
export interface CheckCalls {
  ask(request: migratorV1.AskCheckRequest): Promise<migratorV1.Check>;
  list(migrationId: string): Promise<migratorV1.Check[]>;
}
