import { errorFields } from '../session/protocol-messages';

const HEADER_BYTES = 5;
/** A message other than CopyData is small: an error, a notice, a command tag. */
const LARGEST_MESSAGE_BYTES = 1024 * 1024;
const COPY_DATA = 0x64;

export interface WalkerHandlers {
  /**
   * Bytes of whole or partial CopyData messages, headers included: to be forwarded as they are. `isChunk`: they are the chunk that was
   * walked, of which nothing is kept here.
   */
  data?: (bytes: Buffer, isChunk: boolean) => void;
  /** Any other message, whole. `type` is its letter. */
  message: (type: string, body: Buffer) => void;
}

/**
 * Walks over the messages that a server sends. Of CopyData only the headers are looked at, so its bytes are neither copied nor parsed: a
 * CopyData message reads the same in both directions. https://www.postgresql.org/docs/18/protocol-message-formats.html
 */
export class MessageWalker {
  private readonly header = Buffer.alloc(HEADER_BYTES);
  private headerLength = 0;
  /** Bytes of the current message's body that are still to come. */
  private left = 0;
  private type = 0;
  private body: Buffer[] = [];
  /** CopyData messages that were begun: a server sends one for each row. */
  dataMessages = 0;

  constructor(private readonly handlers: WalkerHandlers) {}

  walk(chunk: Buffer): void {
    let at = 0;
    // Where the bytes begin that are to be forwarded; a header that is not known to be CopyData's is held back.
    let from = 0;
    while (at < chunk.length) {
      if (this.left > 0) {
        const end = Math.min(at + this.left, chunk.length);
        this.left -= end - at;
        if (this.type !== COPY_DATA) {
          this.body.push(chunk.subarray(at, end));
          from = end;
          if (this.left === 0) this.finish();
        }
        at = end;
        continue;
      }
      const begun = this.headerLength > 0;
      const type = begun ? this.header[0]! : chunk[at]!;
      if (type !== COPY_DATA && !begun) this.forward(chunk, from, at);
      const next = this.readHeader(chunk, at);
      if (type !== COPY_DATA) from = next;
      at = next;
    }
    this.forward(chunk, from, chunk.length);
  }

  private readHeader(chunk: Buffer, at: number): number {
    if (this.headerLength === 0 && at + HEADER_BYTES <= chunk.length) {
      this.begin(chunk[at]!, ((chunk[at + 1]! << 24) | (chunk[at + 2]! << 16) | (chunk[at + 3]! << 8) | chunk[at + 4]!) >>> 0);
      return at + HEADER_BYTES;
    }
    const end = Math.min(chunk.length, at + HEADER_BYTES - this.headerLength);
    this.headerLength += chunk.copy(this.header, this.headerLength, at, end);
    if (this.headerLength === HEADER_BYTES) {
      this.headerLength = 0;
      this.begin(this.header[0]!, this.header.readUInt32BE(1));
    }
    return end;
  }

  private begin(type: number, length: number): void {
    this.type = type;
    this.left = length - 4;
    if (type === COPY_DATA) {
      this.dataMessages += 1;
      return;
    }
    if (this.left < 0 || this.left > LARGEST_MESSAGE_BYTES) throw new Error(`The server sent a message of ${length} bytes.`);
    if (this.left === 0) this.finish();
  }

  private finish(): void {
    const body = Buffer.concat(this.body);
    this.body = [];
    this.handlers.message(String.fromCharCode(this.type), body);
  }

  private forward(chunk: Buffer, from: number, end: number): void {
    if (end === from) return;
    const isChunk = from === 0 && end === chunk.length;
    this.handlers.data?.(isChunk ? chunk : chunk.subarray(from, end), isChunk);
  }
}

/** What an ErrorResponse says, as the driver raises it: by SQLSTATE. Its detail and context, which quote values of rows, are left out. */
export function serverError(body: Buffer): Error & { code: string } {
  const { M: message = 'The server gave no reason.', C: code = 'XX000' } = errorFields(body);
  return Object.assign(new Error(message), { code });
}

/** The number of rows in a command tag ("COPY 42"); null for a tag of another command. */
export function copiedRows(body: Buffer): number | null {
  const tag = /^COPY (\d+)/.exec(body.toString('latin1'));
  return tag ? Number(tag[1]) : null;
}

/** CopyDone. */
export const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4]);
