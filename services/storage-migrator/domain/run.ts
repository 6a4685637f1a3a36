import type { StorageLocation } from '@smartant/connectors';
import type { Endpoint as AnyEndpoint, Run as AnyRun, RunOrder as AnyOrder } from '@smartant/runs';

/** What a run can do. Precheck is a call of its own, and the phases after cutover need no migrator. */
export const RUN_PHASES = ['prepare', 'full', 'incremental', 'cutover'] as const;
export type RunPhase = (typeof RUN_PHASES)[number];

/** Phases whose runs wait for the windows of a calendar. */
export const HELD_PHASES: readonly RunPhase[] = ['full', 'incremental'];

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

export type Endpoint = AnyEndpoint<StorageLocation>;

export interface RunOrder extends AnyOrder {
  phase: RunPhase;
  source: Endpoint;
  target: Endpoint;
  scope: StorageScope;
}

/** One attempt at a phase, as it is kept. Counters are with its shards. */
export interface Run extends RunOrder, Omit<AnyRun, keyof RunOrder> {
  plan: RunPlan | null;
  verification: Verification | null;
}

/** The code of a quarantined folder: its unit ends in "/" and stands for everything below it. */
export const FOLDER_UNREADABLE = 'STORAGE_FOLDER_UNREADABLE';
