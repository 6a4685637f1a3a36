import type { Calendar } from '@smartant/shards';
import type { DatabaseScope } from './database-scope';
import type { HostScope } from './host-scope';

/** What is migrated; each kind has a migrator of its own. */
export const MIGRATION_KINDS = ['storage', 'database', 'host'] as const;
export type MigrationKind = (typeof MIGRATION_KINDS)[number];

/**
 * What becomes of objects at the target that the source has not. `auto`, until the precheck has looked: `propagate` into
 * a target that holds nothing in scope, else `keep`; nothing that was there before is deleted unless somebody asked for it.
 */
export type DeletePolicy = 'auto' | 'keep' | 'propagate';
export type SymlinkPolicy = 'skip' | 'follow';
export type VerifyLevel = 'content' | 'checksum' | 'inventory';

/** What of an object store or a file tree is migrated, and how. Defaults: `DEFAULT_STORAGE_SCOPE`. */
export interface StorageScope {
  /** Globs over keys relative to the source's prefix. Empty: everything. */
  include: string[];
  exclude: string[];
  /** When not empty: exactly these keys. */
  filesFrom: string[];
  minSizeBytes?: number;
  maxSizeBytes?: number;
  deletePolicy: DeletePolicy;
  /** A round that would delete more objects than this stops before its first delete. */
  maxDeletes: number;
  symlinks: SymlinkPolicy;
  directoryMarkers: boolean;
  verify: VerifyLevel;
  quarantineCap: number;
  /** 0: chosen by the migrator (16 MiB, more for huge objects). */
  partSizeBytes: number;
}

export const DEFAULT_STORAGE_SCOPE: StorageScope = {
  include: [],
  exclude: [],
  filesFrom: [],
  deletePolicy: 'auto',
  maxDeletes: 1_000,
  symlinks: 'skip',
  directoryMarkers: true,
  verify: 'content',
  quarantineCap: 1_000,
  partSizeBytes: 0,
};

/** Shared by all that works for a migration, an endpoint or a workspace, in all replicas. 0: no limit. */
export interface Rates {
  bytesPerSecond: number;
  requestsPerSecond: number;
  /** Objects in flight. */
  concurrency: number;
}

/** Of a migration: also when it may move data; null or absent (in what older versions stored): at any time. */
export interface Limits extends Rates {
  calendar?: Calendar | null;
}

export const NO_RATES: Rates = { bytesPerSecond: 0, requestsPerSecond: 0, concurrency: 0 };
export const NO_LIMITS: Limits = { ...NO_RATES, calendar: null };

export const DEFAULT_PRIORITY = 5;

export interface CutoverSpec {
  /** `automatic`: cut over as soon as a round found nothing more to do, or the stream has caught up; `manual`: wait for the cutover action. */
  mode: 'automatic' | 'manual';
  /** The operator's word that nothing writes to the source any more. Without it the report says "as of T". */
  sourceFrozen: boolean;
  /** `automatic`: finalize right after a verified cutover. */
  finalize: 'automatic' | 'manual';
}

interface CommonSpec {
  sourceEndpointId: string;
  targetEndpointId: string;
  limits: Limits;
  cutover: CutoverSpec;
  /** Among the migrations of its workspace: 1 (low) to 9 (high); absent in what older versions stored: 5. */
  priority?: number;
}

export interface StorageSpec extends CommonSpec {
  kind: 'storage';
  storage: StorageScope;
  /** Seconds between incremental rounds while waiting for the cutover. */
  incrementalIntervalSeconds: number;
}

export interface DatabaseSpec extends CommonSpec {
  kind: 'database';
  database: DatabaseScope;
}

export interface HostSpec extends CommonSpec {
  kind: 'host';
  host: HostScope;
  /** Seconds between incremental rounds while waiting for the cutover. */
  incrementalIntervalSeconds: number;
}

export type MigrationSpec = StorageSpec | DatabaseSpec | HostSpec;

/** A specification whose endpoints are not known yet. */
export type SpecInput =
  | Omit<StorageSpec, 'sourceEndpointId' | 'targetEndpointId'>
  | Omit<DatabaseSpec, 'sourceEndpointId' | 'targetEndpointId'>
  | Omit<HostSpec, 'sourceEndpointId' | 'targetEndpointId'>;

/** What of the source is migrated, and how: the part of a specification that its migrator reads. */
export type MigrationScope =
  Pick<StorageSpec, 'kind' | 'storage'> | Pick<DatabaseSpec, 'kind' | 'database'> | Pick<HostSpec, 'kind' | 'host'>;

export function scopeOf(spec: MigrationScope): MigrationScope {
  switch (spec.kind) {
    case 'storage':
      return { kind: spec.kind, storage: spec.storage };
    case 'database':
      return { kind: spec.kind, database: spec.database };
    case 'host':
      return { kind: spec.kind, host: spec.host };
  }
}
