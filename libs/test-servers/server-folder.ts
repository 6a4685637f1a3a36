import { mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
/** What has to be free there: several servers at once, and what else the tests need. */
const PLENTY_BYTES = 6 * 2 ** 30;

/** What `parentFolder` may say, at one time or another. */
export const PARENT_FOLDERS = [MEMORY, tmpdir()];

/**
 * Where the data of servers goes that are thrown away: to memory where there is plenty of it, else to the disk. A database is some 300
 * files, and an ext4 without a journal looks for a free inode the longer the more were deleted in the last seconds: that was an eighth
 * of all the time that specs took.
 */
export const parentFolder = (): string => (memoryIsPlenty() ? MEMORY : tmpdir());

/** A new folder there. */
export const serverFolder = (prefix: string): string => mkdtempSync(join(parentFolder(), prefix));

function memoryIsPlenty(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return Math.min(bavail * bsize, process.availableMemory()) > PLENTY_BYTES;
  } catch {
    return false;
  }
}
