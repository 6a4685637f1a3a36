import type { LedgerCounters } from '@smartant/shards';
import type { StageCountStore } from '../../stages';
import type { Tx } from '../../stores';

/** Table `stage_count` of `STAGE_TABLES`. */
export class StageCountRows implements StageCountStore {
  async find(tx: Tx, migrationId: string, stage: string): Promise<{ runId: string; counted: LedgerCounters } | null> {
    const [row] = await tx.query<{ runId: string; counted: LedgerCounters }>(
      'SELECT run_id AS "runId", counted FROM stage_count WHERE migration_id = $1 AND stage = $2',
      [migrationId, stage],
    );
    return row ?? null;
  }

  async save(tx: Tx, migrationId: string, stage: string, runId: string, counted: LedgerCounters): Promise<void> {
    await tx.query(
      `INSERT INTO stage_count (migration_id, stage, run_id, counted) VALUES ($1, $2, $3, $4)
       ON CONFLICT (migration_id, stage) DO UPDATE SET run_id = excluded.run_id, counted = excluded.counted`,
      [migrationId, stage, runId, JSON.stringify(counted)],
    );
  }
}
