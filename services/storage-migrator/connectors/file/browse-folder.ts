import { lstat } from 'node:fs/promises';
import type { BrowsePage } from '@smartant/connectors';
import { throwIfCancelled } from '../cancellation';
import { fileError } from './file-errors';
import { joinPath, type FileTree } from './file-tree';
import { sortedFolder, type FolderEntry } from './sorted-folder';

const MAX_PAGE = 1_000;

/** Entries of one folder in UTF-8 order. The page token is the last name of the page before. */
export async function browseFolder(
  tree: FileTree,
  request: { path: string; pageSize: number; pageToken?: string },
  signal: AbortSignal,
): Promise<BrowsePage> {
  const key = request.path.replace(/^\/+|\/+$/g, '');
  const pageSize = Math.min(Math.max(request.pageSize, 1), MAX_PAGE);
  try {
    const folder = key === '' ? tree.base : tree.pathOf(key);
    const options = { after: request.pageToken, classify, batch: pageSize + 1 };
    const items: BrowsePage['items'] = [];
    let last: string | undefined;
    for await (const entry of sortedFolder(() => tree.openFolder(folder), options)) {
      throwIfCancelled(signal);
      if (items.length === pageSize) return { items, nextPageToken: last };
      items.push(await item(folder, key, entry));
      last = entry.sortName;
    }
    return { items };
  } catch (error) {
    throw fileError(error, 'read a folder');
  }
}

async function classify(_name: Buffer, entry: { isDirectory(): boolean; isFile(): boolean }): Promise<FolderEntry['kind']> {
  return entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : 'special';
}

async function item(folder: Buffer, key: string, entry: FolderEntry): Promise<BrowsePage['items'][number]> {
  const path = (key === '' ? '' : `${key}/`) + entry.sortName;
  if (entry.kind === 'folder') return { path, kind: 'directory', sizeBytes: 0 };
  const stats = await lstat(joinPath(folder, entry.name)).catch(() => undefined);
  return { path, kind: 'file', sizeBytes: entry.kind === 'file' ? (stats?.size ?? 0) : 0 };
}
