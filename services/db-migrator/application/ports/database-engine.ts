import type { DatabaseLocation, DatabaseSecret } from '@smartant/connectors';
import type { SmartantError } from '@smartant/kernel';
import type { AppliedFix, Finding } from '@smartant/runs';
import type { AskedCheck, CheckResult } from '../../domain/check';
import type { DatabaseCounts } from '../../domain/database-ledger';
import type { DatabaseScope } from '../../domain/database-scope';
import type { DatabaseStage } from '../../domain/stages';
import type { StreamState } from '../../domain/stream-state';
import type { DatabaseVerification } from '../../domain/verification';

export type { AppliedFix, Finding } from '@smartant/runs';
export type { AskedCheck, CheckResult } from '../../domain/check';
export type { DatabaseCounts } from '../../domain/database-ledger';
export { DATABASE_STAGES, type DatabaseStage } from '../../domain/stages';
export type { StreamState } from '../../domain/stream-state';
export type { ComparedTable, DatabaseDifference, DatabaseVerification } from '../../domain/verification';

/** An endpoint that an engine may connect to. */
export interface DatabaseEndpoint {
  id: string;
  location: DatabaseLocation;
  secret: (signal: AbortSignal) => Promise<DatabaseSecret>;
}

/** Bytes about to be read from the source, by so many statements that read rows (default: 0); waits until limits allow it. */
export type Admit = (bytes: number, signal: AbortSignal, statements?: number) => Promise<void>;

export interface Estimate {
  tables: number;
  rows: number;
  bytes: number;
}

/** A table that could not be moved, while the rest goes on. */
export interface FailedTable {
  /** "schema.table" at the source. */
  unit: string;
  code: string;
  message: string;
}

/**
 * What a stage of a migration needs. `state` is kept by the migrator for the migration (not for the run) and is the engine's own;
 * it holds no secret. What must be true together with the target's rows is kept at the target instead.
 */
export interface DatabaseJob {
  migrationId: string;
  runId: string;
  /** Grows with each holder of the migration's work, over all its stages and runs; fences writes at the target. */
  epoch: number;
  source: DatabaseEndpoint;
  target: DatabaseEndpoint;
  scope: DatabaseScope;
  state: JobState;
  admit: Admit;
  /**
   * Adds to the ledger. A stage that is begun anew tells again what it finds done: tables, rows, bytes and indexes that stand at the target,
   * and what it lists, verifies or moves. Changes applied and rows repaired are told once (domain/database-ledger.ts).
   */
  count: (counts: DatabaseCounts) => void;
  stream: (state: StreamState) => void;
  /** Puts a table aside, on the record, and counts it. Raises QUARANTINE_CAP_REACHED past the cap. */
  quarantine: (table: FailedTable) => Promise<void>;
  /** Tables ("schema.table") that are put aside or waived: they are left alone. Those that are to be tried again are not among them. */
  excludedTables: () => Promise<Set<string>>;
  /** Those of them that somebody has waived on the record. What else is left out keeps both sides from being equal. */
  waivedTables: () => Promise<Set<string>>;
  /** What users ask beside a stream, one after another; done anew where its holder died. Null: nothing. */
  nextCheck: () => Promise<AskedCheck | null>;
  endCheck: (id: string, outcome: { result: CheckResult | null; error: SmartantError | null }) => Promise<void>;
  /** A piece of work whose span is sampled; attributes name what it is about. */
  unit: <T>(name: string, attributes: Record<string, string | number | boolean>, work: () => Promise<T>) => Promise<T>;
  info: (message: string, fields: Record<string, string | number | boolean>) => void;
  warn: (message: string, fields: Record<string, string | number | boolean>, error?: unknown) => void;
}

export interface JobState {
  load(): Promise<Record<string, unknown>>;
  /** Merges and commits; fenced by the holder's lease. */
  save(change: Record<string, unknown>): Promise<void>;
}

/**
 * A family of databases, as the stages see it (docs/adr/0014-postgres-migrations.md). Every method can be called again after a
 * crash at any instruction of an earlier call, and goes on or finds that it is done. Raises SmartantErrors, retryable where waiting helps.
 */
export interface DatabaseEngine {
  probe(endpoint: DatabaseEndpoint, signal: AbortSignal): Promise<{ abilities: string[]; findings: Finding[]; roundTripMs: number }>;
  /** Schemas, then tables and views of one. `path`: empty, or a schema. */
  discover(
    endpoint: DatabaseEndpoint,
    path: string,
    page: { pageSize: number; pageToken: string },
    signal: AbortSignal,
  ): Promise<{ items: { path: string; kind: string; sizeBytes: number }[]; nextPageToken: string }>;
  /** Everything that a migration needs of both sides, by really asking; leaves nothing behind. */
  precheck(
    source: DatabaseEndpoint,
    target: DatabaseEndpoint,
    scope: DatabaseScope,
    signal: AbortSignal,
  ): Promise<{ findings: Finding[]; estimate: Estimate }>;
  /**
   * Prechecks, runs the fixes of what it finds (codes of findings; empty: all; those that are not safe only where that is said), and prechecks
   * again. Only what the precheck itself says is run. A fix that fails is told, and does not keep the others.
   */
  fix(
    source: DatabaseEndpoint,
    target: DatabaseEndpoint,
    scope: DatabaseScope,
    wanted: { codes: string[]; includeUnsafe: boolean },
    signal: AbortSignal,
  ): Promise<{ applied: AppliedFix[]; findings: Finding[] }>;
  /** One stage of a run. Streams end when the signal is aborted; every other stage when its work is done. */
  readonly stages: Record<DatabaseStage, (job: DatabaseJob, signal: AbortSignal) => Promise<StageResult>>;
}

export interface StageResult {
  findings?: Finding[];
  verification?: DatabaseVerification;
  /** RFC 3339; of `cutover`. Without `openedAt`: both sides differ, and the target stays closed. */
  frozenAt?: string;
  openedAt?: string;
  /** Of a stage that looked at the whole source: what is to be expected of the copy. */
  estimate?: Estimate;
}
