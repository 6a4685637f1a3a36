import { outboxMigrations } from '@smartant/platform/events';
import type { Logger } from '@smartant/platform/logging';
import { openDatabase, openReadPool, type Database, type Migration, type ReadPool } from '@smartant/platform/postgres';
import { alertMigrations } from './adapters/postgres/alerting/alert-migrations';
import { auditMigrations } from './adapters/postgres/audit/audit-migrations';
import { schedulerEntities } from './adapters/postgres/entities';
import { identityMigrations, oidcMigrations, sessionMigrations } from './adapters/postgres/identity';
import { schedulerMigrations } from './adapters/postgres/scheduler-migrations';
import { tenancyMigrations } from './adapters/postgres/tenancy/tenancy-migrations';
import { vaultMigrations } from './adapters/postgres/vault/vault-migrations';

/** The driver's effects and the API's changes; nothing else waits with them. */
const DEFAULT_POOLS = { changes: 16, reads: 6 };
/** No page and no report takes so long on a database that is well. */
const READ_TIMEOUT_MS = 10_000;
/** A change waits for a row lock at most; nobody holds one across a call. */
const CHANGE_TIMEOUT_MS = 30_000;

export interface Pools {
  database: Database;
  readPool: ReadPool;
}

export interface PoolOptions {
  databaseUrl: string;
  /** Connections for changes and effects, and for what is only shown. */
  pools?: { changes: number; reads: number };
  logger: Logger;
}

/** The schema of the scheduler, and its steps, oldest first. */
export const SCHEMA = 'scheduler';
export const schemaSteps = (): Migration[] => [
  ...schedulerMigrations,
  ...outboxMigrations(),
  ...identityMigrations,
  ...auditMigrations,
  ...vaultMigrations,
  ...tenancyMigrations,
  ...sessionMigrations,
  ...oidcMigrations,
  ...alertMigrations,
];

/** Raises DATABASE_*. Reads have connections of their own: a flood of them must not keep a change waiting. */
export async function openPools({ databaseUrl, pools = DEFAULT_POOLS, logger }: PoolOptions): Promise<Pools> {
  const settings = { url: databaseUrl, schema: SCHEMA, entities: schedulerEntities };
  const database = await openDatabase({
    ...settings,
    migrations: schemaSteps(),
    applicationName: 'scheduler',
    poolSize: pools.changes,
    statementTimeoutMs: CHANGE_TIMEOUT_MS,
    incarnation: { warn: (message, fields) => logger.warn(fields, message) },
  });
  try {
    const reading = { ...settings, applicationName: 'scheduler-reads', poolSize: pools.reads, statementTimeoutMs: READ_TIMEOUT_MS };
    return { database, readPool: await openReadPool(reading) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

export async function closePools({ database, readPool }: Pools): Promise<void> {
  await readPool.close();
  await database.close();
}
