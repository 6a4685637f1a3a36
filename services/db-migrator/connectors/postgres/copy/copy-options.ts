import type { Admit, DatabaseJob } from '../../../application/ports/database-engine';
import type { TargetPolicy } from '../../../domain/database-scope';
import type { Table, TableName } from '../catalog/catalog';
import type { TargetName } from '../catalog/target-name';
import type { PgEndpoint } from '../session/pg-session';

export interface CopySnapshot {
  /** As pg_export_snapshot or CREATE_REPLICATION_SLOT named it; its exporter has to stay while sessions begin. */
  name: string;
  /** The slot's consistent point; without a slot, a position of the source's log from before the snapshot. */
  lsn: string;
}

export interface CopyOptions {
  source: PgEndpoint;
  target: PgEndpoint;
  migrationId: string;
  epoch: number;
  /** Of the source's catalogue. Partitioned roots and foreign tables hold no rows themselves and are passed over. */
  tables: Table[];
  targetName: TargetName;
  snapshot: CopySnapshot;
  /**
   * All tables have to come from one snapshot, because no stream evens them out: another snapshot than the one before begins every table
   * anew. Else tables that are done keep theirs, and its position as their sync position.
   */
  oneSnapshot: boolean;
  targetPolicy: TargetPolicy;
  /** Only these rows, by "schema.table" of the source; one of a partitioned root holds for its partitions. */
  rows: { table: string; where: string }[];
  /** Tables and parts of tables at once; 0: chosen here. */
  jobs: number;
  /** Of tables larger than this, parts are copied at once; default: 2 GiB. */
  splitBytes?: number;
  /** How often a part is tried when a server goes away for a while; default: 8, over about a minute. */
  attempts?: number;
  /** While a table is under way: all of it so far, with what is not committed yet. A table that is tried again counts back. */
  onProgress?: (progress: CopiedTable) => void;
  /** Once for each part that was committed. */
  onPart: (part: CopiedPart) => void;
  /** Bytes about to be read from the source. */
  admit: Admit;
  /**
   * Asked before a table is begun, from the first row on. False: it is left to a later call, and on record as not copied when this one resolves.
   * Absent: all of them are copied.
   */
  mayBegin?: (table: Table) => boolean;
  /** Puts a table aside; raises when too many are. */
  quarantine: (table: { unit: string; code: string; message: string }) => Promise<void>;
  /** Stands around each attempt at a part, to have it seen; absent: nothing does. */
  unit?: DatabaseJob['unit'];
  signal: AbortSignal;
}

export interface CopiedTable {
  table: TableName;
  rows: number;
  bytes: number;
}

export interface CopiedPart extends CopiedTable {
  /** With this part, all rows of the table are there. */
  isTableDone: boolean;
}

/** Of everything that was copied for the migration, by all calls so far. */
export interface CopyTotals {
  tables: number;
  rows: number;
  bytes: number;
}
