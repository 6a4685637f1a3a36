/** Where plain SQL can be run: the pool, a transaction, or one session. */
export interface SqlExecutor {
  /**
   * Runs one statement with `$1`-style parameters, or several without parameters (they then form one implicit transaction).
   * Resolves with the rows, also those of INSERT, UPDATE and DELETE … RETURNING. `bigint` and `numeric` columns arrive as strings,
   * `timestamptz` as Date, `jsonb` parsed. Raises the classes of failure that `toDatabaseError` names; other driver errors pass
   * through with their SQLSTATE in `code`.
   */
  query<T = Record<string, unknown>>(sql: string, params?: unknown[]): Promise<T[]>;
}
