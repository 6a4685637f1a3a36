import type { AuditEntry, AuditStatement, ChainHead, DsseEnvelope, SealedEntry } from '@smartant/proof';

export interface AuditFilter {
  /** ISO 8601: at this time or later, and before that one. */
  from?: string;
  to?: string;
  /** A user's id, `service:…` or `system`. */
  actor?: string;
  /** `endpoint.create`, or `endpoint` for all that is done with endpoints. */
  action?: string;
  /** Id of the target. */
  target?: string;
}

/** A signed statement as it is stored. */
export interface StoredStatement extends ChainHead {
  /** ISO 8601, on the database's clock. */
  at: string;
  envelope: DsseEnvelope;
}

/** Signs a statement about the trail with the report key in use. */
export type SignStatement = (statement: AuditStatement) => Promise<DsseEnvelope>;

/** The sealed trail. Entries reach it a moment after the transaction that wrote them has committed. */
export interface AuditTrail {
  /** Moves what is pending into the chains, at most so many; resolves with how many. Any replica, one at a time. */
  seal(limit: number): Promise<number>;
  /** Seconds that the oldest pending entry waits; 0 when none does. */
  oldestPendingSeconds(): Promise<number>;
  /** Sealed entries of a chain (null: of all), newest first, older than `beforeId`. */
  page(chain: string | null, filter: AuditFilter, beforeId: string | null, limit: number): Promise<AuditEntry[]>;

  /** Of one chain, or of all, by name. */
  heads(chain: string | null): Promise<ChainHead[]>;
  /** Entries of a chain with sequence numbers above `afterSeq` and up to `lastSeq`, in order; at most so many. */
  read(chain: string, afterSeq: number, lastSeq: number, limit: number): Promise<SealedEntry[]>;
  /** Statements on entries above `afterSeq` and up to `lastSeq`, in order. */
  checkpoints(chain: string, afterSeq: number, lastSeq: number): Promise<StoredStatement[]>;
  /** Ends of chains that have grown, or are no longer what was signed, and whose newest checkpoint is older than this. */
  unsigned(olderThanMs: number): Promise<ChainHead[]>;
  newestCheckpoint(chain: string): Promise<StoredStatement | null>;
  anchor(chain: string): Promise<StoredStatement | null>;

  /** Keeps statements and tells them to the bus. One that is there already stays as it is. */
  addCheckpoints(statements: StoredStatement[]): Promise<void>;
  /** The newest entry of a chain up to which all are older than so many days and that is not its last; null: none. */
  prunableUpTo(chain: string, days: number): Promise<SealedEntry | null>;
  /** Keeps the statement, says so in the trail, and from then on removes what it covers. */
  addAnchor(statement: StoredStatement): Promise<void>;
  /** Removes entries that an anchor covers, at most so many; resolves with how many. */
  removeAnchored(chain: string, limit: number): Promise<number>;
  /** Forgets from where API keys were used on days before yesterday. */
  forgetKeyUses(): Promise<void>;
  /** The database's time, ISO 8601. */
  now(): Promise<string>;
}
