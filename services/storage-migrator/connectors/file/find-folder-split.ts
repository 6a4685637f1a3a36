import { compareUtf8 } from '@smartant/kernel';
import type { KeyRange } from '@smartant/connectors';
import { fileError } from './file-errors';
import type { FileTree } from './file-tree';
import { sortedFolder, type FolderEntry } from './sorted-folder';
import { TreeWalk } from './tree-walk';

/** Entries looked at one by one where folders give no border. */
const SAMPLE = 2_000;
/** Names of one folder among which the middle one is taken. */
const NAMES = 20_000;

/**
 * A key with entries on both sides. Trees tell no counts: the range is split behind the middle child of the first folder that
 * has several, or behind the middle of its first entries.
 */
export async function findFolderSplit(tree: FileTree, range: KeyRange, signal: AbortSignal): Promise<string | null> {
  const border = await middleChildEnd(tree, range, signal).catch((error: unknown) => {
    const failure = fileError(error, 'read a folder');
    // The walk tells of the folder; there is nothing to be split in it.
    if (failure.code === 'STORAGE_ACCESS_DENIED') return null;
    throw failure;
  });
  if (
    border !== null &&
    (await holds(tree, { ...range, through: border }, signal)) &&
    (await holds(tree, { ...range, after: border }, signal))
  )
    return border;
  const keys: string[] = [];
  for await (const object of new TreeWalk(tree, { markers: false }, range, signal).run()) {
    if (!object.unreadable) keys.push(object.key);
    if (keys.length >= SAMPLE) break;
  }
  return keys.length < 2 ? null : (keys[Math.floor((keys.length - 1) / 2)] ?? null);
}

async function middleChildEnd(tree: FileTree, range: KeyRange, signal: AbortSignal): Promise<string | null> {
  for (let folder = ''; ;) {
    const children = await childrenWithin(tree, folder, range, signal);
    const [only] = children;
    if (only === undefined) return null;
    if (children.length > 1) return children[Math.floor((children.length - 1) / 2)]?.last ?? null;
    if (!only.key.endsWith('/')) return null;
    folder = only.key;
  }
}

/** Child keys of a folder, with the last key that may come below each. */
async function childrenWithin(
  tree: FileTree,
  folder: string,
  range: KeyRange,
  signal: AbortSignal,
): Promise<{ key: string; last: string }[]> {
  const children: { key: string; last: string }[] = [];
  const path = folder === '' ? tree.base : tree.pathOf(folder);
  for await (const entry of sortedFolder(() => tree.openFolder(path), { classify, batch: NAMES })) {
    signal.throwIfAborted();
    const key = folder + entry.sortName;
    const last = entry.kind === 'folder' ? `${key}\u{10ffff}` : key;
    if (range.after !== undefined && compareUtf8(last, range.after) <= 0) continue;
    if (children.length >= NAMES || (range.through !== undefined && compareUtf8(key, range.through) > 0)) break;
    children.push({ key, last });
  }
  return children;
}

async function classify(_name: Buffer, entry: { isDirectory(): boolean; isFile(): boolean }): Promise<FolderEntry['kind']> {
  return entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : 'special';
}

async function holds(tree: FileTree, range: KeyRange, signal: AbortSignal): Promise<boolean> {
  const first = await new TreeWalk(tree, { markers: false }, range, signal).run().next();
  return first.done !== true;
}
