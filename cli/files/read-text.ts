import { readFileSync } from 'node:fs';
import { SmartantError } from '@smartant/kernel';

/** A whole text file. `hint`: what to do when there is none. Raises CLI_FILE_UNREADABLE. */
export function readText(path: string, hint: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SmartantError('CLI_FILE_UNREADABLE', `${path} cannot be read.`, { kind: 'invalid', hint, cause });
  }
}
