import { SmartantError } from '@smartant/kernel';
import { isUniqueViolation } from './database-errors';
import type { SqlExecutor } from './sql-executor';

/** One step of a schema. Never edited once released; a later step is added at the end. */
export interface Migration {
  /** Unique in its schema, kebab-case: "0001-outbox". */
  name: string;
  /** SQL statements that are run as one transaction (so no CREATE INDEX CONCURRENTLY). */
  up: string;
}

const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/;
const MIGRATION_NAME = /^[a-z0-9][a-z0-9_.-]*$/;

/** Raises `DATABASE_SCHEMA_NAME_INVALID` unless the name can stand in SQL without quotes. */
export function assertSchemaName(schema: string): void {
  if (SCHEMA_NAME.test(schema)) return;
  throw new SmartantError('DATABASE_SCHEMA_NAME_INVALID', `"${schema}" cannot be a schema name.`, {
    kind: 'invalid',
    hint: 'Use lower-case letters, digits and underscores, at most 63.',
  });
}

/**
 * Brings a schema to the newest step, creating the schema when absent. Safe to run from many processes at once: each step takes
 * an advisory lock, records itself first (so a second runner fails on the record, not on half-made tables) and then runs, all in
 * one transaction. Raises `DATABASE_NEWER` when steps are recorded that this program does not know, and
 * `DATABASE_MIGRATION_FAILED` when a step fails; in both cases nothing of the failing step stays.
 */
export async function applyMigrations(executor: SqlExecutor, schema: string, migrations: Migration[]): Promise<void> {
  assertSchemaName(schema);
  await createRecord(executor, schema);
  const recorded = await executor.query<{ name: string }>(`SELECT name FROM ${schema}.schema_migration`);
  const applied = new Set(recorded.map((row) => row.name));
  const known = new Set(migrations.map((migration) => migration.name));
  const unknown = [...applied].filter((name) => !known.has(name));
  if (unknown.length > 0) throw databaseNewer(schema, unknown);
  for (const migration of migrations) {
    if (!applied.has(migration.name)) await applyOne(executor, schema, migration);
  }
}

const lock = (schema: string) => `SELECT pg_advisory_xact_lock(hashtextextended('smartant.migrate.${schema}', 0));`;

async function createRecord(executor: SqlExecutor, schema: string): Promise<void> {
  const [found] = await executor.query<{ there: boolean }>(`SELECT to_regclass('${schema}.schema_migration') IS NOT NULL AS there`);
  if (found?.there) return;
  // CREATE SCHEMA needs the right to create schemas even where it exists, and a service's role need not have that right.
  await executor.query(`${lock(schema)}
    DO $$ BEGIN IF to_regnamespace('${schema}') IS NULL THEN CREATE SCHEMA ${schema}; END IF; END $$;
    CREATE TABLE IF NOT EXISTS ${schema}.schema_migration (
      name text PRIMARY KEY,
      applied_at timestamptz NOT NULL DEFAULT now()
    );`);
}

async function applyOne(executor: SqlExecutor, schema: string, migration: Migration): Promise<void> {
  if (!MIGRATION_NAME.test(migration.name)) throw new TypeError(`migration name "${migration.name}" is not kebab-case`);
  try {
    await executor.query(`${lock(schema)}
      INSERT INTO ${schema}.schema_migration (name) VALUES ('${migration.name}');
      SET LOCAL search_path = ${schema};
      ${migration.up};`);
  } catch (error) {
    if (isUniqueViolation(error, 'schema_migration_pkey')) return;
    throw new SmartantError('DATABASE_MIGRATION_FAILED', `Step ${migration.name} of schema ${schema} failed.`, {
      kind: 'internal',
      actor: 'operator',
      hint: 'The step was undone as a whole; read the cause in the log, mend it and start again.',
      details: { schema, migration: migration.name },
      cause: error,
    });
  }
}

function databaseNewer(schema: string, unknown: string[]): SmartantError {
  return new SmartantError('DATABASE_NEWER', `Schema ${schema} was made by a newer version of SmartAnt.`, {
    kind: 'precondition',
    actor: 'operator',
    hint: 'Start that version or a newer one, or restore a backup made before the upgrade.',
    details: { schema, unknownMigrations: unknown.join(', ') },
  });
}
