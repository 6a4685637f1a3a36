import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, realpath, stat } from 'node:fs/promises';
import { compareUtf8, SmartantError } from '@smartant/kernel';
import type { KeyRange, ListedObject } from '@smartant/connectors';
import { throwIfCancelled } from '../cancellation';
import { fileError } from './file-errors';
import { fileChangeId, joinPath, type FileTree } from './file-tree';
import { sortedFolder, type FolderEntry } from './sorted-folder';

/** Status calls in flight at once. */
const LOOKAHEAD = 64;

export interface WalkOptions {
  /** Empty folders as keys that end in "/". */
  markers: boolean;
  /** For tests: names held at once. */
  batch?: number;
}

/**
 * Lists a tree in UTF-8 order of keys. A folder that may not be read must not look like an empty one: it is told as
 * unreadable. Raises STORAGE_ACCESS_DENIED for the base, and for a folder whose rights change while it is read.
 */
export class TreeWalk {
  constructor(
    private readonly tree: FileTree,
    private readonly options: WalkOptions,
    private readonly range: KeyRange,
    private readonly signal: AbortSignal,
  ) {}

  async *run(): AsyncGenerator<ListedObject> {
    const stats = await this.tree.statusOf(this.tree.base).catch((error: unknown) => {
      throw fileError(error, 'read a folder');
    });
    yield* this.folder({ path: this.tree.base, key: '', ancestors: [identityOf(stats)] });
  }

  private async *folder(here: Folder): AsyncGenerator<ListedObject> {
    let entries = 0;
    const pending: FolderEntry[] = [];
    const options = { after: this.startIn(here.key), classify: this.classifier(here.path), batch: this.options.batch };
    try {
      for await (const entry of sortedFolder(() => this.tree.openFolder(here.path), options)) {
        throwIfCancelled(this.signal);
        entries += 1;
        if (this.isBeyond(here.key + entry.sortName)) break;
        pending.push(entry);
        if (entry.kind === 'folder' || pending.length >= LOOKAHEAD) yield* this.flush(here, pending);
      }
      yield* this.flush(here, pending);
      if (entries === 0) yield* this.marker(here);
    } catch (error) {
      // A folder that vanished while the tree was walked holds nothing any more. The base is another matter: a volume that
      // is not mounted must not look like one whose files were deleted.
      if (here.key !== '' && isGone(error)) return;
      const failure = folderError(error, here);
      if (here.key === '' || here.told || failure.code !== 'STORAGE_ACCESS_DENIED') throw failure;
      yield unreadable(here, failure);
    }
  }

  /** Files are looked at together; a folder is always the last one. */
  private async *flush(here: Folder, pending: FolderEntry[]): AsyncGenerator<ListedObject> {
    const entries = pending.splice(0);
    const found = await Promise.all(entries.map((entry) => (entry.kind === 'folder' ? undefined : this.listed(here, entry))));
    for (const [index, entry] of entries.entries()) {
      const object = found[index];
      if (entry.kind === 'folder') {
        for await (const below of this.enter(here, entry)) yield this.tell(here, below);
      } else if (object && this.isWithin(object.key)) yield this.tell(here, object);
    }
  }

  private tell(here: Folder, object: ListedObject): ListedObject {
    here.told = true;
    return object;
  }

  private async *enter(here: Folder, entry: FolderEntry): AsyncGenerator<ListedObject> {
    const key = here.key + entry.sortName;
    if (this.isBefore(key)) return;
    const path = joinPath(here.path, entry.name);
    const stats = await this.tree.statusOf(path).catch(ignoreGone);
    if (!stats) return;
    const identity = identityOf(stats);
    if (here.ancestors.includes(identity)) {
      if (this.isWithin(key)) yield skipped(key, stats, 'STORAGE_SYMLINK_LOOP', 'The link leads to a folder that it is in.');
      return;
    }
    yield* this.folder({ path, key, ancestors: [...here.ancestors, identity] });
  }

  private async *marker(here: Folder): AsyncGenerator<ListedObject> {
    if (!this.options.markers || here.key === '' || !this.isWithin(here.key)) return;
    const stats = await this.tree.statusOf(here.path).catch(ignoreGone);
    if (stats) yield { key: here.key, size: 0, modifiedAtMs: modifiedAtMs(stats), changeId: fileChangeId(stats) };
  }

  /** Undefined: it is gone, or has become a folder, since the folder was read. */
  private async listed(here: Folder, entry: FolderEntry): Promise<ListedObject | undefined> {
    const key = here.key + entry.sortName;
    const path = joinPath(here.path, entry.name);
    const stats = await lstat(path, { bigint: true }).catch(ignoreGone);
    if (!stats || stats.isDirectory()) return undefined;
    if (stats.isFile()) return { key, size: Number(stats.size), modifiedAtMs: modifiedAtMs(stats), changeId: fileChangeId(stats) };
    if (!stats.isSymbolicLink()) return skipped(key, stats, 'STORAGE_SPECIAL_FILE', 'It is a socket, a pipe or a device.');
    return this.tree.followLinks
      ? this.target(key, path, stats)
      : skipped(key, stats, 'STORAGE_SYMLINK_SKIPPED', 'Symbolic links are not followed.');
  }

