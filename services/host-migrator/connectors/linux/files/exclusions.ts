import picomatch from 'picomatch';
import type { HostJob } from '../../../application/ports/host-engine';
import type { FilesOptions } from './files-options';
import type { PathBytes } from './path-bytes';
import { escapePattern } from './walk-command';

/** Directories that are copied without what is in them: the kernel's, and what a system makes anew when it starts. */
const EMPTIED = ['/proc', '/sys', '/dev', '/run', '/tmp', '/var/tmp'];
/** Made by mkfs at the root of any filesystem; and ours, wherever it is. */
const OF_FILE_SYSTEMS = ['./lost+found', '*/.smartant-*'];

/** What of one filesystem is left alone on both sides: neither copied nor deleted nor compared. */
export interface Exclusions {
  /** For `find`, which then does not go in. */
  prune: string[];
  /** Whether an entry, with all that is below it, is left out by a glob that `find` does not know. */
  excludes(path: PathBytes): boolean;
}

/**
 * `globs`: absolute, picomatch's; one without wildcards means the entry and all that is below it. `mounts`: where anything is mounted at the
 * source; what is there belongs to another filesystem, or is a second view of this one.
 */
export function exclusionsOf(mount: string, globs: readonly string[], mounts: ReadonlySet<string>): Exclusions {
  const literal = globs.filter((glob) => !isPattern(glob));
  const patterns = globs.filter(isPattern);
  const prune = [
    ...OF_FILE_SYSTEMS,
    ...[...EMPTIED, ...[...mounts].filter((each) => each !== mount)]
      .flatMap((path) => below(mount, path))
      .map((path) => `${escapePattern(path)}/*`),
    ...literal.flatMap((path) => below(mount, path.replace(/(.)\/+$/, '$1'))).map(escapePattern),
  ];
  if (patterns.length === 0) return { prune, excludes: () => false };
  const matches = patterns.map((glob) => picomatch(glob, { dot: true, windows: false, nonegate: true, flags: 's' }));
  const prefix = mount === '/' ? '' : mount;
  const excludes = (path: PathBytes) => {
    const text = `${prefix}${Buffer.from(path.slice(1), 'latin1').toString('utf8')}`;
    return path !== '.' && matches.some((match) => match(text));
  };
  return { prune, excludes };
}

/** What a job leaves out of one filesystem. */
export function exclusionsFor(job: Pick<HostJob, 'scope'>, options: FilesOptions, mount: string, mounts: ReadonlySet<string>): Exclusions {
  return exclusionsOf(mount, [...job.scope.exclude, ...job.scope.excludeMounts, ...options.exclude], mounts);
}

function isPattern(glob: string): boolean {
  return /[*?[\]{}()!+@\\]/.test(glob);
}

/** The path below a mount point, as `find` tells it; nothing where it is elsewhere. */
function below(mount: string, path: string): string[] {
  if (path === mount) return ['.'];
  const prefix = mount === '/' ? '/' : `${mount}/`;
  return path.startsWith(prefix) ? [`./${path.slice(prefix.length)}`] : [];
}
