import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { assertSchemaName, createRecord, quotedText, toDatabaseError, type SqlExecutor } from '@smartant/platform/postgres';
import { Client } from 'pg';
import { from as copyFrom, type CopyStreamQuery } from 'pg-copy-streams';
import { readArchive } from './archive';
import { platformNotEmpty, platformRunning, roleMissing } from './backup-errors';
import type { BackupManifest, BackupSchema } from './manifest';
import { tableOfEntry, verifyBackup, type VerifiedBackup } from './verify-backup';

export interface RestoreBackupOptions {
  /** A role that may make schemas and act as their owners (in practice a superuser). */
  databaseUrl: string;
  path: string;
  passphrase: string;
  /** Drop what the platform holds now. */
  replace: boolean;
  onTable?: (table: string) => void;
}

/**
 * Verifies the whole file, then makes the platform's schemas and fills them in one transaction: it is all there, or nothing was changed.
 * A newer program brings the schemas up to date when it starts. The platform must be stopped. Whatever runs is looked at again after the
 * start, because the database is not the one that acknowledged the latest work.
 *
 * Raises BACKUP_UNREADABLE, BACKUP_PASSPHRASE_WRONG, BACKUP_PLATFORM_RUNNING, BACKUP_TARGET_NOT_EMPTY, BACKUP_ROLE_MISSING and DATABASE_*.
 */
export async function restoreBackup(options: RestoreBackupOptions): Promise<VerifiedBackup> {
  const backup = await verifyBackup(options.path, options.passphrase);
  const client = new Client({ connectionString: options.databaseUrl, application_name: 'smartant-restore', keepAlive: true });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('BEGIN');
    await restore(client, backup.manifest, options);
    await client.query('COMMIT');
    return backup;
  } catch (error) {
    throw toDatabaseError(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function restore(client: Client, manifest: BackupManifest, options: RestoreBackupOptions): Promise<void> {
  const tx: SqlExecutor = { query: async <T>(sql: string, params?: unknown[]) => ((await client.query(sql, params)).rows ?? []) as T[] };
  await refuseWhenInUse(tx);
  for (const schema of manifest.schemas) {
    assertSchemaName(schema.name);
    if (!options.replace) await refuseWhenFilled(tx, schema);
    await makeSchema(tx, schema);
  }
  await fill(client, manifest, options);
  for (const schema of manifest.schemas) await finishSchema(tx, schema);
}

async function refuseWhenInUse(tx: SqlExecutor): Promise<void> {
  const sessions = await tx.query<{ program: string }>(
    `SELECT DISTINCT coalesce(nullif(application_name, ''), usename, 'unknown') AS program FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' ORDER BY 1`,
  );
  if (sessions.length > 0) throw platformRunning(sessions.map(({ program }) => program));
}

async function refuseWhenFilled(tx: SqlExecutor, { name }: BackupSchema): Promise<void> {
  const tables = await tx.query<{ table: string }>(
    `SELECT quote_ident(c.relname) AS table FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND c.relname NOT IN ('schema_migration', 'schema_instance')`,
    [name],
  );
  for (const { table } of tables) {
    const rows = await tx.query(`SELECT 1 FROM ${name}.${table} LIMIT 1`);
    if (rows.length > 0) throw platformNotEmpty(name);
  }
}

/** By the very steps that made it, as their owner, so that it is as if the backup's own version had. */
async function makeSchema(tx: SqlExecutor, { name, owner, steps, tables }: BackupSchema): Promise<void> {
  const roles = await tx.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [owner]);
  if (roles.length === 0) throw roleMissing(owner);
  const role = `"${owner.replaceAll('"', '""')}"`;
  await tx.query(`DROP SCHEMA IF EXISTS ${name} CASCADE; CREATE SCHEMA ${name} AUTHORIZATION ${role}; SET LOCAL ROLE ${role}`);
  await createRecord(tx, name);
  for (const step of steps) {
    await tx.query(`SET LOCAL search_path = ${name}; ${step.up}; SET LOCAL search_path = pg_catalog;
      INSERT INTO ${name}.schema_migration (name, kind, up)
      VALUES (${quotedText(step.name)}, ${quotedText(step.kind)}, ${quotedText(step.up)})`);
  }
  // Rows that the steps themselves made are in the backup too.
  const list = tables.map((table) => `${name}."${table.name}"`);
  if (list.length > 0) await tx.query(`TRUNCATE ${list.join(', ')} CASCADE`);
  await tx.query('RESET ROLE');
}

/** Entries come table by table, in the order of the manifest. */
async function fill(client: Client, manifest: BackupManifest, options: RestoreBackupOptions): Promise<void> {
  const columns = new Map<string, string[]>(
    manifest.schemas.flatMap((schema) => schema.tables.map((table) => [`${schema.name}/${table.name}`, table.columns] as const)),
  );
  let current: { table: string; rows: CopyStreamQuery } | undefined;
  const end = async (): Promise<void> => {
    if (!current) return;
    current.rows.end();
    await finished(current.rows);
    options.onTable?.(current.table.replace('/', '.'));
    current = undefined;
  };
  for await (const { name, content } of readArchive(options.path, options.passphrase)) {
    const table = tableOfEntry(name);
    const list = table === null ? undefined : columns.get(table);
    if (table === null || list === undefined) continue;
    if (current?.table !== table) {
      await end();
      const [schema, relation] = table.split('/');
      const rows = client.query(copyFrom(`COPY ${schema}."${relation}" (${list.map((column) => `"${column}"`).join(', ')}) FROM STDIN`));
      // Raised by `finished` or by the wait for room.
      rows.on('error', () => undefined);
      current = { table, rows };
    }
    if (!current.rows.write(content)) await once(current.rows, 'drain');
  }
  await end();
}

async function finishSchema(tx: SqlExecutor, { name, sequences }: BackupSchema): Promise<void> {
  for (const sequence of sequences) {
    await tx.query(`SELECT setval(${quotedText(`${name}."${sequence.name}"`)}, $1, $2)`, [sequence.value, sequence.called]);
  }
  // A database that was put back is another incarnation of itself: what it acknowledged after the backup is gone.
  const [found] = await tx.query<{ there: boolean }>(`SELECT to_regclass('${name}.incarnation') IS NOT NULL AS there`);
  if (found?.there) await tx.query(`DELETE FROM ${name}.incarnation`);
}
