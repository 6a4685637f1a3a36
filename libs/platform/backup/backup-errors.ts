import { SmartantError } from '@smartant/kernel';

/** The file is no whole backup of ours, or was changed. */
export function backupUnreadable(path: string, why: string, cause?: unknown): SmartantError {
  return new SmartantError('BACKUP_UNREADABLE', `${path} cannot be restored: ${why}.`, {
    kind: 'invalid',
    hint: 'Nothing was changed. Take another copy of the backup; this one is cut, changed, or no backup.',
    cause,
  });
}

/** Not to be told from a changed header: both fail the same check. */
export function passphraseWrong(path: string, cause: unknown): SmartantError {
  return new SmartantError('BACKUP_PASSPHRASE_WRONG', `${path} does not open with this passphrase.`, {
    kind: 'invalid',
    hint: 'Nothing was changed. Give the passphrase that the backup was made with.',
    cause,
  });
}

export function platformRunning(programs: string[]): SmartantError {
  return new SmartantError('BACKUP_PLATFORM_RUNNING', `Programs use the database: ${programs.join(', ')}.`, {
    kind: 'precondition',
    actor: 'operator',
    hint: 'Stop every service of the platform, then restore.',
  });
}

export function platformNotEmpty(schema: string): SmartantError {
  return new SmartantError('BACKUP_TARGET_NOT_EMPTY', `The platform to restore into holds data (schema ${schema}).`, {
    kind: 'precondition',
    hint: 'Restore into a new platform, or give --replace: everything that this one holds is then gone.',
  });
}

export function roleMissing(role: string): SmartantError {
  return new SmartantError('BACKUP_ROLE_MISSING', `The database has no role "${role}", which owns a schema of the backup.`, {
    kind: 'precondition',
    actor: 'operator',
    hint: 'Make the roles of the services first, as at an installation.',
  });
}

export function nothingToBackUp(): SmartantError {
  return new SmartantError('BACKUP_NOTHING_FOUND', 'The database holds no schema of the platform.', {
    kind: 'precondition',
    hint: 'Check the database URL: it must be the database that the services use.',
  });
}
