import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The path of a provisioned program (`npm run provision` puts them into the user's cache folder), or undefined. */
export function provisionedBinary(name: string): string | undefined {
  return provisionedPath('bin', name);
}

/** The same of a program that has a folder of its own in the cache. */
export function provisionedPath(...names: string[]): string | undefined {
  const path = join(process.env['SMARTANT_CACHE'] ?? join(homedir(), '.cache', 'smartant'), ...names);
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return undefined;
  }
}
