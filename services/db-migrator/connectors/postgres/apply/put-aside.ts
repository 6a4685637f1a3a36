import type { SmartantError } from '@smartant/kernel';
import type { Change } from './changes';
import type { TargetTable } from './target-table';

export interface FailedChange {
  /** "schema.table" at the source. */
  unit: string;
  error: SmartantError;
}

/** Tables whose changes are left out from now on, by all appliers. */
export class PutAside {
  private readonly tables = new Set<TargetTable>();

  /** `onFailure`: what it raises undoes what is being written. */
  constructor(private readonly onFailure: (failed: FailedChange) => Promise<void>) {}

  without(changes: readonly Change[]): readonly Change[] {
    if (this.tables.size === 0) return changes;
    return changes.filter((change) => change.kind === 'truncate' || !this.tables.has(change.table));
  }

  /** Several appliers may come upon one table at once: it is told once. */
  async take(change: Change, error: SmartantError): Promise<void> {
    for (const table of change.kind === 'truncate' ? change.tables : [change.table]) {
      if (this.tables.has(table)) continue;
      this.tables.add(table);
      await this.onFailure({ unit: table.unit, error });
    }
  }
}
