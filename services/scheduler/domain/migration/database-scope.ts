export type DatabaseMode = 'live' | 'snapshot';
export type TargetPolicy = 'refuse' | 'append' | 'replace';
/** `frozen`: content, and nothing of it before the freeze. */
export type DatabaseVerify = 'content' | 'counts' | 'frozen';

export interface ColumnChoice {
  table: string;
  exclude: string[];
  renames: { from: string; to: string }[];
}

/** What of a database is migrated, and how. Names are those of the source. Defaults: `DEFAULT_DATABASE_SCOPE`. */
export interface DatabaseScope {
  /** Globs. All four empty: everything that is not the server's own. Tables are named "schema.table". */
  includeSchemas: string[];
  excludeSchemas: string[];
  includeTables: string[];
  excludeTables: string[];
  /** Only these rows of a table: the condition of a WHERE clause over its own columns. */
  rows: { table: string; where: string }[];
  /** "schema" or "schema.table", and its name at the target; a table stays in the schema that its own is renamed to. */
  renames: { from: string; to: string }[];
  /** A tablespace of the source, and the one of the target for what lies in it; what lies in others goes to the target's default. Absent: none. */
  tablespaces?: { from: string; to: string }[];
  /** Of tables ("schema.table"; for partitions their root): columns that the target is not given, and others that have another name there. Absent: none. */
  columns?: ColumnChoice[];
  /** `live`: changes are streamed until the cutover. `snapshot`: one consistent copy, for sources without logical WAL. */
  mode: DatabaseMode;
  targetPolicy: TargetPolicy;
  largeObjects: boolean;
  /** Owners, grants and the roles they name. */
  roles: boolean;
  /** Publications of the source, for whoever subscribes to the target. Absent: none. */
  publications?: boolean;
  /** Tables, and parts of large tables, copied at once; 0: chosen by the migrator. */
  tableJobs: number;
  indexJobs: number;
  verify: DatabaseVerify;
  /** Open quarantined tables allowed before a run stops. */
  quarantineCap: number;
  /** Arm a stream from target to source at the cutover, for a rollback. Live mode only. */
  reverse: boolean;
  /** Bytes of log the source may keep for the migration; past them the slot is dropped on purpose. 0: half of the database, 10 GiB at least. */
  maxRetainedWalBytes: number;
  /** Tables that were asked to be copied again while changes are streamed; `request` grows with each time. Absent: none. */
  resyncs?: { table: string; request: number }[];
}

export const DEFAULT_DATABASE_SCOPE: DatabaseScope = {
  includeSchemas: [],
  excludeSchemas: [],
  includeTables: [],
  excludeTables: [],
  rows: [],
  renames: [],
  mode: 'live',
  targetPolicy: 'refuse',
  largeObjects: true,
  roles: false,
  tableJobs: 0,
  indexJobs: 0,
  verify: 'content',
  quarantineCap: 100,
  reverse: true,
  maxRetainedWalBytes: 0,
};

/** The whole scope: what is left out is the default. A snapshot has no stream to turn round, so none is armed. */
export function databaseScope(given: Partial<DatabaseScope>): DatabaseScope {
  return { ...DEFAULT_DATABASE_SCOPE, ...(given.mode === 'snapshot' ? { reverse: false } : {}), ...given };
}
