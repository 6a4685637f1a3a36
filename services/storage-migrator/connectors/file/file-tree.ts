import { constants, type BigIntStats } from 'node:fs';
import { lstat, open, readlink, realpath, stat, type FileHandle } from 'node:fs/promises';
import type { StorageLocation } from '@smartant/connectors';
import { fileError, outsideRoot } from './file-errors';
import { decodeFileName } from './file-name-encoding';
import type { OpenFolder } from './sorted-folder';

export type FileLocation = Extract<StorageLocation, { kind: 'file' }>;

const SLASH = Buffer.from('/');

/** Where a key is: paths are bytes, since names need not be UTF-8. */
export function joinPath(folder: Buffer, name: Buffer): Buffer {
  return folder.at(-1) === SLASH[0] ? Buffer.concat([folder, name]) : Buffer.concat([folder, SLASH, name]);
}

/** The registered root and the migrated folder in it. Nothing outside the root is ever opened. */
export class FileTree {
  private constructor(
    private readonly root: Buffer,
    /** The folder that keys are relative to. */
    readonly base: Buffer,
    readonly followLinks: boolean,
  ) {}

  /** Raises STORAGE_PATH_OUTSIDE_ROOT, STORAGE_FILE_NOT_FOUND, STORAGE_ACCESS_DENIED. */
  static async open(location: FileLocation, followLinks: boolean): Promise<FileTree> {
    try {
      const root = await realpath(location.rootPath, { encoding: 'buffer' });
      const parts = location.path.split('/').filter((part) => part !== '');
      if (parts.some((part) => part === '..' || part === '.' || part.includes('\0'))) throw outsideRoot();
      const base = await realpath(parts.map(nameOf).reduce(joinPath, root), { encoding: 'buffer' });
      const tree = new FileTree(root, base, followLinks);
      tree.assertInside(base);
      return tree;
    } catch (error) {
      throw fileError(error, 'open the file root');
    }
  }

  /** The path of a key; nothing is resolved yet. Raises STORAGE_PATH_OUTSIDE_ROOT for names that cannot come from a listing. */
  pathOf(key: string): Buffer {
    const parts = key.split('/');
    if (parts.at(-1) === '') parts.pop();
    if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'))) throw outsideRoot();
    return parts.map(nameOf).reduce(joinPath, this.base);
  }

  assertInside(path: Buffer): void {
    const root = this.root.equals(SLASH) ? SLASH : Buffer.concat([this.root, SLASH]);
    if (!path.equals(this.root) && !path.subarray(0, root.length).equals(root)) throw outsideRoot();
  }

  /** Opens a regular file for reading. The path that was really opened is inside the root, whatever was swapped meanwhile. */
  async openFile(key: string): Promise<{ handle: FileHandle; stats: BigIntStats }> {
    const path = this.pathOf(key);
    const target = this.followLinks ? await realpath(path, { encoding: 'buffer' }) : path;
    // Without O_NONBLOCK, opening a pipe that took the file's place would wait for a writer.
    const handle = await open(target, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      this.assertInside(await openedPath(handle, target));
      return { handle, stats: await handle.stat({ bigint: true }) };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * A folder to be read. On Linux by its descriptor, so that a folder that is swapped for a link meanwhile leads nowhere else.
   */
  async openFolder(path: Buffer): Promise<OpenFolder> {
    if (process.platform !== 'linux') return { path, close: () => Promise.resolve() };
    const target = this.followLinks ? await realpath(path, { encoding: 'buffer' }) : path;
    const handle = await open(target, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      this.assertInside(await openedPath(handle, target));
    } catch (error) {
      await handle.close();
      throw error;
    }
    return { path: Buffer.from(`/proc/self/fd/${handle.fd}`), close: () => handle.close() };
  }

  /** Status of an entry, of a link's target when links are followed. */
  async statusOf(path: Buffer): Promise<BigIntStats> {
    return this.followLinks ? stat(path, { bigint: true }) : lstat(path, { bigint: true });
  }
}

function nameOf(part: string): Buffer {
  const name = decodeFileName(part);
  if (name === null || name.includes(SLASH)) throw outsideRoot();
  return name;
}

/** Linux tells what a descriptor really is, without a race; elsewhere the path is resolved again. */
async function openedPath(handle: FileHandle, path: Buffer): Promise<Buffer> {
  if (process.platform === 'linux') return readlink(`/proc/self/fd/${handle.fd}`, { encoding: 'buffer' });
  return realpath(path, { encoding: 'buffer' });
}

/** Differs whenever a file's content or properties may have changed. */
export function fileChangeId(stats: BigIntStats): string {
  return `${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}
