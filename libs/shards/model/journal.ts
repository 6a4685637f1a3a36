interface Change {
  table: Map<string, unknown>;
  key: string;
  before: unknown;
}

/**
 * Tables in memory with transactions, and a history that can be cut: what a database is to the lease rules. Rows are
 * values: they are replaced, never changed in place, so that an older one can be put back.
 */
export class Journal {
  private readonly changes: Change[] = [];
  /** Where each commit ends in `changes`, and when it was made. */
  private readonly commits: { end: number; atMs: number }[] = [];
  private open = false;

  /** Commits made so far, less those that were lost. */
  get length(): number {
    return this.commits.length;
  }

  /** True while the open transaction has written something. */
  get isWriting(): boolean {
    return this.open && this.changes.length > (this.commits.at(-1)?.end ?? 0);
  }

  /** Replaces a row, or removes it with undefined. Only within a transaction. */
  put<Row>(table: Map<string, Row>, key: string, row: Row | undefined): void {
    if (!this.open) throw new Error('a row may only be written within a transaction');
    this.changes.push({ table: table as Map<string, unknown>, key, before: table.get(key) });
    if (row === undefined) table.delete(key);
    else table.set(key, row);
  }

  /** Commits what `work` wrote, or nothing of it when it throws. A transaction that wrote nothing leaves no commit. */
  transaction<T>(nowMs: number, work: () => T): T {
    const start = this.changes.length;
    this.open = true;
    try {
      const result = work();
      if (this.changes.length > start) this.commits.push({ end: this.changes.length, atMs: nowMs });
      return result;
    } catch (error) {
      this.undoTo(start);
      throw error;
    } finally {
      this.open = false;
    }
  }

  /** Undoes every commit made after `atMs`, as a standby that lagged or an older backup does. Answers with how many. */
  loseAfter(atMs: number): number {
    const before = this.commits.length;
    while ((this.commits.at(-1)?.atMs ?? -Infinity) > atMs) this.commits.pop();
    this.undoTo(this.commits.at(-1)?.end ?? 0);
    return before - this.commits.length;
  }

  private undoTo(length: number): void {
    while (this.changes.length > length) {
      const { table, key, before } = this.changes.pop() as Change;
      if (before === undefined) table.delete(key);
      else table.set(key, before);
    }
  }
}
