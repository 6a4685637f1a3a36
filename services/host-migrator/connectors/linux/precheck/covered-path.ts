/**
 * Whether a path or a folder above it is named by one of some absolute globs: `*` stays within a name, `**` goes over several; a pattern
 * that ends in "/", "/*" or "/**" names the folder with all that is in it.
 */
export function isCovered(path: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const folder = pattern.replace(/\/(?:\*{1,2})?$/, '');
    const expression = folder
      .split(/(\*\*|\*|\?)/)
      .map((part) => ({ '**': '.*', '*': '[^/]*', '?': '[^/]' })[part] ?? part.replace(/[.+^${}()|[\]\\]/g, '\\$&'))
      .join('');
    return folder !== '' && new RegExp(`^${expression}(?:/|$)`).test(path);
  });
}

/** Whether a mount point is left out, by itself or with one above it. */
export function isMountExcluded(mount: string, excludeMounts: readonly string[]): boolean {
  return excludeMounts.some((excluded) => mount === excluded || (excluded !== '/' && mount.startsWith(`${excluded.replace(/\/$/, '')}/`)));
}
