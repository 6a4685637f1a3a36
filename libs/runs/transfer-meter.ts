const WINDOW_MS = 5_000;

/** What a run moves through this process: for live rates and for bytes that no checkpoint holds yet. */
export class TransferMeter {
  private readonly moved: { atMs: number; bytes: number }[] = [];
  private unsaved = 0;
  private retries = 0;

  /** Bytes of objects that are under way. */
  move(bytes: number): void {
    this.moved.push({ atMs: performance.now(), bytes });
    this.unsaved += bytes;
  }

  retry(): void {
    this.retries += 1;
  }

  /** Bytes that a checkpoint has taken over. */
  saved(bytes: number): void {
    this.unsaved = Math.max(0, this.unsaved - bytes);
  }

  get unsavedBytes(): number {
    return this.unsaved;
  }

  /** Retries since the last call, for the ledger. */
  takeRetries(): number {
    const { retries } = this;
    this.retries = 0;
    return retries;
  }

  bytesPerSecond(): number {
    const since = performance.now() - WINDOW_MS;
    while (this.moved[0] && this.moved[0].atMs < since) this.moved.shift();
    const bytes = this.moved.reduce((sum, entry) => sum + entry.bytes, 0);
    return Math.round(bytes / (WINDOW_MS / 1_000));
  }
}
