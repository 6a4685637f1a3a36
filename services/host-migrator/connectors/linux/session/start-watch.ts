import { askMarker, startMarker } from './command-line';

/** What is looked for a beginning in. */
const EARLY_BYTES = 32 * 1024;
/** Of stderr is kept the end: room for what a tar says of each file of a stream, where all of them have gone (`ShardPacker`). */
const KEPT_BYTES = 16 * 1024 * 1024;
const BLOCK_BYTES = 64 * 1024;

/** Reads stderr of a command: what our own wrapper and sudo say before the command begins, then the end of what the command says. */
export class StartWatch {
  private early = Buffer.alloc(0);
  /** Of the last one so much is used. */
  private readonly blocks: Buffer[] = [];
  private used = BLOCK_BYTES;
  private cut = false;
  private started = false;
  private readonly ask: Buffer;
  private readonly start: Buffer;

  constructor(
    nonce: string,
    private readonly told: { asked: () => void; started: (group: number) => void },
  ) {
    this.ask = Buffer.from(askMarker(nonce));
    this.start = Buffer.from(startMarker(nonce));
  }

  feed(chunk: Buffer): void {
    if (this.started) return this.keep(chunk);
    this.early = Buffer.concat([this.early, chunk]);
    this.look();
    if (this.early.length > EARLY_BYTES) this.early = Buffer.from(this.early.subarray(-EARLY_BYTES));
  }

  /** Whether the command has said more than is kept. */
  get isCut(): boolean {
    return this.cut;
  }

  /** Whole lines, where it is not all of it. */
  text(): string {
    const text = Buffer.concat(
      [this.early, ...this.blocks],
      this.early.length + this.blocks.length * BLOCK_BYTES - (BLOCK_BYTES - this.used),
    ).toString('utf8');
    return this.cut ? text.slice(text.indexOf('\n') + 1) : text;
  }

  /** In blocks: however small the pieces are, there are few of them. */
  private keep(chunk: Buffer): void {
    for (let rest = chunk; rest.length > 0;) {
      if (this.used === BLOCK_BYTES) this.nextBlock();
      const taken = rest.copy(this.blocks.at(-1)!, this.used);
      this.used += taken;
      rest = rest.subarray(taken);
    }
  }

  private nextBlock(): void {
    this.blocks.push(Buffer.allocUnsafe(BLOCK_BYTES));
    this.used = 0;
    if (this.blocks.length * BLOCK_BYTES <= KEPT_BYTES + BLOCK_BYTES) return;
    this.blocks.shift();
    this.cut = true;
  }

  private look(): void {
    for (let at = this.early.indexOf(this.ask); at >= 0; at = this.early.indexOf(this.ask)) {
      this.early = Buffer.concat([this.early.subarray(0, at), this.early.subarray(at + this.ask.length)]);
      this.told.asked();
    }
    const at = this.early.indexOf(this.start);
    const end = at < 0 ? -1 : this.early.indexOf(10, at);
    if (end < 0) return;
    const group = Number(this.early.toString('latin1', at + this.start.length, end));
    // What came before is of the login shell's start files and of sudo: a lecture, a banner.
    this.keep(this.early.subarray(end + 1));
    this.early = Buffer.alloc(0);
    this.started = true;
    this.told.started(group);
  }
}
