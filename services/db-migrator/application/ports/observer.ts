import type { Observer as AnyObserver } from '@smartant/runs';
import type { DatabaseCounts } from '../../domain/database-ledger';

/** With what only databases tell. */
export interface Observer extends AnyObserver {
  counted(counts: DatabaseCounts, stage: string): void;
}
