import type { DestinationStream } from 'pino';
import type { RotatingFileStream } from 'rotating-file-stream';
import { openRotatingFile } from './rotating-file';

export interface LastingFileOptions {
  folder: string;
  name: string;
  /** How long a file that could not be written is left alone; default: 5 s. */
  retryMs?: number;
  /** Called when the file goes away (with why), and when it is back (with the lines that it lacks). */
  onChange?: (change: { lost: Error } | { missed: number }) => void;
}

/** What may wait for a slow disk. More is left out of the file: memory is not a disk. */
const LONGEST_BACKLOG = 32 * 1024 * 1024;

/**
 * A rotating log file that never holds its service up, and never ends it: while its folder is missing, read-only or full, lines are left out
 * (standard output has them), and it is tried again until it can be written.
 */
export class LastingFile implements DestinationStream {
  private file: RotatingFileStream | undefined;
  private retryAtMs = 0;
  private missed = 0;
  private closed = false;

  constructor(private readonly options: LastingFileOptions) {
    this.open();
  }

  write(line: string): void {
    if (this.file === undefined && !this.closed && Date.now() >= this.retryAtMs) this.open();
    if (this.file === undefined || this.file.writableLength > LONGEST_BACKLOG) this.missed += 1;
    else this.file.write(line);
  }

  /** Writes what is buffered, and takes no more. */
  close(): Promise<void> {
    this.closed = true;
    const { file } = this;
    this.file = undefined;
    return new Promise((resolve) => (file ? file.end(() => resolve()) : resolve()));
  }

  private open(): void {
    const { folder, name } = this.options;
    try {
      const file = openRotatingFile(folder, name, { daily: true });
      file.on('error', (error: Error) => this.lose(file, error));
      this.file = file;
      file.once('open', () => this.told(file));
    } catch (error) {
      this.lose(undefined, error as Error);
    }
  }

  private told(file: RotatingFileStream): void {
    const { missed } = this;
    if (missed === 0 || this.file !== file) return;
    this.missed = 0;
    this.options.onChange?.({ missed });
  }

  private lose(file: RotatingFileStream | undefined, error: Error): void {
    if (this.file !== file) return;
    this.file = undefined;
    // What it had not written yet is gone with it: it is on standard output.
    file?.destroy();
    const isFirst = this.retryAtMs === 0 || this.missed === 0;
    this.retryAtMs = Date.now() + (this.options.retryMs ?? 5_000);
    if (isFirst) this.options.onChange?.({ lost: error });
    this.missed += 1;
  }
}
