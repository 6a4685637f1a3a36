import { DataSource, TypeORMError, type EntityManager, type EntitySchema, type QueryRunner } from 'typeorm';
import { isRetryableTransactionError, toDatabaseError } from './database-errors';
import type { Incarnation, IncarnationOptions } from './incarnation/incarnation';
import { IncarnationKeeper } from './incarnation/incarnation-keeper';
import { incarnationMigrations } from './incarnation/incarnation-tables';
import { LivingInstance } from './living-instance';
import { applyOnDemand, type Migration } from './migrate';
import { PoolClient } from './pool-client';
import { forgetPool, watchPool } from './pool-metrics';
import { connectionConfig, openSession, type ConnectionSettings, type Session } from './session';
import type { SqlExecutor } from './sql-executor';

export interface DatabaseOptions extends ConnectionSettings {
  /** Steps of the service's own schema, oldest first; run before the database is handed out. */
  migrations: Migration[];
  entities?: EntitySchema[];
  /** Connections at most; 10 when absent. */
  poolSize?: number;
  /** Longest time of one statement; 5 minutes when absent. Steps of the schema may take as long as they need. */
  statementTimeoutMs?: number;
  /** Guards against commits that a failover or restore takes back. Absent: no connection is asked what it leads to. */
  incarnation?: IncarnationOptions;
}

/** Repositories (`manager`), plain SQL and the outbox share this transaction. Invalid once its function has ended. */
export interface Transaction extends SqlExecutor {
  manager: EntityManager;
}

/** A service's PostgreSQL: one pool, one schema. `query` outside `transaction` commits by itself. */
export interface Database extends SqlExecutor {
  readonly dataSource: DataSource;
  readonly schema: string;
  /** Null for a database that is not guarded. */
  readonly incarnation: Incarnation | null;
  /**
   * Runs `work` in one READ COMMITTED transaction: committed when it resolves, rolled back when it throws. A deadlock or a
   * serialization failure runs `work` again, four times at most, so it must have no effects outside the database.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /**
   * To be asked before something is written that programs which do not know this `onDemand` step would misread. True: none runs, and none
   * can start any more. False: one runs, so nothing of the kind may be written yet.
   */
  closeToOlder(step: string): Promise<boolean>;
  /** A connection of its own with the same settings, for LISTEN and session locks; the caller closes it. */
  openSession(): Promise<Session>;
  /** Ends the pool when its statements are done. */
  close(): Promise<void>;
}

const STATEMENT_TIMEOUT_MS = 300_000;
/**
 * A transaction of ours never waits for anything but the database. What a process holds that stopped in the middle of one (SIGSTOP, a
 * machine that is gone) must be free by the time its leases have run out, or its shards could not be taken over.
 */
const IDLE_IN_TRANSACTION_MS = 8_000;
const TRANSACTION_ATTEMPTS = 5;
const RETRY_BASE_MS = 20;

/**
 * Connects, migrates the schema and hands out the database. Raises DATABASE_UNAVAILABLE, DATABASE_ACCESS_DENIED,
 * DATABASE_NEWER, DATABASE_MIGRATION_FAILED or DATABASE_NOT_DURABLE; nothing stays open then.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const keeper = options.incarnation ? new IncarnationKeeper(() => openSession(options), options.incarnation) : null;
  const dataSource = dataSourceOf(options, keeper);
  let instance: LivingInstance;
  try {
    instance = await join(dataSource, options, keeper);
  } catch (error) {
    if (dataSource.isInitialized) await dataSource.destroy();
    await keeper?.close();
    throw toDatabaseError(error);
  }
  watchPool(options.applicationName, dataSource);
  return {
    dataSource,
    schema: options.schema,
    ...executorOf(dataSource),
    incarnation: keeper && incarnationOf(keeper, executorOf(dataSource)),
    transaction: (work) => runTransaction(dataSource, work),
    closeToOlder: (step) => applyOnDemand(executorOf(dataSource), options.schema, onDemandStep(options.migrations, step)),
    openSession: () => openChecked(options, keeper),
    close: async () => {
      forgetPool(dataSource);
      await instance.leave();
      await dataSource.destroy();
      await keeper?.close();
    },
  };
}

function onDemandStep(migrations: Migration[], name: string): Migration {
  const step = migrations.find((migration) => migration.name === name && migration.onDemand);
  if (!step) throw new TypeError(`there is no step "${name}" that waits to be asked for`);
  return step;
}

/** The pool of a guarded database leads nowhere before the schema can say what it is: the schema is migrated past it. */
async function join(dataSource: DataSource, options: DatabaseOptions, keeper: IncarnationKeeper | null): Promise<LivingInstance> {
  const { schema, applicationName, migrations } = options;
  const executor = executorOf(dataSource);
  if (!keeper) {
    await dataSource.initialize();
    return LivingInstance.join({ migrate: executor, live: executor }, schema, applicationName, migrations);
  }
  const session = await openSession(options);
  const executors = { migrate: session, live: executor };
  const instance = await LivingInstance.join(executors, schema, applicationName, [...migrations, ...incarnationMigrations]).finally(() =>
    session.close(),
  );
  try {
    await keeper.start();
    await dataSource.initialize();
  } catch (error) {
    await instance.leave();
    throw error;
  }
  return instance;
}

