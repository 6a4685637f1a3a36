import type { SqlExecutor } from '@smartant/platform/postgres';

/** A database, or a transaction in it that a further one is then a part of. */
export interface TransactionalSql extends SqlExecutor {
  transaction<T>(work: (tx: SqlExecutor) => Promise<T>): Promise<T>;
}
