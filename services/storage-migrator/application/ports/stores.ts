import type { KeyRange, PartReceipt } from '@smartant/connectors';
import type { FailureState, FailureStore, RunStore, Tx } from '@smartant/runs';
import type { Difference, Run } from '../../domain/run';

export type { Tx, UnitOfWork } from '@smartant/runs';

/** Failures whose units are keys of objects. */
export interface ObjectFailureStore extends FailureStore {
  /** States of units in a range that are not resolved. */
  unresolvedIn(tx: Tx, migrationId: string, range: KeyRange): Promise<Map<string, FailureState>>;
  /** Of these, folders that could not be read (units that end in "/"), also those that begin before the range and reach into it. */
  unreadableIn(tx: Tx, migrationId: string, range: KeyRange): Promise<Map<string, FailureState>>;
}

/** Runs of which some fields are kept that only objects need. */
export interface StorageRunStore extends RunStore<Run> {
  update(tx: Tx, runId: string, change: Partial<Run>): Promise<void>;
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
  runs: StorageRunStore;
  failures: ObjectFailureStore;
  uploads: UploadStore;
  proof: ProofStore;
}
