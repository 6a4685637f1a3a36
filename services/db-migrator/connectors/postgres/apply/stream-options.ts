import type { TableName } from '../catalog/catalog';
import type { RelationColumn, RelationMessage, ValueForm } from '../replication/messages';
import type { SlotIdentity } from '../replication/slot';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import type { ApplyStep } from './apply-step';
import type { Conflict } from './change-writer';
import type { ColumnNames } from './column-names';
import type { StreamLag } from './lag-watch';
import type { FailedChange } from './put-aside';

export interface StreamChangesOptions {
  /** Where the slot is; for the stream back, the migration's target. */
  source: PgEndpoint;
  target: PgEndpoint;
  /** As it was when it was made. */
  slot: SlotIdentity;
  publications: readonly string[];
  migrationId: string;
  /** Of the holder of this work: an older one's transactions fail from now on. */
  epoch: number;
  /** Sessions at the target that changes are shared out to where they are independent; default: 1. */
  appliers?: number;
  /** A batch of fewer changes is not shared out; default: 2,000. */
  shareFrom?: number;
  targetName: (name: TableName) => TableName;
  /** The root of a partition of the source; null: it is none. */
  rootOf?: (name: TableName) => TableName | null;
  /** How columns are called at the target; default: the same. */
  columns?: ColumnNames;
  /** "schema.table" at the source: their changes are left out. */
  excluded?: ReadonlySet<string>;
  /** "schema.table" to a position: changes committed before it are in the table's copy already. */
  syncPositions?: ReadonlyMap<string, string>;
  /** Ends once everything committed before this position is applied. Absent: runs until it is told to stop. */
  untilLsn?: string;
  /** Once a second at most. */
  onState?: (state: StreamLag) => void;
  onApplied?: (counts: { transactions: number; changes: number; bytes: number }) => void;
  onConflict?: (conflict: Conflict) => void;
  /** A table whose changes cannot be applied; it is left out from now on. What this raises stops the stream. Absent: its error does. */
  onFailure?: (failed: FailedChange) => Promise<void>;
  /** A table is told, in the form that its next changes have. `session`: at the target. What it raises and waiting does not cure fails the table. */
  onRelation?: (relation: RelationMessage, session: PgSession, target: TableName) => Promise<void>;
  /**
   * A table has columns that the target does not have. `session` is in the transaction in which the change will be applied. Resolves with true
   * when the table there (`target`) has them now; else the table fails. What it raises and waiting does not cure fails the table as well.
   */
  onNewColumns?: (relation: RelationMessage, missing: RelationColumn[], session: PgSession, target: TableName) => Promise<boolean>;
  /** A message whose prefix begins with "smartant", between the changes where it was written. `session` as above. */
  onMessage?: (message: { prefix: string; content: string; session: PgSession }) => Promise<void>;
  onRetry?: (error: unknown, delayMs: number) => void;
  /** Bytes about to be taken from the source. */
  admit?: (bytes: number, signal: AbortSignal) => Promise<void>;
  /** In what form values come; default: binary where it is exact for all tables, else text. */
  form?: ValueForm;
  /** Where large transactions are kept until they end. Default: the system's folder for temporary files. */
  spillFolder?: string;
  reached?: (step: ApplyStep) => Promise<void> | void;
  signal: AbortSignal;
}
