import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { MessageBlock } from './messages';

/** Kept in memory for a transaction before it is written to its file. */
const BUFFER_BYTES = 256 << 10;
const READ_BYTES = 1 << 20;
const LENGTH = 4;

interface Spilled {
  path: string;
  file: FileHandle | undefined;
  buffered: Buffer[];
  bufferedBytes: number;
  aborted: Set<number>;
}

/**
 * Changes of transactions that the source sends before they end, each in a file until it is known whether it committed. Memory is
 * bounded by the transactions that are open at once.
 */
export class SpilledTransactions {
  private readonly transactions = new Map<number, Spilled>();

  private constructor(private readonly folder: string) {}

  static async in(parent: string): Promise<SpilledTransactions> {
    return new SpilledTransactions(await mkdtemp(join(parent, 'smartant-spill-')));
  }

  begin(transaction: number): void {
    if (this.transactions.has(transaction)) return;
    const path = join(this.folder, String(transaction));
    this.transactions.set(transaction, { path, file: undefined, buffered: [], bufferedBytes: 0, aborted: new Set() });
  }

  /** Resolves, or returns nothing where nothing had to be written. */
  add(transaction: number, message: Buffer): Promise<void> | undefined {
    const spilled = this.of(transaction);
    const length = Buffer.alloc(LENGTH);
    length.writeUInt32BE(message.length);
    spilled.buffered.push(length, message);
    spilled.bufferedBytes += LENGTH + message.length;
    return spilled.bufferedBytes > BUFFER_BYTES ? write(spilled) : undefined;
  }

  /** A part of a transaction that was rolled back, or all of it. */
  async abort(transaction: number, subtransaction: number): Promise<void> {
    const spilled = this.transactions.get(transaction);
    if (!spilled) return;
    if (subtransaction === transaction) await this.drop(transaction);
    else spilled.aborted.add(subtransaction);
  }

  isAborted(transaction: number, subtransaction: number): boolean {
    return this.transactions.get(transaction)?.aborted.has(subtransaction) ?? false;
  }

  /** Messages in the order in which they came, some at a time. */
  async *read(transaction: number): AsyncGenerator<MessageBlock> {
    const spilled = this.of(transaction);
    await write(spilled);
    let rest: Buffer = Buffer.alloc(0);
    for (let at = 0; spilled.file;) {
      const chunk = Buffer.allocUnsafe(READ_BYTES);
      const { bytesRead } = await spilled.file.read(chunk, 0, READ_BYTES, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      const bytes: Buffer = rest.length > 0 ? Buffer.concat([rest, chunk.subarray(0, bytesRead)]) : chunk.subarray(0, bytesRead);
      const bounds: number[] = [];
      let begin = 0;
      while (begin + LENGTH <= bytes.length) {
        const end = begin + LENGTH + bytes.readUInt32BE(begin);
        if (end > bytes.length) break;
        bounds.push(begin + LENGTH, end);
        begin = end;
      }
      rest = bytes.subarray(begin);
      if (bounds.length > 0) yield { bytes, bounds };
    }
  }

  async drop(transaction: number): Promise<void> {
    const spilled = this.transactions.get(transaction);
    this.transactions.delete(transaction);
    await spilled?.file?.close();
    if (spilled?.file) await rm(spilled.path, { force: true });
  }

  async close(): Promise<void> {
    for (const transaction of this.transactions.keys()) await this.drop(transaction);
    await rm(this.folder, { recursive: true, force: true });
  }

  private of(transaction: number): Spilled {
    this.begin(transaction);
    return this.transactions.get(transaction)!;
  }
}

async function write(spilled: Spilled): Promise<void> {
  if (spilled.buffered.length === 0) return;
  const bytes = Buffer.concat(spilled.buffered, spilled.bufferedBytes);
  spilled.buffered = [];
  spilled.bufferedBytes = 0;
  spilled.file ??= await open(spilled.path, 'wx+', 0o600);
  await spilled.file.appendFile(bytes);
}
