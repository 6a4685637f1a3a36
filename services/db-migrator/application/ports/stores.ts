import type { StageStores, Tx } from '@smartant/runs';
import type { AskedCheck, Check } from '../../domain/check';
import type { Run } from '../../domain/run';

export type { Tx, UnitOfWork } from '@smartant/runs';

export interface CheckStore {
  /** Resolves with the one that there is where it was asked before. */
  ask(tx: Tx, check: AskedCheck): Promise<Check>;
  /** Newest first. */
  list(tx: Tx, migrationId: string, limit: number): Promise<Check[]>;
  /** The oldest that has not ended, whoever began it; null: none. */
  begin(tx: Tx, migrationId: string): Promise<Check | null>;
  end(tx: Tx, id: string, outcome: Pick<Check, 'result' | 'error'>): Promise<void>;
}

export interface Stores extends StageStores<Run> {
  checks: CheckStore;
}
