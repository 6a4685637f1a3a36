import type { Duplex } from 'node:stream';

/** Told of a message of the server: its type, and where its body is in what was received. */
export type FrameVisitor = (type: number, bytes: Buffer, begin: number, end: number) => void;

const HEADER = 5;
/** Held back from the socket beyond this. */
const MOST_BUFFERED = 8 << 20;

/** A read that brings less has emptied the socket. */
const FULL_READ = 64 << 10;
/** So many small reads within so long: whoever reads is woken for almost every message. */
const MANY_READS = 24;
const WITHIN_MS = 8;
/** The socket is left alone for so long then, and again as long as that brings so much. */
const REST_MS = 1;
const WORTH_RESTING = 4 << 10;

/** Of a socket's handle in Node; a stream through a bastion has none, and is read as it comes. */
interface SocketHandle {
  reading?: boolean;
  readStop?: () => void;
  readStart?: () => void;
}

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
    if (chunk.length < FULL_READ) this.considerRest(chunk.length);
    else this.sinceRest += chunk.length;
    if (this.buffered > MOST_BUFFERED && !this.hasPartial) this.stream.pause();
    this.notify();
  };

  private readonly onEnd = (error?: Error) => {
    this.failure ??= error ?? Object.assign(new Error('The connection was ended by the server.'), { code: 'ECONNRESET' });
    this.notify();
  };

  /** One message alone may be larger than what is held. */
  private hasPartial = false;

  private rest: NodeJS.Timeout | undefined;
  private isResting = false;
  private sinceRest = 0;
  private smallReads = 0;
  private smallSinceMs = 0;

  /**
   * A server sends each change by itself, as soon as it has it. Woken for each, a reader that is as fast costs both sides more than the changes do:
   * it lets them gather for a moment where they come by the thousand.
   */
  private considerRest(bytes: number): void {
    if (this.isResting) {
      this.isResting = this.sinceRest + bytes >= WORTH_RESTING;
      if (this.isResting) this.takeRest();
      return;
    }
    const now = this.lastReceivedMs;
    if (now - this.smallSinceMs > WITHIN_MS) [this.smallSinceMs, this.smallReads] = [now, 0];
    this.smallReads += 1;
    if (this.smallReads < MANY_READS) return;
    this.smallReads = 0;
    this.isResting = true;
    this.takeRest();
  }

  private takeRest(): void {
    const handle = (this.stream as { _handle?: SocketHandle | null })._handle;
    if (!handle?.readStop || !handle.readStart || this.rest) return;
    this.sinceRest = 0;
    handle.readStop();
    this.rest = setTimeout(() => {
      this.rest = undefined;
      // Gone, or held back meanwhile.
      if (!this.stream.destroyed && handle.reading) handle.readStart?.();
    }, REST_MS);
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
    clearTimeout(this.rest);
    this.stream.removeListener('data', this.onData).removeListener('error', this.onEnd).removeListener('close', this.onEnd);
  }
}

/** 0 where too little is there to tell. */
function frameLength(bytes: Buffer): number {
  return bytes.length < HEADER ? 0 : 1 + bytes.readUInt32BE(1);
}
