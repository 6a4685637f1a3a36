export type DatabaseMode = 'live' | 'snapshot';
export type TargetPolicy = 'refuse' | 'append' | 'replace';
/** `frozen`: content, and nothing of it before the freeze. */
export type DatabaseVerify = 'content' | 'counts' | 'frozen';

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
  /** A tablespace of the source, and the one of the target for what lies in it; what lies in others goes to the target's default. */
  tablespaces: { from: string; to: string }[];
  /** Of tables ("schema.table"; for partitions their root): columns that the target is not given, and others that have another name there. */
  columns: { table: string; exclude: string[]; renames: { from: string; to: string }[] }[];
  mode: DatabaseMode;
  targetPolicy: TargetPolicy;
  largeObjects: boolean;
  /** Owners, grants and the roles they name. */
  roles: boolean;
  /** Publications of the source, for whoever subscribes to the target. */
  publications: boolean;
  /** Tables, and parts of large tables, copied at once; 0: chosen here. */
  tableJobs: number;
  indexJobs: number;
  verify: DatabaseVerify;
  /** Open quarantined tables allowed before a run stops. */
  quarantineCap: number;
  /** Arm a stream from target to source at the cutover. */
  reverse: boolean;
  /** Tables ("schema.table") that are to be copied again; `request` grows with each time that one is asked for. */
  resyncs: { table: string; request: number }[];
  /** Bytes of log the source may keep for the migration; past them the slot is dropped on purpose. 0: half of the database's size, at least 10 GiB. */
  maxRetainedWalBytes: number;
}
