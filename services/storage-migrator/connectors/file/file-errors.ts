import { SmartantError } from '@smartant/kernel';

/** A failed file operation as one of ours, by its errno. */
export function fileError(error: unknown, operation: string): SmartantError {
  if (error instanceof SmartantError) return error;
  const errno = (error as { code?: unknown } | null)?.code;
  const details = { operation, errno: String(errno ?? 'unknown') };
  switch (errno) {
    case 'EACCES':
    case 'EPERM':
      return new SmartantError('STORAGE_ACCESS_DENIED', `The system denied access (${operation}).`, {
        kind: 'forbidden',
        actor: 'operator',
        hint: 'Let the service’s user read this path, or leave it out of the migration.',
        details,
        cause: error,
      });
    case 'ENOENT':
    case 'ENOTDIR':
      return new SmartantError('STORAGE_FILE_NOT_FOUND', `The path does not exist (${operation}).`, {
        kind: 'not-found',
        hint: 'Check the path under the registered root; is the volume mounted?',
        details,
        cause: error,
      });
    default:
      return new SmartantError('STORAGE_FILE_UNREADABLE', `The file system failed (${operation}; ${details.errno}).`, {
        kind: 'unavailable',
        retry: { kind: 'backoff' },
        hint: 'Look at the disk’s or the network volume’s health.',
        details,
        cause: error,
      });
  }
}

export function outsideRoot(): SmartantError {
  return new SmartantError('STORAGE_PATH_OUTSIDE_ROOT', 'The path leaves the registered file root.', {
    kind: 'forbidden',
    hint: 'Name a path under the root; links that lead out of it are never followed.',
  });
}

export function fileChanged(how: string, cause?: unknown): SmartantError {
  return new SmartantError('STORAGE_SOURCE_CHANGED', `The file changed after it was listed: ${how}.`, {
    kind: 'conflict',
    hint: 'The next round copies it as it is then.',
    cause,
  });
}