  /** What a followed link to a file leads to. Links to folders were told apart while the folder was read. */
  private async target(key: string, path: Buffer, link: BigIntStats): Promise<ListedObject> {
    try {
      this.tree.assertInside(await realpath(path, { encoding: 'buffer' }));
      const stats = await stat(path, { bigint: true });
      if (!stats.isFile()) return skipped(key, link, 'STORAGE_SPECIAL_FILE', 'The link leads to a socket, a pipe or a device.');
      return { key, size: Number(stats.size), modifiedAtMs: modifiedAtMs(stats), changeId: fileChangeId(stats) };
    } catch (error) {
      if (error instanceof SmartantError) return skipped(key, link, error.code, 'The link leads out of the registered root.');
      const loop = (error as { code?: unknown }).code === 'ELOOP';
      if (loop) return skipped(key, link, 'STORAGE_SYMLINK_LOOP', 'The link leads to itself.');
      return skipped(key, link, 'STORAGE_SYMLINK_BROKEN', 'The link leads nowhere, or where nothing may be read.');
    }
  }

  private classifier(folder: Buffer) {
    return async (name: Buffer, entry: Dirent<Buffer>): Promise<FolderEntry['kind'] | null> => {
      if (entry.isDirectory()) return 'folder';
      if (entry.isFile()) return 'file';
      if (!entry.isSymbolicLink())
        return entry.isFIFO() || entry.isSocket() || entry.isBlockDevice() || entry.isCharacterDevice()
          ? 'special'
          : this.unknown(folder, name);
      return this.tree.followLinks && (await this.leadsToFolder(joinPath(folder, name))) ? 'folder' : 'link';
    };
  }

  /** Some file systems do not tell types while a folder is read. */
  private async unknown(folder: Buffer, name: Buffer): Promise<FolderEntry['kind'] | null> {
    const path = joinPath(folder, name);
    const stats = await lstat(path).catch(ignoreGone);
    if (!stats) return null;
    if (stats.isDirectory()) return 'folder';
    if (stats.isFile()) return 'file';
    if (!stats.isSymbolicLink()) return 'special';
    return this.tree.followLinks && (await this.leadsToFolder(path)) ? 'folder' : 'link';
  }

  private async leadsToFolder(path: Buffer): Promise<boolean> {
    try {
      if (!(await stat(path)).isDirectory()) return false;
      this.tree.assertInside(await realpath(path, { encoding: 'buffer' }));
      return true;
    } catch (error) {
      // A failing disk or a lack of descriptors must not look like a link to nowhere: the files below it would pass for deleted.
      if (error instanceof SmartantError || LEADS_NOWHERE.has(String((error as { code?: unknown }).code))) return false;
      throw error;
    }
  }

  /** Within a folder: entries up to this name are before the range. A folder that holds `after` itself must be entered. */
  private startIn(folderKey: string): string | undefined {
    const { after } = this.range;
    if (after === undefined || !after.startsWith(folderKey)) return undefined;
    const rest = after.slice(folderKey.length);
    const slash = rest.indexOf('/');
    // "a/b" or "a/": start right before "a/", which is behind everything below "a/" as a name.
    return slash < 0 ? rest : rest.slice(0, slash) + BEFORE_SLASH;
  }

  private isBefore(folderKey: string): boolean {
    const { after } = this.range;
    return after !== undefined && !after.startsWith(folderKey) && compareUtf8(after, folderKey) > 0;
  }

  private isBeyond(key: string): boolean {
    return this.range.through !== undefined && compareUtf8(key, this.range.through) > 0;
  }

  private isWithin(key: string): boolean {
    return !this.isBeyond(key) && (this.range.after === undefined || compareUtf8(key, this.range.after) > 0);
  }
}

interface Folder {
  path: Buffer;
  /** "" or ends in "/". */
  key: string;
  ancestors: string[];
  /** Something in it was listed: it can no longer be told as unreadable as a whole. */
  told?: true;
}

/** The character right before "/". */
const BEFORE_SLASH = '.';

/** For files the later of content and properties changes. */
function modifiedAtMs(stats: BigIntStats): number {
  const latest = stats.mtimeNs > stats.ctimeNs ? stats.mtimeNs : stats.ctimeNs;
  return Number(latest / 1_000_000n);
}

function skipped(key: string, stats: BigIntStats, code: string, reason: string): ListedObject {
  return { key, size: 0, modifiedAtMs: modifiedAtMs(stats), changeId: fileChangeId(stats), skip: { code, reason } };
}

function unreadable(here: Folder, { code, message }: SmartantError): ListedObject {
  return { key: here.key, size: 0, modifiedAtMs: 0, changeId: 'unreadable', unreadable: { code, reason: message } };
}

function identityOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}`;
}

function folderError(error: unknown, here: Folder): SmartantError {
  const failure = fileError(error, 'read a folder');
  failure.details['folder'] ??= here.key;
  return failure;
}

const LEADS_NOWHERE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES', 'EPERM']);

function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(String((error as { code?: unknown }).code));
}

function ignoreGone(error: unknown): undefined {
  if (!isGone(error)) throw error;
  return undefined;
}
