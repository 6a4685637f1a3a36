import type { Dirent } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { compareUtf8 } from '@smartant/kernel';
import { encodeFileName } from './file-name-encoding';

/** An entry of a folder: `sortName` is the encoded name, with "/" behind a folder's. */
export interface FolderEntry {
  name: Buffer;
  sortName: string;
  kind: 'file' | 'folder' | 'link' | 'special';
}

/** A folder to be read: `path` may be a name of its open descriptor. */
export interface OpenFolder {
  path: Buffer;
  close(): Promise<void>;
}

/** Names held at once. A folder with more is read again for each further batch: memory stays bounded, time grows by passes. */
const BATCH = 50_000;

/** Tells a link or an entry of unknown type apart; null leaves it out. */
export type Classify = (name: Buffer, entry: Dirent<Buffer>) => Promise<FolderEntry['kind'] | null>;

/**
 * Entries in UTF-8 order of their sort names, those after `after` only. That order over folders is the order of whole keys:
 * all keys in "a/" come together, behind "a-b" and before "a0".
 */
export async function* sortedFolder(
  open: () => Promise<OpenFolder>,
  options: { after?: string; classify: Classify; batch?: number },
): AsyncGenerator<FolderEntry> {
  const batch = options.batch ?? BATCH;
  let after = options.after;
  for (;;) {
    const { entries, complete } = await readPass(open, { after, batch, classify: options.classify });
    yield* entries;
    if (complete) return;
    after = entries.at(-1)?.sortName;
  }
}

async function readPass(open: () => Promise<OpenFolder>, wanted: { after?: string; batch: number; classify: Classify }): Promise<Pass> {
  const folder = await open();
  try {
    const smallest = new SmallestEntries(wanted.batch);
    // The path is bytes and so are the names; the types know strings only.
    const entries = await opendir(folder.path as unknown as string, { encoding: 'buffer' as BufferEncoding, bufferSize: 1_024 });
    for await (const entry of entries as unknown as AsyncIterable<Dirent<Buffer>>) {
      const kind = await wanted.classify(entry.name, entry);
      if (kind === null) continue;
      const sortName = encodeFileName(entry.name) + (kind === 'folder' ? '/' : '');
      if (wanted.after === undefined || compareUtf8(sortName, wanted.after) > 0) smallest.add({ name: entry.name, sortName, kind });
    }
    return smallest.take();
  } finally {
    await folder.close();
  }
}

interface Pass {
  entries: FolderEntry[];
  /** Nothing comes after these. */
  complete: boolean;
}

/** The smallest of many entries; holds twice as many as wanted at most. */
class SmallestEntries {
  private kept: FolderEntry[] = [];
  private dropped = false;
  private bound: string | undefined;

  constructor(private readonly wanted: number) {}

  add(entry: FolderEntry): void {
    if (this.bound !== undefined && compareUtf8(entry.sortName, this.bound) > 0) return;
    this.kept.push(entry);
    if (this.kept.length >= 2 * this.wanted) this.cut();
  }

  take(): Pass {
    this.cut();
    return { entries: this.kept, complete: !this.dropped };
  }

  private cut(): void {
    this.kept.sort((a, b) => compareUtf8(a.sortName, b.sortName));
    if (this.kept.length <= this.wanted) return;
    this.kept = this.kept.slice(0, this.wanted);
    this.dropped = true;
    this.bound = this.kept.at(-1)?.sortName;
  }
}
