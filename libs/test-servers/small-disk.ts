import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own that can be filled up to its last byte. It lies in memory. */
export interface SmallDisk {
  readonly path: string;
  /** Takes all the room that is left. */
  fill(): void;
  /** Gives back what `fill` took. */
  free(): void;
  /** Unmounts and removes it; what still uses it keeps it until it ends. */
  remove(): void;
}

const BLOCK_BYTES = 64 * 1024;

/** Why there can be none, or null: mounting is for root on Linux, and not in every container. */
export function whyNoSmallDisk(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'mounting a small file system takes root on Linux';
  try {
    mountSmallDisk(1).remove();
    return null;
  } catch {
    return 'this machine does not let us mount a file system';
  }
}

/** Mounts one of so many MiB. Any account may enter it. */
export function mountSmallDisk(sizeMiB: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'smartant-disk-'));
  const balloon = join(path, 'balloon');
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m,mode=0755`, 'tmpfs', path], { stdio: 'ignore' });
  } catch (error) {
    rmSync(path, { recursive: true });
    throw error;
  }
  return {
    path,
    fill: () => fillFile(balloon, path),
    free: () => rmSync(balloon, { force: true }),
    remove: () => {
      execFileSync('umount', ['-l', path], { stdio: 'ignore' });
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Appends until the disk refuses. */
function fillFile(file: string, disk: string): void {
  const descriptor = openSync(file, 'a');
  const block = Buffer.alloc(BLOCK_BYTES);
  try {
    for (;;) {
      const { bavail, bsize } = statfsSync(disk);
      if (bavail === 0) return;
      writeSync(descriptor, block, 0, Math.min(BLOCK_BYTES, bavail * bsize));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(descriptor);
  }
}
