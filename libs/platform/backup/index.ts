export { restoreBackup, type RestoreBackupOptions } from './restore-backup';
export { verifyBackup, type VerifiedBackup } from './verify-backup';
export { writeBackup, type WriteBackupOptions } from './write-backup';
export type { BackupManifest } from './manifest';
