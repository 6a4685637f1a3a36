import { createHash } from 'node:crypto';
import { openSession, type SqlExecutor } from '@smartant/platform/postgres';
import { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { writeArchive, type ArchiveEntry } from './archive';
import { BACKUP_FORMAT, type BackupChecksums, type BackupManifest, type BackupSchema } from './manifest';
import { takeInventory } from './take-inventory';

export interface WriteBackupOptions {
  /** A role that may read every schema of the platform. */
  databaseUrl: string;
  path: string;
  passphrase: string;
  /** log2 of what it costs to try a passphrase; as age has it when absent. For tests. */
  passphraseCost?: number;
  /** Of this program. */
  version: string;
  /** By name; kept in the archive when given. */
  secrets?: Record<string, string>;
  onTable?: (table: string, bytes: number) => void;
}

const CHUNK_BYTES = 4 << 20;

/**
 * Writes the whole platform into one encrypted file, while it runs: all tables of all schemas as of one moment. Memory does not grow
 * with their size. Raises DATABASE_*, BACKUP_NOTHING_FOUND.
 */
export async function writeBackup(options: WriteBackupOptions): Promise<BackupManifest> {
  const { databaseUrl, path, passphrase, version, secrets = {} } = options;
  const client = await connect(databaseUrl);
  try {
    const executor: SqlExecutor = { query: async <T>(sql: string, params?: unknown[]) => (await client.query(sql, params)).rows as T[] };
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const schemas = await takeInventory(executor);
    const [moment] = await executor.query<{ at: Date }>('SELECT now() AS at');
    const at = (moment?.at ?? new Date()).toISOString();
    const manifest: BackupManifest = { format: BACKUP_FORMAT, version, at, schemas, secrets: Object.keys(secrets) };
    await writeArchive(path, { passphrase, passphraseCost: options.passphraseCost }, async (add) => {
      await add({ name: 'manifest.json', content: Buffer.from(JSON.stringify(manifest)) });
      for (const [name, value] of Object.entries(secrets)) await add({ name: `secrets/${name}`, content: Buffer.from(value) });
      const checksums: BackupChecksums = {};
      for (const { schema, table } of allTables(schemas)) {
        const checksum = await copyTable(client, schema, table, add);
        checksums[`${schema}/${table.name}`] = checksum;
        options.onTable?.(`${schema}.${table.name}`, checksum.bytes);
      }
      await add({ name: 'checksums.json', content: Buffer.from(JSON.stringify(checksums)) });
    });
    return manifest;
  } finally {
    await client.end();
  }
}

/** Session first, for its errors: they say what is wrong with the URL without repeating it. */
async function connect(databaseUrl: string): Promise<Client> {
  await (await openSession({ url: databaseUrl, schema: 'pg_catalog', applicationName: 'smartant-backup' })).close();
  const client = new Client({ connectionString: databaseUrl, application_name: 'smartant-backup', keepAlive: true });
  // The running statement fails and reports it.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

function allTables(schemas: BackupSchema[]): { schema: string; table: BackupSchema['tables'][number] }[] {
  return schemas.flatMap((schema) => schema.tables.map((table) => ({ schema: schema.name, table })));
}

async function copyTable(
  client: Client,
  schema: string,
  { name, columns }: BackupSchema['tables'][number],
  add: (entry: ArchiveEntry) => Promise<void>,
): Promise<BackupChecksums[string]> {
  const hash = createHash('sha256');
  let [bytes, part] = [0, 0];
  let pieces: Buffer[] = [];
  let held = 0;
  const flush = async (): Promise<void> => {
    const content = Buffer.concat(pieces);
    [pieces, held] = [[], 0];
    await add({ name: `data/${schema}/${name}/${String(part++).padStart(6, '0')}.copy`, content });
  };
  const list = columns.map((column) => `"${column}"`).join(', ');
  const rows = client.query(copyTo(`COPY (SELECT ${list} FROM ${schema}."${name}") TO STDOUT`));
  for await (const piece of rows as AsyncIterable<Buffer>) {
    hash.update(piece);
    bytes += piece.length;
    pieces.push(piece);
    held += piece.length;
    if (held >= CHUNK_BYTES) await flush();
  }
  if (held > 0) await flush();
  return { bytes, sha256: hash.digest('hex') };
}
