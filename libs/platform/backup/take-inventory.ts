import type { SqlExecutor } from '@smartant/platform/postgres';
import { nothingToBackUp } from './backup-errors';
import type { BackupSchema } from './manifest';

/** Who is alive and what holds which lease is not true any more when a backup is restored; the rest of a schema is kept whole. */
const TRANSIENT = ['schema_migration', 'schema_instance'];

/** Every schema of the platform, as the snapshot of this transaction sees it. Raises BACKUP_NOTHING_FOUND. */
export async function takeInventory(tx: SqlExecutor): Promise<BackupSchema[]> {
  const schemas = await tx.query<{ name: string; owner: string }>(
    `SELECT nspname AS name, pg_get_userbyid(nspowner) AS owner FROM pg_namespace
     WHERE to_regclass(quote_ident(nspname) || '.schema_migration') IS NOT NULL ORDER BY nspname`,
  );
  if (schemas.length === 0) throw nothingToBackUp();
  const found: BackupSchema[] = [];
  for (const { name, owner } of schemas) {
    const steps = await tx.query<BackupSchema['steps'][number]>(
      `SELECT name, kind, coalesce(up, '') AS up FROM ${name}.schema_migration ORDER BY applied_at, name`,
    );
    found.push({ name, owner, steps, tables: await tablesOf(tx, name), sequences: await sequencesOf(tx, name) });
  }
  return found;
}

async function tablesOf(tx: SqlExecutor, schema: string): Promise<BackupSchema['tables']> {
  const tables = await tx.query<{ name: string; columns: string[]; refers: string[] }>(
    `SELECT c.relname AS name,
       ARRAY(SELECT attname::text FROM pg_attribute
         WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum) AS columns,
       ARRAY(SELECT DISTINCT confrelid::regclass::oid::text FROM pg_constraint WHERE conrelid = c.oid AND contype = 'f' AND confrelid <> c.oid) AS refers,
       c.oid::text AS oid
     FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p' AND c.relname <> ALL($2)
     ORDER BY c.relname`,
    [schema, TRANSIENT],
  );
  return inOrderOfReference(tables as (Referring & { columns: string[] })[]).map(({ name, columns }) => ({ name, columns }));
}

interface Referring {
  name: string;
  oid: string;
  refers: string[];
}

/** Referred tables first. A circle keeps its alphabetical order: nobody has one. */
function inOrderOfReference<T extends Referring>(tables: T[]): T[] {
  const byOid = new Map(tables.map((table) => [table.oid, table]));
  const ordered = new Set<T>();
  const visit = (table: T, above: Set<T>): void => {
    if (ordered.has(table) || above.has(table)) return;
    for (const oid of table.refers) {
      const referred = byOid.get(oid);
      if (referred) visit(referred, new Set([...above, table]));
    }
    ordered.add(table);
  };
  for (const table of tables) visit(table, new Set());
  return [...ordered];
}

async function sequencesOf(tx: SqlExecutor, schema: string): Promise<BackupSchema['sequences']> {
  const names = await tx.query<{ name: string }>(`SELECT sequencename::text AS name FROM pg_sequences WHERE schemaname = $1 ORDER BY 1`, [
    schema,
  ]);
  const sequences: BackupSchema['sequences'] = [];
  for (const { name } of names) {
    // Sequences are not part of a snapshot: one may already be ahead of the rows, never behind them.
    const [row] = await tx.query<{ value: string; called: boolean }>(
      `SELECT last_value::text AS value, is_called AS called FROM ${schema}."${name}"`,
    );
    if (row) sequences.push({ name, ...row });
  }
  return sequences;
}
