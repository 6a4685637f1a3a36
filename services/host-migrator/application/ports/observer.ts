import type { Observer as AnyObserver } from '@smartant/runs';
import type { HostCounts } from '../../domain/host-ledger';

/** With what only hosts tell. */
export interface Observer extends AnyObserver {
  counted(counts: HostCounts, stage: string): void;
}
