import type { Lsn } from './lsn';

/** What pgoutput tells. https://www.postgresql.org/docs/18/protocol-logicalrep-message-formats.html */
export type StreamMessage =
  | { kind: 'begin'; commitLsn: Lsn; committedAtMs: number }
  | { kind: 'commit'; commitLsn: Lsn; endLsn: Lsn; committedAtMs: number }
  | RelationMessage
  | RowMessage
  | { kind: 'truncate'; relationIds: number[]; restartsIdentities: boolean; subtransaction: number }
  | { kind: 'message'; isTransactional: boolean; prefix: string; content: Buffer; lsn: Lsn; subtransaction: number }
  | { kind: 'stream-start'; transaction: number }
  | { kind: 'stream-stop' }
  | { kind: 'stream-commit'; transaction: number; commitLsn: Lsn; endLsn: Lsn; committedAtMs: number }
  | { kind: 'stream-abort'; transaction: number; subtransaction: number }
  /** Origins and types: nothing here depends on them. */
  | { kind: 'other' };

export interface RelationMessage {
  kind: 'relation';
  id: number;
  schema: string;
  table: string;
  replicaIdentity: 'd' | 'i' | 'f' | 'n';
  columns: RelationColumn[];
}

export interface RelationColumn {
  name: string;
  /** Part of what old rows are named by. */
  isKey: boolean;
  typeOid: number;
}

export interface RowMessage {
  kind: 'insert' | 'update' | 'delete';
  relationId: number;
  /** The row that was: its key (`oldIsKey`), or all of it. Null where the key did not change. */
  old: Tuple | null;
  oldIsKey: boolean;
  new: Tuple | null;
  /** 0 outside a streamed transaction. */
  subtransaction: number;
}

export const NULL_VALUE = -1;
/** The value is stored apart (TOAST) and was not touched; it is not told. */
export const UNCHANGED_VALUE = -2;

/**
 * How the values of a stream are written: by their types' output functions, or by their send functions, which costs both servers less. One form
 * for all tables, since pgoutput asks no more of a type than that it has such a function.
 */
export type ValueForm = 'text' | 'binary';

/** A row's values as the server wrote them: where each begins in `bytes` and how long it is, in the relation's order of columns. */
export interface Tuple {
  bytes: Buffer;
  /** Where the whole of it begins (TupleData), for `decodeTuple`. */
  at: number;
  /** There is an UNCHANGED_VALUE among them. */
  isPartial: boolean;
  /** Begin and length in turn; a length below zero is NULL_VALUE or UNCHANGED_VALUE. */
  spans: number[];
}

/**
 * Messages as they came: where each begins and ends in `bytes`, in turn. A buffer of its own for each message would cost more, in memory
 * and collection, than decoding it.
 */
export interface MessageBlock {
  bytes: Buffer;
  bounds: number[];
}
