import { createHash, type Hash } from 'node:crypto';
import { readArchive, type ArchiveEntry } from './archive';
import { backupUnreadable } from './backup-errors';
import { checksumsSchema, manifestSchema, type BackupChecksums, type BackupManifest } from './manifest';

export interface VerifiedBackup {
  manifest: BackupManifest;
  secrets: Record<string, string>;
  /** Of all tables' data. */
  bytes: number;
}

/**
 * Reads a whole backup and compares every table with its checksum, changing nothing. Raises BACKUP_UNREADABLE and
 * BACKUP_PASSPHRASE_WRONG.
 */
export async function verifyBackup(path: string, passphrase: string): Promise<VerifiedBackup> {
  let manifest: BackupManifest | undefined;
  let checksums: BackupChecksums | undefined;
  const secrets: Record<string, string> = {};
  const hashes = new Map<string, { hash: Hash; bytes: number }>();
  for await (const entry of readArchive(path, passphrase)) {
    if (!manifest) manifest = readManifest(path, entry);
    else if (entry.name === 'checksums.json') checksums = checksumsSchema.parse(JSON.parse(entry.content.toString('utf8')));
    else if (entry.name.startsWith('secrets/')) secrets[entry.name.slice('secrets/'.length)] = entry.content.toString('utf8');
    else digest(hashes, entry);
  }
  if (!manifest || !checksums) throw backupUnreadable(path, 'its end is missing');
  let bytes = 0;
  for (const { name, tables } of manifest.schemas) {
    for (const table of tables) {
      const key = `${name}/${table.name}`;
      const found = hashes.get(key);
      const sha256 = (found?.hash ?? createHash('sha256')).digest('hex');
      if (checksums[key]?.sha256 !== sha256) throw backupUnreadable(path, `table ${key} does not have its checksum`);
      bytes += found?.bytes ?? 0;
    }
  }
  return { manifest, secrets, bytes };
}

function readManifest(path: string, { name, content }: ArchiveEntry): BackupManifest {
  const parsed = name === 'manifest.json' ? manifestSchema.safeParse(JSON.parse(content.toString('utf8'))) : undefined;
  if (!parsed?.success) throw backupUnreadable(path, 'its manifest is of another form; a newer version may have made it');
  const dumb = parsed.data.schemas.find(({ steps }) => steps.some(({ up }) => up === ''));
  if (dumb) throw backupUnreadable(path, `it does not say how schema ${dumb.name} was made`);
  return parsed.data;
}

/** "data/schema/table/000000.copy" as "schema/table"; null for anything else. */
export function tableOfEntry(name: string): string | null {
  return /^data\/([^/]+\/[^/]+)\/\d+\.copy$/.exec(name)?.[1] ?? null;
}

function digest(hashes: Map<string, { hash: Hash; bytes: number }>, { name, content }: ArchiveEntry): void {
  const table = tableOfEntry(name);
  if (!table) return;
  const known = hashes.get(table) ?? { hash: createHash('sha256'), bytes: 0 };
  known.hash.update(content);
  known.bytes += content.length;
  hashes.set(table, known);
}
