import type { Table } from '../catalog/catalog';
import type { CopyOptions } from './copy-options';

const INTERVAL_MS = 500;

interface Committed {
  rows: number;
  bytes: number;
}

export interface PartProgress {
  onBytes: (bytes: number) => void;
  commit: (done: { rows: number; bytes: number }) => void;
  /** What was not committed is counted back. */
  end: () => void;
}

/** Tells how far tables are, twice a second at most, and at the end of each part. */
export class CopyProgress {
  private readonly tables = new Map<Table, { committed: Committed; underWay: number }>();
  private toldAt = 0;

  /** `onBytes`: as they are forwarded, also those that are counted back later. */
  constructor(
    private readonly options: Pick<CopyOptions, 'onProgress'>,
    private readonly onBytes: (bytes: number) => void,
  ) {}

  /** `committed` is counted up by what is. */
  begin(table: Table, committed: Committed): PartProgress {
    let bytes = 0;
    const state = this.tables.get(table) ?? { committed, underWay: 0 };
    this.tables.set(table, state);
    return {
      onBytes: (more) => {
        bytes += more;
        state.underWay += more;
        this.onBytes(more);
        const now = performance.now();
        if (now - this.toldAt < INTERVAL_MS) return;
        this.toldAt = now;
        this.tell(table);
      },
      commit: (done) => {
        state.committed.rows += done.rows;
        state.committed.bytes += done.bytes;
      },
      end: () => {
        state.underWay -= bytes;
        bytes = 0;
        this.tell(table);
      },
    };
  }

  private tell(table: Table): void {
    const state = this.tables.get(table);
    if (!state) return;
    const { committed, underWay } = state;
    this.options.onProgress?.({ table, rows: committed.rows, bytes: committed.bytes + underWay });
  }
}
