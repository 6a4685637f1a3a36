import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { SmartantError } from '@smartant/kernel';
import type {
  BrowsePage,
  ByteRange,
  KeyRange,
  ListedObject,
  ObjectProperties,
  OpenStorageOptions,
  ProbeResult,
  StorageReader,
} from '@smartant/connectors';
import { throwIfCancelled } from '../cancellation';
import { browseFolder } from './browse-folder';
import { fileChanged, fileError } from './file-errors';
import { fileProperties } from './file-properties';
import { findFolderSplit } from './find-folder-split';
import { fileChangeId, FileTree, type FileLocation } from './file-tree';
import { TreeWalk } from './tree-walk';

/** Reads a tree of files under a registered root. Links that lead out of it are never followed. */
export class FileReader implements StorageReader {
  private opened: Promise<FileTree> | undefined;

  constructor(
    private readonly location: FileLocation,
    private readonly options: OpenStorageOptions,
  ) {}

  async *list(range: KeyRange, signal: AbortSignal): AsyncGenerator<ListedObject> {
    const tree = await this.tree();
    yield* new TreeWalk(tree, { markers: this.options.directoryMarkers ?? false }, range, signal).run();
  }

  async properties(object: ListedObject, signal: AbortSignal): Promise<ObjectProperties> {
    const tree = await this.tree();
    throwIfCancelled(signal);
    try {
      const stats = await tree.statusOf(tree.pathOf(object.key));
      assertUnchanged(object, stats);
      return fileProperties(object.key, stats);
    } catch (error) {
      throw asChange(error, 'look at a file');
    }
  }

  async read(object: ListedObject, signal: AbortSignal): Promise<{ bytes: Buffer; properties: ObjectProperties }> {
    if (object.key.endsWith('/')) return { bytes: Buffer.alloc(0), properties: await this.properties(object, signal) };
    return this.whileUnchanged(object, object.size, signal, async (handle, stats) => ({
      bytes: await readFully(handle, { start: 0, end: object.size }, signal),
      properties: fileProperties(object.key, stats),
    }));
  }

  async readRange(object: ListedObject, range: ByteRange, signal: AbortSignal, into?: Buffer): Promise<Buffer> {
    return this.whileUnchanged(object, range.end - range.start, signal, (handle) => readFully(handle, range, signal, into));
  }

  async findSplit(range: KeyRange, signal: AbortSignal): Promise<string | null> {
    return findFolderSplit(await this.tree(), range, signal);
  }

  async browse(path: string, pageSize: number, pageToken: string | undefined, signal: AbortSignal): Promise<BrowsePage> {
    return browseFolder(await this.tree(), { path, pageSize, pageToken }, signal);
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    const startedMs = performance.now();
    const tree = await this.tree();
    await browseFolder(tree, { path: '', pageSize: 1 }, signal);
    return { abilities: [], roundTripMs: performance.now() - startedMs, clockSkewMs: 0 };
  }

  async close(): Promise<void> {
    this.opened = undefined;
  }

  /** Opened again after a failure: a volume may be mounted later. */
  private async tree(): Promise<FileTree> {
    this.opened ??= FileTree.open(this.location, this.options.symlinks === 'follow');
    return this.opened.catch((error: unknown) => {
      this.opened = undefined;
      throw error;
    });
  }

  /** A file may change between any two system calls: what was read counts only if the file is the listed one before and after. */
  private async whileUnchanged<T>(
    object: ListedObject,
    bytes: number,
    signal: AbortSignal,
    work: (handle: FileHandle, stats: BigIntStats) => Promise<T>,
  ): Promise<T> {
    const tree = await this.tree();
    await this.options.admit?.({ bytes }, signal);
    throwIfCancelled(signal);
    let handle: FileHandle | undefined;
    try {
      const opened = await tree.openFile(object.key);
      handle = opened.handle;
      assertUnchanged(object, opened.stats);
      const result = await work(handle, opened.stats);
      assertUnchanged(object, await handle.stat({ bigint: true }));
      return result;
    } catch (error) {
      throw asChange(error, 'read a file');
    } finally {
      await handle?.close();
    }
  }
}

function assertUnchanged(object: ListedObject, stats: BigIntStats): void {
  if (object.key.endsWith('/') ? !stats.isDirectory() : !stats.isFile()) throw fileChanged('it is something else now');
  if (fileChangeId(stats) !== object.changeId) throw fileChanged('it was written or its properties were set');
}

/** Gone, or a link now. */
function asChange(error: unknown, operation: string): SmartantError {
  const errno = (error as { code?: unknown } | null)?.code;
  if (errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'ELOOP' || errno === 'ENXIO') return fileChanged('it is gone', error);
  return fileError(error, operation);
}

/** One call reads at most this: a cancellation waits no longer, and the system reads no more than 2 GiB at once. */
const READ_BYTES = 8 * 1024 * 1024;

async function readFully(handle: FileHandle, range: ByteRange, signal: AbortSignal, into?: Buffer): Promise<Buffer> {
  const length = range.end - range.start;
  const target = into && length <= into.length ? into.subarray(0, length) : Buffer.allocUnsafeSlow(length);
  for (let done = 0; done < target.length;) {
    throwIfCancelled(signal);
    const { bytesRead } = await handle.read(target, done, Math.min(target.length - done, READ_BYTES), range.start + done);
    if (bytesRead === 0) throw fileChanged('it became shorter');
    done += bytesRead;
  }
  return target;
}
