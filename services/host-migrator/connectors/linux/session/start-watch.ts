import { askMarker, startMarker } from './command-line';

/** Of stderr is kept the end. */
const KEPT_BYTES = 32 * 1024;

/** Reads stderr of a command: what our own wrapper and sudo say before the command begins, then the end of what the command says. */
export class StartWatch {
  private kept = Buffer.alloc(0);
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
    this.kept = Buffer.concat([this.kept, chunk]);
    if (!this.started) this.look();
    if (this.kept.length > KEPT_BYTES) this.kept = Buffer.from(this.kept.subarray(-KEPT_BYTES));
  }

  text(): string {
    return this.kept.toString('utf8');
  }

  private look(): void {
    for (let at = this.kept.indexOf(this.ask); at >= 0; at = this.kept.indexOf(this.ask)) {
      this.kept = Buffer.concat([this.kept.subarray(0, at), this.kept.subarray(at + this.ask.length)]);
      this.told.asked();
    }
    const at = this.kept.indexOf(this.start);
    const end = at < 0 ? -1 : this.kept.indexOf(10, at);
    if (end < 0) return;
    const group = Number(this.kept.toString('latin1', at + this.start.length, end));
    // What came before is of the login shell's start files and of sudo: a lecture, a banner.
    this.kept = Buffer.from(this.kept.subarray(end + 1));
    this.started = true;
    this.told.started(group);
  }
}
