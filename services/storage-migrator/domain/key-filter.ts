import picomatch from 'picomatch';
import { compareUtf8 } from '@smartant/kernel';
import type { KeyRange } from '@smartant/connectors';
import { keyBefore } from './key-neighbour';
import type { StorageScope } from './run';

type FilterScope = Pick<StorageScope, 'include' | 'exclude' | 'filesFrom' | 'minSizeBytes' | 'maxSizeBytes'>;

/**
 * Which objects a migration is about. Globs are picomatch's, dot files included; one without a slash is matched against
 * the last segment at any depth, as rclone and gitignore do. Exclusion wins. The same filter holds for both sides: what
 * it leaves out at the target is not the migration's, so it is neither deleted nor compared.
 */
export class KeyFilter {
  private readonly includes: (key: string) => boolean;
  private readonly excludes: (key: string) => boolean;
  private readonly excludesFolder: (folder: string) => boolean;
  private readonly exactly: ReadonlySet<string> | null;

  constructor(private readonly scope: FilterScope) {
    this.includes = scope.include.length === 0 ? () => true : matcher(scope.include);
    this.excludes = scope.exclude.length === 0 ? () => false : matcher(scope.exclude);
    this.excludesFolder = folderMatcher(scope.exclude);
    this.exactly = scope.filesFrom.length === 0 ? null : new Set(scope.filesFrom);
  }

  accepts(object: { key: string; size: number }): boolean {
    const { minSizeBytes = 0, maxSizeBytes = Infinity } = this.scope;
    if (object.size < minSizeBytes || object.size > maxSizeBytes) return false;
    return this.acceptsKey(object.key);
  }

  acceptsKey(key: string): boolean {
    if (this.exactly && !this.exactly.has(key)) return false;
    return this.includes(key) && !this.excludes(key);
  }

  /** False only when no key that begins with `folder`, which ends in "/", can be accepted. */
  mayAcceptBelow(folder: string): boolean {
    if (this.exactly && ![...this.exactly].some((key) => key.startsWith(folder))) return false;
    return !this.excludesFolder(folder);
  }

  /** The smallest range that holds every key which can be accepted. */
  range(): KeyRange {
    if (!this.exactly) return {};
    const keys = [...this.exactly].sort(compareUtf8);
    return { after: keyBefore(keys[0] ?? ''), through: keys.at(-1) };
  }
}

/** Names like any other to a store; no wildcard of picomatch's matches them, since in paths they are none. */
const DOT_SEGMENT = /(^|\/)(?=\.{1,2}(\/|$))/;

function asName(key: string): string {
  return key.replaceAll(new RegExp(DOT_SEGMENT, 'g'), '$1_');
}

function matcher(globs: string[]): (key: string) => boolean {
  const matches = globs.map((glob) => {
    const anywhere = !glob.includes('/');
    // "s": a name may hold a line break.
    const match = picomatch(glob, { dot: true, windows: false, nonegate: true, flags: 's' });
    const fits = (path: string): boolean => match(path) || (anywhere && match(lastSegment(path)));
    return (key: string): boolean => fits(key) || (DOT_SEGMENT.test(key) && fits(asName(key)));
  });
  return (key) => matches.some((match) => match(key));
}

const EVERYTHING_BELOW = '/**';

/** Matches a folder, or a folder in it, whose whole content a glob takes: "a/**", and no glob that only may do so. */
function folderMatcher(globs: string[]): (folder: string) => boolean {
  const folders = globs.filter((glob) => glob.endsWith(EVERYTHING_BELOW)).map((glob) => glob.slice(0, -EVERYTHING_BELOW.length));
  if (globs.includes('**')) return () => true;
  if (folders.length === 0) return () => false;
  const matches = folders.map((glob) => picomatch(glob, { dot: true, windows: false, nonegate: true, flags: 's' }));
  return (folder) => {
    const segments = folder.slice(0, -1).split('/');
    const paths = segments.map((_, index) => segments.slice(0, index + 1).join('/'));
    return paths.some((path) => matches.some((match) => match(path)));
  };
}

function lastSegment(key: string): string {
  const withoutMarker = key.endsWith('/') ? key.slice(0, -1) : key;
  return withoutMarker.slice(withoutMarker.lastIndexOf('/') + 1);
}
