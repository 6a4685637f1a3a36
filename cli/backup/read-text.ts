import { readFileSync } from 'node:fs';
import { SmartantError } from '@smartant/kernel';

/** Raises CLI_FILE_UNREADABLE. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SmartantError('CLI_FILE_UNREADABLE', `${path} cannot be read.`, {
      kind: 'invalid',
      hint: 'Check the path and its owner.',
      cause,
    });
  }
}
