import { renameSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What programs look for under a name that stays: a link to what the present recipe has made. */
export function linkNewest(cache, name, path) {
  const part = join(cache, `${name}.${process.pid}.part`);
  symlinkSync(basename(path), part);
  renameSync(part, join(cache, name));
}
