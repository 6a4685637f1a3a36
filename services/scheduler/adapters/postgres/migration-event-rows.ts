import type { SqlExecutor } from '@smartant/platform/postgres';
import type { MigrationEvent, MigrationEventStore } from '../../application/ports/unit-of-work';
import { LONGEST_TOLD_ERROR, type DrivenMigration, type MigrationChange } from '../../domain/migration/driven-migration';

const KEPT = 2_000;
/** How often, by versions of a migration, those above that number are removed. */
const PRUNED_EACH = 100;

/** What happened to a migration, for whoever looks at it: kept as long as the migration. The bus carries the same facts to other services. */
export class MigrationEventRows implements MigrationEventStore {
  constructor(private readonly sql: SqlExecutor) {}

  async append(migration: DrivenMigration, changes: readonly MigrationChange[]): Promise<void> {
    if (changes.length === 0) return;
    const rows = changes.map(({ version, change, phase, status, runId, error }) => ({
      version,
      change,
      phase,
      status,
      run_id: runId ?? null,
      error_code: error?.code ?? null,
      // Text of a database holds no U+0000, which the key of an object may.
      error_message: error?.message.slice(0, LONGEST_TOLD_ERROR).replaceAll('\u0000', '\\u0000') ?? null,
      trace_id: migration.traceContext['traceparent']?.split('-')[1] ?? null,
      at: migration.updatedAt,
    }));
    // A deleted migration has its last word in the bus alone.
    await this.sql.query(
      `INSERT INTO migration_event (migration_id, version, change, phase, status, run_id, error_code, error_message, trace_id, at)
       SELECT $1, version, change, phase, status, run_id, error_code, error_message, trace_id, at FROM json_to_recordset($2::json)
         AS event (version bigint, change text, phase text, status text, run_id text, error_code text, error_message text, trace_id text, at timestamptz)
       WHERE EXISTS (SELECT 1 FROM migration WHERE id = $1)`,
      [migration.id, JSON.stringify(rows)],
    );
    if (changes.some(({ version }) => version % PRUNED_EACH === 0)) await this.prune(migration.id);
  }

  private async prune(migrationId: string): Promise<void> {
    await this.sql.query(
      `DELETE FROM migration_event WHERE migration_id = $1
         AND seq <= (SELECT seq FROM migration_event WHERE migration_id = $1 ORDER BY seq DESC OFFSET $2 LIMIT 1)`,
      [migrationId, KEPT],
    );
  }

  async page(migrationId: string, beforeSeq: number | null, limit: number): Promise<MigrationEvent[]> {
    const rows = await this.sql.query<Omit<MigrationEvent, 'at'> & { at: Date }>(
      `SELECT seq::float8 AS seq, version::float8 AS version, change, phase, status, run_id AS "runId", error_code AS "errorCode",
         error_message AS "errorMessage", trace_id AS "traceId", at
       FROM migration_event WHERE migration_id = $1 AND ($2::bigint IS NULL OR seq < $2) ORDER BY seq DESC LIMIT $3`,
      [migrationId, beforeSeq, limit],
    );
    return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
  }
}
