import type { LedgerCounters } from '@smartant/shards';
import type { StageCountStore, Tx } from '../../application/ports/stores';
import type { Stage } from '../../domain/stages';

/** Table `stage_count`. */
export class StageCountRows implements StageCountStore {
  async find(tx: Tx, migrationId: string, stage: Stage): Promise<{ runId: string; counted: LedgerCounters } | null> {
    const [row] = await tx.query<{ runId: string; counted: LedgerCounters }>(
      'SELECT run_id AS "runId", counted FROM stage_count WHERE migration_id = $1 AND stage = $2',
      [migrationId, stage],
    );
    return row ?? null;
  }

  async save(tx: Tx, migrationId: string, stage: Stage, runId: string, counted: LedgerCounters): Promise<void> {
    await tx.query(
      `INSERT INTO stage_count (migration_id, stage, run_id, counted) VALUES ($1, $2, $3, $4)
       ON CONFLICT (migration_id, stage) DO UPDATE SET run_id = excluded.run_id, counted = excluded.counted`,
      [migrationId, stage, runId, JSON.stringify(counted)],
    );
  }
}
