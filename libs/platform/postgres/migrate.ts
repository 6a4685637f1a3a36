import { SmartantError } from '@smartant/kernel';
import { contractingStatement } from './contracting-statement';
import { isUniqueViolation } from './database-errors';
import { forgetInstance, isWaiting, livingWithout, quotedText, registerInstance, type Instance } from './instances';
import type { SqlExecutor } from './sql-executor';

/** One step of a schema. Never edited once released; a later step is added at the end. */
export interface Migration {
  /** Unique in its schema, kebab-case: "0001-outbox". */
  name: string;
  /**
   * - `expand` (the default): only adds, so that programs which do not know the step go on beside those that do
   * - `contract`: takes away what no running program needs any more; it waits until all that live know it, and programs
   *   that do not know it are refused from then on
   */
  kind?: 'expand' | 'contract';
  /**
   * Of a `contract` step: not applied by itself, but by `Database.closeToOlder`, when something is first written that a program which
   * does not know the step would misread. Until then one can go back to an older version.
   */
  onDemand?: boolean;
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
 * one transaction. Steps that are recorded and unknown here are those of a newer version that runs beside this one: they are left
 * alone when they only expand. `instance` is registered before anything is looked at, so that no contracting step can slip in.
 * Resolves with the contracting steps that wait for older programs to end. Raises `DATABASE_NEWER` when an unknown step contracted
 * the schema, and `DATABASE_MIGRATION_FAILED` when a step fails; in both cases nothing of the failing step stays.
 */
export async function applyMigrations(
  executor: SqlExecutor,
  schema: string,
  migrations: Migration[],
  instance?: Omit<Instance, 'steps'>,
): Promise<Migration[]> {
  assertSchemaName(schema);
  migrations.forEach(assertForm);
  await createRecord(executor, schema);
  const steps = migrations.map((migration) => migration.name);
  if (instance) await executor.query(`${lock(schema)} ${registerInstance(schema, { ...instance, steps })}`);
  try {
    const applied = await appliedSteps(executor, schema, migrations);
    const missing = migrations.filter((migration) => !applied.has(migration.name) && !migration.onDemand);
    const [contracting, expanding] = [missing.filter(isContract), missing.filter((migration) => !isContract(migration))];
    for (const migration of expanding) await applyOne(executor, schema, migration);
    return await applyContracting(executor, schema, contracting);
  } catch (error) {
    if (instance) await forgetInstance(executor, schema, instance.id).catch(() => undefined);
    throw error;
  }
}

/** Applies the contracting steps that every living program knows; resolves with the others. */
export async function applyContracting(executor: SqlExecutor, schema: string, contracting: Migration[]): Promise<Migration[]> {
  const waiting: Migration[] = [];
  for (const migration of contracting) {
    if (!(await applyOne(executor, schema, migration))) waiting.push(migration);
  }
  return waiting;
}

/**
 * Applies a step that waits to be asked for. True: it is recorded, so that no program which does not know it runs or can start any more
 * (one that was silent for 45 s counts as dead). False: one runs.
 */
export async function applyOnDemand(executor: SqlExecutor, schema: string, migration: Migration): Promise<boolean> {
  const found = await executor.query(`SELECT 1 FROM ${schema}.schema_migration WHERE name = $1`, [migration.name]);
  return found.length > 0 || applyOne(executor, schema, migration);
}

const isContract = (migration: Migration) => migration.kind === 'contract';

function assertForm({ name, kind, up, onDemand }: Migration): void {
  if (!MIGRATION_NAME.test(name)) throw new TypeError(`migration name "${name}" is not kebab-case`);
  if (onDemand && kind !== 'contract') throw new TypeError(`step ${name} waits to be asked for: make it a step of kind "contract"`);
  const statement = kind === 'contract' ? null : contractingStatement(up);
  if (statement) throw new TypeError(`step ${name} is to expand only, and says "${statement}": make that a step of kind "contract"`);
}

/** Names of all recorded steps; what the steps of earlier versions did is recorded where it was not. Raises `DATABASE_NEWER`. */
async function appliedSteps(executor: SqlExecutor, schema: string, migrations: Migration[]): Promise<Set<string>> {
  const recorded = await executor.query<{ name: string; kind: string; told: boolean }>(
    `SELECT name, kind, up IS NOT NULL AS told FROM ${schema}.schema_migration`,
  );
  const known = new Map(migrations.map((migration) => [migration.name, migration.up]));
  const unknown = recorded.filter((row) => row.kind === 'contract' && !known.has(row.name)).map((row) => row.name);
  if (unknown.length > 0) throw databaseNewer(schema, unknown);
  for (const { name, told } of recorded) {
    const up = known.get(name);
    if (!told && up !== undefined) await executor.query(`UPDATE ${schema}.schema_migration SET up = $2 WHERE name = $1`, [name, up]);
  }
  return new Set(recorded.map((row) => row.name));
}

const lock = (schema: string) => `SELECT pg_advisory_xact_lock(hashtextextended('smartant.migrate.${schema}', 0));`;

/** Makes the tables that record steps and programs. */
export async function createRecord(executor: SqlExecutor, schema: string): Promise<void> {
  const [found] = await executor.query<{ there: boolean }>(`SELECT to_regclass('${schema}.schema_instance') IS NOT NULL AS there`);
  if (found?.there) return;
  // CREATE SCHEMA needs the right to create schemas even where it exists, and a service's role need not have that right.
  await executor.query(`${lock(schema)}
    DO $$ BEGIN IF to_regnamespace('${schema}') IS NULL THEN CREATE SCHEMA ${schema}; END IF; END $$;
    CREATE TABLE IF NOT EXISTS ${schema}.schema_migration (
      name text PRIMARY KEY,
      applied_at timestamptz NOT NULL DEFAULT now()
    );
    ALTER TABLE ${schema}.schema_migration ADD COLUMN IF NOT EXISTS kind text NOT NULL DEFAULT 'expand';
    -- What the step did: a backup carries it, so that its data can be restored by any version.
    ALTER TABLE ${schema}.schema_migration ADD COLUMN IF NOT EXISTS up text;
    CREATE TABLE IF NOT EXISTS ${schema}.schema_instance (
      id text PRIMARY KEY,
      program text NOT NULL,
      steps text[] NOT NULL,
      seen_at timestamptz NOT NULL
    );`);
}

/** False when a contracting step has to wait for programs that do not know it. */
async function applyOne(executor: SqlExecutor, schema: string, migration: Migration): Promise<boolean> {
  const { name, kind = 'expand', up } = migration;
  const guard = kind === 'contract' ? livingWithout(schema, name) : '';
  try {
    await executor.query(`SET LOCAL statement_timeout = 0;
      ${lock(schema)}
      ${guard}
      INSERT INTO ${schema}.schema_migration (name, kind, up) VALUES ('${name}', '${kind}', ${quotedText(up)});
      SET LOCAL search_path = ${schema};
      ${up};`);
    return true;
  } catch (error) {
    if (isUniqueViolation(error, 'schema_migration_pkey')) return true;
    if (isWaiting(error)) return false;
    throw new SmartantError('DATABASE_MIGRATION_FAILED', `Step ${name} of schema ${schema} failed.`, {
      kind: 'internal',
      actor: 'operator',
      hint: 'The step was undone as a whole; read the cause in the log, mend it and start again.',
      details: { schema, migration: name },
      cause: error,
    });
  }
}

function databaseNewer(schema: string, unknown: string[]): SmartantError {
  return new SmartantError('DATABASE_NEWER', `Schema ${schema} was made by a newer version of SmartAnt.`, {
    kind: 'precondition',
    actor: 'operator',
    hint: 'Start that version or a newer one (it no longer works beside older ones), or restore a backup made before the upgrade.',
    details: { schema, unknownMigrations: unknown.join(', ') },
  });
}
