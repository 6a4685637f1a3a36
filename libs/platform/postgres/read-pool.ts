import type { EntityManager } from 'typeorm';
import { dataSourceOf, executorOf, type DatabaseOptions } from './database';
import { toDatabaseError } from './database-errors';
import { forgetPool, watchPool } from './pool-metrics';
import type { SqlExecutor } from './sql-executor';

export interface ReadPoolOptions extends Omit<DatabaseOptions, 'migrations'> {
  /** A statement that takes longer is cut, with SQLSTATE 57014. */
  statementTimeoutMs: number;
}

/** Connections on which nothing can be changed, apart from those of the `Database` of the same schema. */
export interface ReadPool extends SqlExecutor {
  readonly manager: EntityManager;
  close(): Promise<void>;
}

/** Connects. The schema must be there: it is not migrated. Raises DATABASE_UNAVAILABLE or DATABASE_ACCESS_DENIED. */
export async function openReadPool({ statementTimeoutMs, ...options }: ReadPoolOptions): Promise<ReadPool> {
  const dataSource = dataSourceOf({ ...options, readOnly: { statementTimeoutMs } });
  try {
    await dataSource.initialize();
  } catch (error) {
    throw toDatabaseError(error);
  }
  watchPool(options.applicationName, dataSource);
  return {
    manager: dataSource.manager,
    ...executorOf(dataSource),
    close: () => {
      forgetPool(dataSource);
      return dataSource.destroy();
    },
  };
}
