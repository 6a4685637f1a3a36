import { randomUUID } from 'node:crypto';
import { incarnationMigrations } from './incarnation/incarnation-tables';
import { forgetInstance } from './instances';
import { applyMigrations, createRecord, type Migration } from './migrate';
import { openSession, type ConnectionSettings } from './session';
import type { SqlExecutor } from './sql-executor';

export interface MigrateOnceOptions extends ConnectionSettings {
  /** Steps of the service's own schema, oldest first; those that guard a database against lost commits follow by themselves. */
  migrations: Migration[];
}

export interface MigratedOnce {
  /** Names of the steps that were missing and are there now. */
  applied: string[];
  /** Contracting steps that wait for older programs to end. */
  waiting: string[];
}

/**
 * Brings a schema to the newest step and goes, for a job that runs before the services do. The same as a service does at its start (`openDatabase`),
 * so both may run at once, and again. Raises DATABASE_UNAVAILABLE, DATABASE_ACCESS_DENIED, DATABASE_NEWER or DATABASE_MIGRATION_FAILED.
 */
export async function migrateOnce({ migrations, ...settings }: MigrateOnceOptions): Promise<MigratedOnce> {
  const { schema, applicationName: program } = settings;
  const session = await openSession(settings);
  const id = randomUUID();
  try {
    await createRecord(session, schema);
    const before = await recordedSteps(session, schema);
    const waiting = await applyMigrations(session, schema, [...migrations, ...incarnationMigrations], { id, program });
    await forgetInstance(session, schema, id);
    const after = await recordedSteps(session, schema);
    return { applied: after.filter((name) => !before.includes(name)), waiting: waiting.map(({ name }) => name) };
  } finally {
    await session.close();
  }
}

async function recordedSteps(session: SqlExecutor, schema: string): Promise<string[]> {
  const rows = await session.query<{ name: string }>(`SELECT name FROM ${schema}.schema_migration ORDER BY applied_at, name`);
  return rows.map(({ name }) => name);
}
