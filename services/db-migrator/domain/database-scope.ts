export type DatabaseMode = 'live' | 'snapshot';
export type TargetPolicy = 'refuse' | 'append' | 'replace';
export type DatabaseVerify = 'content' | 'counts';

/** What of a database is migrated, and how. Names are those of the source. */
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
  mode: DatabaseMode;
  targetPolicy: TargetPolicy;
  largeObjects: boolean;
  /** Owners, grants and the roles they name. */
  roles: boolean;
  /** Tables, and parts of large tables, copied at once; 0: chosen here. */
  tableJobs: number;
  indexJobs: number;
  verify: DatabaseVerify;
  /** Open quarantined tables allowed before a run stops. */
  quarantineCap: number;
  /** Arm a stream from target to source at the cutover. */
  reverse: boolean;
  /** Bytes of log the source may keep for the migration; past them the slot is dropped on purpose. 0: half of the database's size, at least 10 GiB. */
  maxRetainedWalBytes: number;
}
