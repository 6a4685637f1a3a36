import type { Duplex } from 'node:stream';

/** Told of a message of the server: its type, and where its body is in what was received. */
export type FrameVisitor = (type: number, bytes: Buffer, begin: number, end: number) => void;

const HEADER = 5;
/** Held back from the socket beyond this. */
const MOST_BUFFERED = 8 << 20;

/** Cuts what a socket brings into the server's messages, without copying those that come in one piece. */
export class FrameReader {
  private chunks: Buffer[] = [];
  private buffered = 0;
  /** Why it ended. */
  failure: Error | undefined;
  lastReceivedMs = Date.now();
  receivedBytes = 0;

  constructor(
    private readonly stream: Duplex,
    private readonly notify: () => void,
  ) {
    stream.on('data', this.onData).once('error', this.onEnd).once('close', this.onEnd);
    stream.resume();
  }

  private readonly onData = (chunk: Buffer) => {
    this.chunks.push(chunk);
    this.buffered += chunk.length;
    this.receivedBytes += chunk.length;
    this.lastReceivedMs = Date.now();
    if (this.buffered > MOST_BUFFERED && !this.hasPartial) this.stream.pause();
    this.notify();
  };

  private readonly onEnd = (error?: Error) => {
    this.failure ??= error ?? Object.assign(new Error('The connection was ended by the server.'), { code: 'ECONNRESET' });
    this.notify();
  };

  /** One message alone may be larger than what is held. */
  private hasPartial = false;

  /** Something came that was not taken yet. */
  get hasReceived(): boolean {
    return this.buffered > 0;
  }

  get isPaused(): boolean {
    return this.stream.isPaused();
  }

  /** Tells the messages that are there in full, all in one buffer. */
  take(visit: FrameVisitor): void {
    if (this.chunks.length === 0) return;
    // Chunks of an unfinished large message are put together once, when it is whole.
    this.hasPartial = frameLength(this.chunks[0]!) > this.buffered;
    if (!this.hasPartial) {
      const bytes = this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks, this.buffered);
      let at = 0;
      while (at + HEADER <= bytes.length) {
        const end = at + 1 + bytes.readUInt32BE(at + 1);
        if (end > bytes.length) break;
        visit(bytes[at] ?? 0, bytes, at + HEADER, end);
        at = end;
      }
      const rest = bytes.subarray(at);
      this.chunks = rest.length > 0 ? [rest] : [];
      this.buffered = rest.length;
    }
    this.stream.resume();
  }

  detach(): void {
    this.stream.removeListener('data', this.onData).removeListener('error', this.onEnd).removeListener('close', this.onEnd);
  }
}

/** 0 where too little is there to tell. */
function frameLength(bytes: Buffer): number {
  return bytes.length < HEADER ? 0 : 1 + bytes.readUInt32BE(1);
}
