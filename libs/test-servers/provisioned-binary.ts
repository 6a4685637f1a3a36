import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The path of a provisioned program (`npm run provision` puts them into the user's cache folder), or undefined. */
export function provisionedBinary(name: string): string | undefined {
  const path = join(process.env['SMARTANT_CACHE'] ?? join(homedir(), '.cache', 'smartant'), 'bin', name);
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return undefined;
  }
}
