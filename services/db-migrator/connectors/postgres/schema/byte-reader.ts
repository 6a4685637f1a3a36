import { SmartantError } from '@smartant/kernel';

/** Takes exact numbers of bytes from a stream of chunks. */
export class ByteReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private held: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.chunks = chunks[Symbol.asyncIterator]();
  }

  /** Raises POSTGRES_DUMP_UNREADABLE when the stream ends before. */
  async take(count: number): Promise<Buffer> {
    if (this.held.length < count) await this.fill(count);
    const taken = this.held.subarray(0, count);
    this.held = this.held.subarray(count);
    return taken;
  }

  private async fill(count: number): Promise<void> {
    const parts = [this.held];
    for (let length = this.held.length; length < count;) {
      const { value, done } = await this.chunks.next();
      if (done)
        throw new SmartantError('POSTGRES_DUMP_UNREADABLE', 'What pg_dump wrote ends too soon.', { kind: 'internal', actor: 'operator' });
      parts.push(value);
      length += value.length;
    }
    this.held = Buffer.concat(parts);
  }
}
