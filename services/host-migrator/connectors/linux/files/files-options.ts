import type { HostSession } from '../session/host-session';

/** A filesystem that is migrated. */
export interface MigratedFileSystem {
  /** Where the source has mounted it. */
  mount: string;
  /** Of the target: "vfat" knows no owners, modes and attributes. */
  type: string;
}

/** What `syncFiles`, `verifyFiles` and `releaseFiles` are about. */
export interface FilesOptions {
  source: HostSession;
  target: HostSession;
  /** Where the source's tree begins: "/", but of tests. */
  sourceRoot: string;
  /** Where the target's filesystems are mounted, in the same tree. Nothing outside of it is written. */
  targetRoot: string;
  fileSystems: readonly MigratedFileSystem[];
  /** Absolute globs beside the scope's: swap files, data directories of databases, what has been converted at the target. */
  exclude: readonly string[];
}

/** A directory of a root: "/mnt" and "/home" give "/mnt/home". */
export function under(root: string, mount: string): string {
  const below = mount === '/' ? '' : mount;
  return root === '/' ? below || '/' : `${root}${below}`;
}
