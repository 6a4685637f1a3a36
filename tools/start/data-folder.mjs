import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { identityOf, isAlive } from './process-identity.mjs';
import { StartError } from './start-error.mjs';

/** The form of the data folder that this release reads and writes; grows when an older release could not read it any more. */
export const DATA_VERSION = 1;

const minFreeBytes = 500 << 20;

const readJson = (path) => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};

/** Whether nothing was ever started on the folder. */
export const isUnused = (folder) => !existsSync(join(folder, 'version.json'));

/** Makes the folder, or says why it cannot be used. Changes nothing in a folder of a newer release. */
export function openDataFolder(folder) {
  const version = readJson(join(folder, 'version.json'));
  if (version === null || (version !== undefined && !Number.isInteger(version.dataVersion))) {
    throw new StartError(
      'START_DATA_UNREADABLE',
      `${join(folder, 'version.json')} cannot be read.`,
      'Restore the file from a backup, or choose another folder with SMARTANT_DATA.',
    );
  }
  if (version && version.dataVersion > DATA_VERSION) {
    throw new StartError(
      'START_DATA_NEWER',
      `The data folder ${folder} was written by a newer release (data version ${version.dataVersion}, this release reads up to ${DATA_VERSION}).`,
      'Start the newer release, or choose another folder with SMARTANT_DATA.',
    );
  }
  try {
    for (const part of ['', 'logs', 'traces', 'run']) mkdirSync(join(folder, part), { recursive: true, mode: 0o755 });
    mkdirSync(join(folder, 'secrets'), { recursive: true, mode: 0o700 });
    if (!version) writeFileSync(join(folder, 'version.json'), `${JSON.stringify({ dataVersion: DATA_VERSION })}\n`);
  } catch (error) {
    if (error.code === 'ENOSPC') throw diskFull(folder, 0, error);
    throw new StartError(
      'START_DATA_NOT_WRITABLE',
      `The data folder ${folder} cannot be written (${error.code}).`,
      'Correct its owner or mode, or choose another folder with SMARTANT_DATA.',
      { cause: error },
    );
  }
}

/** The folder may be still to be made. */
export function checkDiskSpace(folder, freeBytes = statfsFree(folder)) {
  if (freeBytes < minFreeBytes) throw diskFull(folder, freeBytes);
}

const statfsFree = (folder) => {
  let existing = folder;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  const { bavail, bsize } = statfsSync(existing);
  return bavail * bsize;
};

const diskFull = (folder, freeBytes, cause) =>
  new StartError(
    'START_DISK_FULL',
    `Only ${Math.floor(freeBytes / (1 << 20))} MiB are free where the data folder ${folder} lies; at least 500 MiB are needed.`,
    'Free some space, or put the data folder on another disk with SMARTANT_DATA.',
    { cause },
  );

/**
 * Takes the folder for this process; of two that try at once, one gets it. The lock names its holder, and one whose
 * holder is gone (kill -9, power cut) is taken over. Returns what releases it.
 */
export function lockDataFolder(folder) {
  const path = join(folder, 'run', 'supervisor.lock');
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(identityOf(process.pid)));
  try {
    for (;;) {
      try {
        // A link appears with its content or not at all, and fails when the name is taken.
        linkSync(mine, path);
        return () => rmSync(path, { force: true });
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      const holder = readJson(path);
      if (holder && isAlive(holder)) {
        throw new StartError(
          'START_ALREADY_RUNNING',
          `SmartAnt already runs on the data folder ${folder} (process ${holder.pid}).`,
          `Use that one, stop it with: kill ${holder.pid}, or start another on its own folder and ports (SMARTANT_DATA, npm start -- --help).`,
        );
      }
      setAside(path);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Of several takers one may meanwhile have locked anew: a lock whose holder lives is put back. */
function setAside(path) {
  const grave = `${path}.${process.pid}.dead`;
  try {
    renameSync(path, grave);
    const holder = readJson(grave);
    if (holder && isAlive(holder)) linkSync(grave, path);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(grave, { force: true });
  }
}
