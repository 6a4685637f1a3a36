import type { StageStores, Tx } from '@smartant/runs';
import type { Run } from '../../domain/run';
import type { TranscriptEntry } from './host-engine';

/** A command as it is kept. */
export interface KeptCommand extends TranscriptEntry {
  /** Grows with the order in which commands were kept. */
  id: string;
  runId: string;
}

export interface TranscriptStore {
  /** Keeps commands of a run, up to `most` of it: what comes after those is only counted. */
  append(tx: Tx, migrationId: string, runId: string, entries: TranscriptEntry[], most: number): Promise<void>;
  /** Oldest first. `runId` null: of all runs; `after`: the id of the last entry of the page before. */
  list(tx: Tx, migrationId: string, runId: string | null, limit: number, after: string | null): Promise<KeptCommand[]>;
  /** Commands that were only counted, of one run or of all. */
  omitted(tx: Tx, migrationId: string, runId: string | null): Promise<number>;
}

export interface Stores extends StageStores<Run> {
  transcript: TranscriptStore;
}
