import type { StorageLocation } from '@smartant/connectors';
import type { Calendar, ScopedLimits } from '@smartant/shards';

/** What a run can do. Precheck is a call of its own, and the phases after cutover need no migrator. */
export const RUN_PHASES = ['prepare', 'full', 'incremental', 'cutover'] as const;
export type RunPhase = (typeof RUN_PHASES)[number];

/** `cancelling`: its work has stopped and what it left behind is being cleaned up; told to callers as running. */
export type RunStatus = 'running' | 'paused' | 'cancelling' | 'failed' | 'succeeded' | 'cancelled';

export type VerifyLevel = 'content' | 'checksum' | 'inventory';

export interface StorageScope {
  include: string[];
  exclude: string[];
  /** When not empty: exactly these keys. */
  filesFrom: string[];
  minSizeBytes?: number;
  maxSizeBytes?: number;
  deletePolicy: 'keep' | 'propagate';
  /** A run that would delete more objects stops before its first delete. */
  maxDeletes: number;
  symlinks: 'skip' | 'follow';
  directoryMarkers: boolean;
  verify: VerifyLevel;
  /** Open quarantined units of the migration allowed before a run stops. */
  quarantineCap: number;
  /** 0: chosen here. */
  partSizeBytes: number;
}

/** For all workers of a migration together; 0: no limit. */
export interface Limits {
  bytesPerSecond: number;
  requestsPerSecond: number;
  /** Objects in flight. */
  concurrency: number;
  /** When it may move data; null or absent: at any time. */
  calendar?: Calendar | null;
  /** Grows with each change of these limits. Absent: 0. */
  version?: number;
  /** What its endpoints and its workspace allow all their migrations together. */
  shared?: ScopedLimits[];
}

export interface Endpoint {
  id: string;
  workspaceId: string;
  location: StorageLocation;
}

/** Under which the secrets of a run's endpoints are asked for. */
export interface Access {
  runId: string;
  epoch: number;
}

export interface Finding {
  severity: 'blocker' | 'warning' | 'note';
  code: string;
  message: string;
  hint: string;
  subject: 'source' | 'target' | 'both';
}

export interface RunError {
  code: string;
  message: string;
  hint: string;
  retryable: boolean;
}

export type DifferenceKind = 'missing-at-target' | 'extra-at-target' | 'content' | 'size' | 'properties';

export interface Difference {
  key: string;
  kind: DifferenceKind;
  detail: string;
  waived: boolean;
}

export interface Verification {
  level: VerifyLevel;
  equal: boolean;
  sourceFrozen: boolean;
  sourceObjects: number;
  sourceBytes: number;
  targetObjects: number;
  targetBytes: number;
  /** Hex Merkle roots. */
  sourceRoot: string;
  targetRoot: string;
  bucketCount: number;
  firstInventory: string;
  secondInventory: string;
  differences: Difference[];
  differenceCount: number;
  waivedCount: number;
  asOf: string;
}

/** What was found out about both sides when the run was planned; the same for all its shards. */
export interface RunPlan {
  /** Both sides state the MD5 of single-part content as their etag. */
  etagsAreMd5: boolean;
  conditionalPut: boolean;
  /** Absent in plans of older versions: then neither is relied on. */
  conditionalComplete?: boolean;
  conditionalDelete?: boolean;
  /** Both sides keep object tags. */
  tags: boolean;
  /** By how much the two clocks may disagree. */
  clockMarginMs: number;
}

export interface RunOrder extends Access {
  migrationId: string;
  workspaceId: string;
  phase: RunPhase;
  round: number;
  source: Endpoint;
  target: Endpoint;
  scope: StorageScope;
  limits: Limits;
  /** Among the migrations of its workspace: 1 (low) to 9 (high); absent: 5. */
  priority?: number;
  sourceFrozen: boolean;
}

/** One attempt at a phase, as it is kept. Counters are with its shards. */
export interface Run extends RunOrder {
  status: RunStatus;
  plan: RunPlan | null;
  expectedObjects: number;
  expectedBytes: number;
  error: RunError | null;
  findings: Finding[];
  verification: Verification | null;
  startedAt: string;
  finishedAt: string | null;
  /** The trace of the call that started it; empty when there was none. */
  trace: Record<string, string>;
}

export function hasEnded(status: RunStatus): boolean {
  return status === 'failed' || status === 'succeeded' || status === 'cancelled';
}

export type FailureState = 'open' | 'retrying' | 'resolved' | 'waived';

/** The code of a quarantined folder: its unit ends in "/" and stands for everything below it. */
export const FOLDER_UNREADABLE = 'STORAGE_FOLDER_UNREADABLE';

/** A quarantined unit of a migration. */
export interface Failure {
  id: string;
  runId: string;
  unit: string;
  code: string;
  message: string;
  attempts: number;
  traceId: string;
  firstFailedAt: string;
  lastFailedAt: string;
  state: FailureState;
}
