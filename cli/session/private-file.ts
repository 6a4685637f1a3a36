import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import { readText } from '../files/read-text';

/**
 * Reads a file that holds secrets; undefined when there is none. One that others may read or that another user owns is
 * refused: it may have been planted to send credentials elsewhere. Raises CLI_FILE_NOT_PRIVATE, CLI_FILE_UNREADABLE.
 */
export function readPrivateJson(path: string): unknown {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat?.isFile()) return undefined;
    assertPrivate(path, stat);
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    if (cause instanceof SmartantError) throw cause;
    throw new SmartantError('CLI_FILE_UNREADABLE', `${path} cannot be read.`, {
      kind: 'forbidden',
      hint: 'Check its owner and that it holds JSON; "smartant login" writes a new one.',
      cause,
    });
  }
}

/** The text of a file that holds a secret; undefined when there is none. Raises CLI_FILE_NOT_PRIVATE, CLI_FILE_UNREADABLE. */
export function readPrivateText(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) return undefined;
  assertPrivate(path, stat);
  return readText(path, 'Check its owner.');
}

/** Writes atomically with mode 0600. */
export function writePrivateJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(temporary, path);
}

function assertPrivate(path: string, stat: { uid: number; mode: number }): void {
  const uid = process.getuid?.();
  if (uid === undefined || (stat.uid === uid && (stat.mode & 0o077) === 0)) return;
  throw new SmartantError('CLI_FILE_NOT_PRIVATE', `${path} belongs to another user or can be read by others, so it is not trusted.`, {
    kind: 'forbidden',
    hint: `If it is yours: chmod 600 ${path}`,
  });
}
