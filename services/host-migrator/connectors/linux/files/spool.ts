import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PIECE_BYTES = 256 * 1024;

/**
 * Records that are put aside on the migrator's disk, to be read later, in their order: memory stays bounded however many there are. The file
 * has no name from the start, so that nothing is left of it whatever ends the process. Records are latin1 and hold no NUL.
 */
export class Spool {
  private count = 0;
  private pending: string[] = [];
  private pendingBytes = 0;
  private writing: Promise<unknown> = Promise.resolve();

  private constructor(private readonly file: FileHandle) {}

  static async open(): Promise<Spool> {
    const folder = await mkdtemp(join(tmpdir(), 'smartant-spool-'));
    try {
      return new Spool(await open(join(folder, 'records'), 'wx+', 0o600));
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  get records(): number {
    return this.count;
  }

  /** A promise only where it has to wait for the disk. */
  add(record: string): Promise<void> | undefined {
    this.count += 1;
    this.pending.push(record);
    this.pendingBytes += record.length + 1;
    return this.pendingBytes < PIECE_BYTES ? undefined : this.flush();
  }

  /** Every record with the NUL that ends it; any number of times, when nothing is added any more. */
  async *bytes(): AsyncGenerator<Buffer> {
    await this.flush();
    for (let at = 0; ;) {
      const { bytesRead, buffer } = await this.file.read(Buffer.alloc(PIECE_BYTES), 0, PIECE_BYTES, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  async close(): Promise<void> {
    await this.writing.catch(() => undefined);
    await this.file.close();
  }

  private async flush(): Promise<void> {
    if (this.pendingBytes > 0) {
      const piece = Buffer.from(`${this.pending.join('\0')}\0`, 'latin1');
      [this.pending, this.pendingBytes] = [[], 0];
      this.writing = this.writing.then(() => this.file.appendFile(piece));
    }
    await this.writing;
  }
}
