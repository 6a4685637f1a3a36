import type { Failure } from './run';
import type { FailureDecision, FailureStore, UnitOfWork } from './stores';

const DEFAULT_PAGE = 50;
const LARGEST_PAGE = 200;

/** Quarantined units of migrations. */
export class Failures {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly stores: { failures: FailureStore },
  ) {}

  /** Oldest first, resolved ones included. `pageSize` 0: 50. */
  async list(migrationId: string, pageSize: number, pageToken: string): Promise<{ failures: Failure[]; nextPageToken: string }> {
    const size = Math.min(pageSize || DEFAULT_PAGE, LARGEST_PAGE);
    const found = await this.stores.failures.list(this.unitOfWork, migrationId, size + 1, pageToken || undefined);
    const failures = found.slice(0, size);
    return { failures, nextPageToken: found.length > size ? (failures.at(-1)?.id ?? '') : '' };
  }

  /** Sets failures to be tried again in the next round, or waives them on the record. `ids` empty: all open ones. */
  resolve(migrationId: string, ids: string[], decision: FailureDecision): Promise<number> {
    return this.stores.failures.decide(this.unitOfWork, migrationId, ids, decision);
  }
}
