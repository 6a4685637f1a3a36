import { quoteText } from '../catalog/catalog';
import type { PgSession } from '../session/pg-session';

/** Forgets the schema's copy of a migration at its target; what was made stays. Idempotent. */
export async function dropSchemaRecord(session: PgSession, migrationId: string, signal: AbortSignal): Promise<void> {
  const [there] = await session.query(
    `SELECT to_regclass('smartant.schema_entry') AS entries, to_regclass('smartant.schema_copy') AS copies`,
    undefined,
    signal,
  );
  for (const table of ['schema_entry', 'schema_copy']) {
    if (there?.[table === 'schema_entry' ? 'entries' : 'copies'] === null) continue;
    await session.query(`DELETE FROM smartant.${table} WHERE migration_id = ${quoteText(migrationId)}`, undefined, signal);
  }
}
