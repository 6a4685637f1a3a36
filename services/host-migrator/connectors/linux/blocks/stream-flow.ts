/**
 * How fast a stream goes once it does: by what its writer tells of each range, from the first one to the last. Connecting says nothing of the link, and
 * what waits for limits nothing of either.
 */
export class StreamFlow {
  private rest = '';
  private first: { at: number } | null = null;
  private last = { at: 0, bytes: 0 };
  private waitedMs = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** What the writer has said: lines of bytes. */
  said(piece: Buffer): void {
    const lines = (this.rest + piece.toString('latin1')).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) if (/^\d+$/.test(line)) this.wrote(Number(line));
  }

  /** Nothing was asked for meanwhile. */
  waited(ms: number): void {
    if (this.first) this.waitedMs += ms;
  }

  /** How long so many bytes would take; null: too few ranges were written to tell. */
  millisecondsFor(bytes: number): number | null {
    if (!this.first || this.last.bytes === 0) return null;
    return (Math.max(this.last.at - this.first.at - this.waitedMs, 1) * bytes) / this.last.bytes;
  }

  private wrote(bytes: number): void {
    const at = this.now();
    if (this.first) this.last = { at, bytes: this.last.bytes + bytes };
    this.first ??= { at };
  }
}
