import type { KeyRange, PartReceipt } from '@smartant/connectors';
import type { SqlExecutor } from '@smartant/platform/postgres';
import type { Difference, Failure, FailureState, Run } from '../../domain/run';

/** What a transaction looks like from here: opaque, handed through to the stores. */
export type Tx = SqlExecutor;

/** Where a use case or a stage commits. `query` outside a transaction commits by itself. */
export interface UnitOfWork extends SqlExecutor {
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}

export interface RunStore {
  /** Locks a migration and resolves with the highest epoch seen for it so far, raising it to `epoch`. */
  raiseEpoch(tx: Tx, migrationId: string, epoch: number): Promise<number>;
  insert(tx: Tx, run: Run): Promise<void>;
  find(tx: Tx, runId: string): Promise<Run | null>;
  /** Runs of a migration that have not ended. */
  unfinished(tx: Tx, migrationId: string): Promise<Run[]>;
  /** Those of all migrations. */
  allUnfinished(tx: Tx): Promise<Run[]>;
  /** The run of the highest epoch; null when the migration is unknown. */
  latest(tx: Tx, migrationId: string): Promise<Run | null>;
  update(tx: Tx, runId: string, change: Partial<Run>): Promise<void>;
  /** Removes every row of a migration: runs, uploads, failures, digests, differences. */
  forgetMigration(tx: Tx, migrationId: string): Promise<void>;
}

export interface Quarantined {
  migrationId: string;
  runId: string;
  unit: string;
  code: string;
  message: string;
  attempts: number;
  traceId: string;
}

export interface FailureStore {
  /** Records a failing unit, once per unit and migration (a repetition updates it), and resolves with the number of open ones. */
  quarantine(tx: Tx, failure: Quarantined): Promise<number>;
  /** States of units in a range that are not resolved. */
  unresolvedIn(tx: Tx, migrationId: string, range: KeyRange): Promise<Map<string, FailureState>>;
  /** Of these, folders that could not be read (units that end in "/"), also those that begin before the range and reach into it. */
  unreadableIn(tx: Tx, migrationId: string, range: KeyRange): Promise<Map<string, FailureState>>;
  /** The unit is in order now. Nothing happens when it had not failed. */
  resolve(tx: Tx, migrationId: string, unit: string): Promise<void>;
  /** Oldest first. `after`: the id of the last failure of the page before. */
  list(tx: Tx, migrationId: string, limit: number, after: string | undefined): Promise<Failure[]>;
  /** Resolves with the number of failures that changed. `ids` empty: all open ones. */
  decide(
    tx: Tx,
    migrationId: string,
    ids: string[],
    decision: { state: 'retrying' | 'waived'; actor: string; reason: string },
  ): Promise<number>;
}

/** A multipart upload under way, for one object of a migration; it outlives runs. */
export interface Upload {
  migrationId: string;
  key: string;
  uploadId: string;
  partSizeBytes: number;
  /** Of the source object whose parts it holds: parts of another version are never mixed in. */
  changeId: string;
}

/** Word that an upload is about to be begun: it outlives a process that dies before it can record the upload's id. */
export interface UploadIntent {
  intentId: string;
  key: string;
  /** Milliseconds since the epoch, on the database's clock. */
  begunAtMs: number;
  ageMs: number;
}

export interface UploadStore {
  /** Before an upload is begun. Resolves with the intent's id. */
  intend(tx: Tx, migrationId: string, key: string): Promise<string>;
  dropIntent(tx: Tx, intentId: string): Promise<void>;
  /** Intents of a migration in the order of their ids, after one of them; of one key where that is given. */
  intents(tx: Tx, migrationId: string, page: { key?: string; after?: string; limit: number }): Promise<UploadIntent[]>;
  find(tx: Tx, migrationId: string, key: string): Promise<Upload | null>;
  save(tx: Tx, upload: Upload): Promise<void>;
  addReceipt(tx: Tx, upload: Upload, receipt: PartReceipt): Promise<void>;
  receipts(tx: Tx, upload: Upload): Promise<PartReceipt[]>;
  /** Bytes of the parts that are stored for objects of a migration that are not whole yet. */
  storedBytes(tx: Tx, migrationId: string): Promise<number>;
  /** With its receipts. */
  remove(tx: Tx, upload: Upload): Promise<void>;
  /** Some uploads of a migration. */
  some(tx: Tx, migrationId: string, limit: number): Promise<Upload[]>;
}

export type DigestKind = 'inventory' | 'source' | 'target';

export interface ProofStore {
  /** Replaces a shard's digest state; in the transaction of the checkpoint it belongs to. */
  saveDigest(tx: Tx, runId: string, shardId: string, kind: DigestKind, state: Buffer): Promise<void>;
  loadDigest(tx: Tx, shardId: string, kind: DigestKind): Promise<Buffer | null>;
  /** States of all shards of a stage, one after the other. */
  digests(tx: Tx, runId: string, stage: string, kind: DigestKind): AsyncIterable<Buffer>;
  /** Adds to the run's sample, which is bounded. */
  addDifferences(tx: Tx, run: Pick<Run, 'runId' | 'migrationId'>, differences: Difference[]): Promise<void>;
  sample(tx: Tx, runId: string, limit: number): Promise<Difference[]>;
  /** Keys in a range that the last verification found different in content or properties. */
  differentKeys(tx: Tx, migrationId: string, range: KeyRange): Promise<Set<string>>;
  /** Forgets digests of the run and, after a verification, differences of the migration's other runs. */
  tidy(tx: Tx, run: Pick<Run, 'runId' | 'migrationId' | 'phase'>): Promise<void>;
}

export interface Stores {
  runs: RunStore;
  failures: FailureStore;
  uploads: UploadStore;
  proof: ProofStore;
}