async function openChecked(options: DatabaseOptions, keeper: IncarnationKeeper | null): Promise<Session> {
  const session = await openSession(options);
  await keeper?.assertSame(session).catch(async (error: unknown) => {
    await session.close();
    throw toDatabaseError(error);
  });
  return session;
}

function incarnationOf(keeper: IncarnationKeeper, executor: SqlExecutor): Incarnation {
  return {
    get id() {
      return keeper.id;
    },
    get isRevalidated() {
      return keeper.isRevalidated;
    },
    get isRestored() {
      return keeper.isRestored;
    },
    askRevalidated: () => keeper.askRevalidated(executor),
    onChange: (hear) => keeper.onChange(hear),
    markRevalidated: (id) => keeper.markRevalidated(executor, id),
  };
}

/** A pool that is not connected yet. */
export function dataSourceOf(
  options: Omit<DatabaseOptions, 'migrations' | 'incarnation'>,
  keeper: IncarnationKeeper | null = null,
): DataSource {
  const { connectionString, application_name, connectionTimeoutMillis, ...extra } = connectionConfig({
    ...options,
    bounds: { statementMs: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS, idleInTransactionMs: IDLE_IN_TRANSACTION_MS },
  });
  return new DataSource({
    type: 'postgres',
    url: connectionString,
    applicationName: application_name,
    connectTimeoutMS: connectionTimeoutMillis,
    schema: options.schema,
    entities: options.entities ?? [],
    poolSize: options.poolSize ?? 10,
    synchronize: false,
    logging: false,
    installExtensions: false,
    extra: { ...extra, Client: PoolClient, ...(keeper && { verify: admission(keeper) }) },
  });
}

/** What the pool asks of each new connection before it hands it out. */
function admission(keeper: IncarnationKeeper) {
  return (client: PoolClient, done: (error?: unknown) => void): void => void keeper.admit(client).then(() => done(), done);
}

async function rowsOf<T>(runner: QueryRunner, sql: string, params?: unknown[]): Promise<T[]> {
  try {
    const result = await runner.query(sql, params, true);
    return (result.records ?? []) as T[];
  } catch (error) {
    throw toDatabaseError(error);
  }
}

/** Plain SQL on any free connection of the pool. */
export function executorOf(dataSource: DataSource): SqlExecutor {
  return {
    query: async <T>(sql: string, params?: unknown[]) => {
      const runner = dataSource.createQueryRunner();
      try {
        return await rowsOf<T>(runner, sql, params);
      } finally {
        await runner.release();
      }
    },
  };
}

async function asDatabaseError(statement: Promise<void>): Promise<void> {
  await statement.catch((error: unknown) => {
    throw toDatabaseError(error);
  });
}

async function runTransaction<T>(dataSource: DataSource, work: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptTransaction(dataSource, work);
    } catch (error) {
      if (attempt >= TRANSACTION_ATTEMPTS || !isRetryableTransactionError(error)) throw error;
      // Jitter, so that two transactions that met once do not meet again.
      await new Promise((resolve) => setTimeout(resolve, RETRY_BASE_MS * 2 ** attempt * Math.random()));
    }
  }
}

async function attemptTransaction<T>(dataSource: DataSource, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    await asDatabaseError(runner.startTransaction());
    const result = await work({ manager: runner.manager, query: (sql, params) => rowsOf(runner, sql, params) });
    await asDatabaseError(runner.commitTransaction());
    return result;
  } catch (error) {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    // Repositories fail with errors of TypeORM; whatever else `work` throws may come from elsewhere and passes as it is.
    throw error instanceof TypeORMError ? toDatabaseError(error) : error;
  } finally {
    await runner.release();
  }
}
