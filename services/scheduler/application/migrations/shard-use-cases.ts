import type { MigrationError } from '../../domain/migration/migration';
import type { Caller, Page, PageRequest } from '../use-cases';

export const SHARD_STATES = ['waiting', 'working', 'retrying', 'abandoned', 'done'] as const;
export type ShardState = (typeof SHARD_STATES)[number];

/** Neighbours of one stage, counted by their state. */
export interface ShardCell extends Record<ShardState, number> {
  stage: string;
  /** From 0, in the order of the ranges. */
  index: number;
  shards: number;
  /** The most failures in a row that one of them has. */
  attempts: number;
  /** Bytes that were moved or compared. */
  bytes: number;
  /** Of a page that begins with its first shard. */
  pageToken: string;
}

export interface ShardMap {
  /** Null: no run of the migration has had shards yet. */
  runId: string | null;
  shardsTotal: number;
  shardsDone: number;
  /** Those that ended so long ago that only their number is kept. */
  shardsForgotten: number;
  cells: ShardCell[];
}

export interface Shard {
  id: string;
  stage: string;
  ordinal: number;
  /** The parts of parts that it is, where shards were split. */
  path: number[];
  state: ShardState;
  /** As its migrator writes it, cut where it is long. */
  range: string;
  /** The worker that holds its lease; null: nobody. */
  holder: string | null;
  leaseUntil: string | null;
  /** Grows with each claim; 0: it was never claimed. */
  epoch: number;
  /** Failures in a row. */
  attempts: number;
  /** How often its holders let the lease run out since its last checkpoint. */
  takeovers: number;
  lastError: Pick<MigrationError, 'code' | 'message' | 'hint'> | null;
  /** It is not begun before; null: at once. */
  notBefore: string | null;
  finishedAt: string | null;
  /** What it has counted, as in the migration's ledger. */
  counters: Record<string, number>;
}

/** How the parts of a migration's work stand. `runId` absent: of the latest run that has had shards. */
export interface ShardUseCases {
  map(caller: Caller, migrationId: string, query: { runId?: string; cells?: number }): Promise<ShardMap>;
  /** By stage, then in the order of the ranges. */
  list(caller: Caller, migrationId: string, query: PageRequest & { runId?: string; state?: ShardState }): Promise<Page<Shard>>;
}
