/** A connection of its own, that counts nothing. */
interface PlainSession {
  query(sql: string): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * Takes from a schema the last commit that it acknowledged to each connection, and cuts all connections: what a restore to a moment ago does
 * under running services. The table is locked meanwhile, or a commit in between would count up again what was taken.
 */
export async function loseAcknowledged(database: { openSession(): Promise<PlainSession> }): Promise<void> {
  const session = await database.openSession();
  try {
    await session.query('BEGIN');
    await session.query('LOCK TABLE incarnation_receipt IN ACCESS EXCLUSIVE MODE');
    await session.query('UPDATE incarnation_receipt SET n = n - 1 WHERE n > 0');
    await session.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
    );
    await session.query('COMMIT');
  } finally {
    await session.close();
  }
}
