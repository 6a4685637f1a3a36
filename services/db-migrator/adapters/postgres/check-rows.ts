import type { CheckStore, Tx } from '../../application/ports/stores';
import type { AskedCheck, Check } from '../../domain/check';

/** Table `database_check`. */
export class CheckRows implements CheckStore {
  async ask(tx: Tx, { id, migrationId, kind, tables }: AskedCheck): Promise<Check> {
    await tx.query(`INSERT INTO database_check (id, migration_id, kind, tables) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING`, [
      id,
      migrationId,
      kind,
      JSON.stringify(tables),
    ]);
    const [check] = await tx.query<Check>(`SELECT ${COLUMNS} FROM database_check WHERE id = $1`, [id]);
    return check!;
  }

  async list(tx: Tx, migrationId: string, limit: number): Promise<Check[]> {
    return tx.query<Check>(`SELECT ${COLUMNS} FROM database_check WHERE migration_id = $1 ORDER BY asked_at DESC, id DESC LIMIT $2`, [
      migrationId,
      limit,
    ]);
  }

  async begin(tx: Tx, migrationId: string): Promise<Check | null> {
    const [check] = await tx.query<Check>(
      `UPDATE database_check SET state = 'running' WHERE id = (
         SELECT id FROM database_check WHERE migration_id = $1 AND finished_at IS NULL ORDER BY asked_at, id LIMIT 1)
       RETURNING ${COLUMNS}`,
      [migrationId],
    );
    return check ?? null;
  }

  async end(tx: Tx, id: string, { result, error }: Pick<Check, 'result' | 'error'>): Promise<void> {
    await tx.query(
      `UPDATE database_check SET state = $2, result = $3, error = $4, finished_at = clock_timestamp() WHERE id = $1 AND finished_at IS NULL`,
      [id, error ? 'failed' : 'done', result && JSON.stringify(result), error && JSON.stringify(error)],
    );
  }
}

const time = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const COLUMNS = `id, migration_id AS "migrationId", kind, tables, state, result, error, ${time('asked_at')} AS "askedAt", ${time('finished_at')} AS "finishedAt"`;
