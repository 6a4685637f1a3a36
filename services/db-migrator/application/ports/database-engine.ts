import type { DatabaseLocation, DatabaseSecret } from '@smartant/connectors';
import type { DatabaseScope } from '../../domain/database-scope';

/** An endpoint that an engine may connect to. */
export interface DatabaseEndpoint {
  id: string;
  location: DatabaseLocation;
  secret: (signal: AbortSignal) => Promise<DatabaseSecret>;
}

export interface Finding {
  severity: 'blocker' | 'warning' | 'note';
  code: string;
  message: string;
  /** What to do; for a setting, the statement that sets it. */
  hint: string;
  subject: 'source' | 'target' | 'both';
}

export interface Estimate {
  tables: number;
  rows: number;
  bytes: number;
}

/** Counters of a run, added up as they happen. Names as in the ledger. */
export type DatabaseCounts = Partial<
  Record<
    | 'listedTables'
    | 'copiedTables'
    | 'quarantinedTables'
    | 'copiedRows'
    | 'copiedBytes'
    | 'builtIndexes'
    | 'appliedTransactions'
    | 'appliedChanges'
    | 'appliedBytes'
    | 'verifiedRows'
    | 'verifiedBytes'
    | 'differentRows'
    | 'repairedRows'
    | 'movedSequences',
    number
  >
>;

export interface StreamState {
  /** Positions in the source's own notation ("0/16B3748"). */
  appliedPosition: string;
  sourcePosition: string;
  lagBytes: number;
  /** Age of the oldest change that is not applied yet; milliseconds. */
  lagMs: number;
  /** Log kept at the source for the migration. */
  retainedBytes: number;
  /** When its disk is full at this rate (RFC 3339); null: not in sight. */
  fullAt: string | null;
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
  /** Grows with each holder of the work; fences writes at the target. */
  epoch: number;
  source: DatabaseEndpoint;
  target: DatabaseEndpoint;
  scope: DatabaseScope;
  state: JobState;
  /** Bytes about to be read from the source; waits until limits allow it. */
  admit: (bytes: number, signal: AbortSignal) => Promise<void>;
  count: (counts: DatabaseCounts) => void;
  stream: (state: StreamState) => void;
  /** Puts a table aside, on the record. Raises QUARANTINE_FULL past the cap. */
  quarantine: (table: FailedTable) => Promise<void>;
  /** Tables that are put aside or waived: they are left alone. */
  excludedTables: () => Promise<Set<string>>;
  info: (message: string, fields: Record<string, string | number | boolean>) => void;
  warn: (message: string, fields: Record<string, string | number | boolean>, error?: unknown) => void;
}

export interface JobState {
  load(): Promise<Record<string, unknown>>;
  /** Merges and commits; fenced by the holder's lease. */
  save(change: Record<string, unknown>): Promise<void>;
}

export interface DatabaseDifference {
  /** "schema.table" with the key of a row, a sequence's or an object's name. */
  key: string;
  kind: 'missing-at-target' | 'extra-at-target' | 'content' | 'sequence' | 'definition';
  detail: string;
  waived: boolean;
}

export interface DatabaseVerification {
  level: 'content' | 'counts';
  equal: boolean;
  tables: number;
  sourceRows: number;
  sourceBytes: number;
  targetRows: number;
  targetBytes: number;
  sequences: number;
  objects: number;
  /** Hex Merkle roots over the bucket digests of each side. */
  sourceRoot: string;
  targetRoot: string;
  bucketCount: number;
  frozenPosition: string;
  /** A bounded sample; all are counted. */
  differences: DatabaseDifference[];
  differenceCount: number;
  waivedCount: number;
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
  /** One stage of a run. Streams end when the signal is aborted; every other stage when its work is done. */
  readonly stages: Record<DatabaseStage, (job: DatabaseJob, signal: AbortSignal) => Promise<StageResult>>;
}

export const DATABASE_STAGES = [
  'prepare',
  'schema',
  'copy',
  'constraints',
  'stream',
  'freeze',
  'drain',
  'verify',
  'arm',
  'open',
  'stream-back',
  'freeze-back',
  'drain-back',
  'reopen',
  'release',
] as const;
export type DatabaseStage = (typeof DATABASE_STAGES)[number];

export interface StageResult {
  findings?: Finding[];
  verification?: DatabaseVerification;
  /** RFC 3339; of `freeze` and `open`. */
  frozenAt?: string;
  openedAt?: string;
}
