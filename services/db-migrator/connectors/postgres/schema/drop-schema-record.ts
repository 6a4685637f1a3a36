import { quoteText } from '../catalog/catalog';
import type { PgSession } from '../session/pg-session';

const TABLES = ['schema_entry', 'schema_copy', 'large_object'];

/** Forgets the schema's copy of a migration at its target; what was made stays. Idempotent. */
export async function dropSchemaRecord(session: PgSession, migrationId: string, signal: AbortSignal): Promise<void> {
  for (const table of TABLES) {
    const [there] = await session.query(`SELECT to_regclass('smartant.${table}') AS name`, undefined, signal);
    if (there?.['name'] === null) continue;
    await session.query(`DELETE FROM smartant.${table} WHERE migration_id = ${quoteText(migrationId)}`, undefined, signal);
  }
}
