import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { pipeline, type Readable } from 'node:stream';

/** A file that is being written, or one that was rotated away. */
export interface RotatedFile {
  path: string;
  /** The name before the extension: a service. */
  service: string;
  /** Last written: nothing in it is younger. */
  changedMs: number;
  compressed: boolean;
  rotated: boolean;
}

/** As rotating-file-stream names what it rotates: 20261129-1931-01-scheduler.log.gz. */
const ROTATED = /^\d{8}-\d{4}-\d+-/;

/** The files of a folder with an extension (".log") that may hold something at or after `sinceMs`: those being written first, then the last rotated. */
export async function rotatedFiles(folder: string, extension: string, sinceMs = 0): Promise<RotatedFile[]> {
  const names = await readdir(folder).catch(() => []);
  const files = await Promise.all(names.map((name) => describe(folder, name, extension)));
  return (
    files
      .filter((file) => file !== null)
      .filter(({ changedMs }) => changedMs >= sinceMs)
      // Not by their times: compressing sets those, a while after the next file was begun.
      .sort((one, other) => Number(one.rotated) - Number(other.rotated) || (basename(one.path) < basename(other.path) ? 1 : -1))
  );
}

async function describe(folder: string, name: string, extension: string): Promise<RotatedFile | null> {
  const compressed = name.endsWith('.gz');
  const plain = (compressed ? name.slice(0, -'.gz'.length) : name).replace(ROTATED, '');
  if (!plain.endsWith(extension)) return null;
  const path = join(folder, name);
  // One that was rotated away meanwhile is found under its new name by whoever looks next.
  const facts = await stat(path).catch(() => null);
  if (!facts?.isFile()) return null;
  // Compressing sets the time of the compressed file: it is later than that of the last line, never earlier.
  return { path, service: plain.slice(0, -extension.length), changedMs: facts.mtimeMs, compressed, rotated: ROTATED.test(name) };
}

/** No line that we write is longer; one that is was not ours, and is passed over rather than held in memory. */
const LONGEST_LINE = 8 * 1024 * 1024;

/** The lines of a file in their order, with one block of it in memory. A file that ends in mid-way, or is gone, ends there. */
export async function* linesOf({ path, compressed }: RotatedFile): AsyncGenerator<string> {
  const file = createReadStream(path);
  const source: Readable = compressed ? pipeline(file, createGunzip(), () => undefined) : file;
  const lines = new LineSplitter();
  try {
    for await (const block of source) yield* lines.add(block as Buffer);
    yield* lines.end();
  } catch {
    yield* lines.end();
  } finally {
    file.destroy();
  }
}

/** Cuts blocks into lines. Bytes are joined before they are decoded: a character may stand on the edge of two blocks. */
class LineSplitter {
  private rest: Buffer[] = [];
  private restBytes = 0;
  private skipping = false;

  *add(block: Buffer): Generator<string> {
    let from = 0;
    for (let at = block.indexOf(10); at >= 0; at = block.indexOf(10, from)) {
      const line = this.take(block.subarray(from, at));
      from = at + 1;
      if (line !== null) yield line;
    }
    this.keep(block.subarray(from));
  }

  *end(): Generator<string> {
    const line = this.take(Buffer.alloc(0));
    if (line) yield line;
  }

  private take(last: Buffer): string | null {
    const line = this.skipping ? null : Buffer.concat([...this.rest, last]).toString('utf8');
    this.rest = [];
    this.restBytes = 0;
    this.skipping = false;
    return line;
  }

  private keep(part: Buffer): void {
    if (this.skipping || part.length === 0) return;
    this.rest.push(part);
    this.restBytes += part.length;
    if (this.restBytes <= LONGEST_LINE) return;
    this.skipping = true;
    this.rest = [];
  }
}
