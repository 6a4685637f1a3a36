import { newId } from '@smartant/kernel';
import type { Failure, FailureState } from '../../run';
import type { FailureDecision, FailureStore, Quarantined, Tx } from '../../stores';

interface FailureRow extends Omit<Failure, 'firstFailedAt' | 'lastFailedAt'> {
  firstFailedAt: Date;
  lastFailedAt: Date;
}

/** Table `failure` of `RUN_TABLES`. */
export class FailureRows implements FailureStore {
  async quarantine(tx: Tx, failure: Quarantined): Promise<number> {
    // What was waived stays waived: the word of the operator outlives another failure.
    await tx.query(
      `INSERT INTO failure (failure_id, migration_id, run_id, unit, code, message, attempts, trace_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (migration_id, unit) DO UPDATE SET run_id = excluded.run_id, code = excluded.code, message = excluded.message,
         attempts = failure.attempts + excluded.attempts, trace_id = excluded.trace_id, last_failed_at = clock_timestamp(),
         state = CASE failure.state WHEN 'waived' THEN 'waived' ELSE 'open' END`,
      [newId('flr'), failure.migrationId, failure.runId, failure.unit, failure.code, failure.message, failure.attempts, failure.traceId],
    );
    const [row] = await tx.query<{ open: number }>(`SELECT count(*)::int AS open FROM failure WHERE migration_id = $1 AND state = 'open'`, [
      failure.migrationId,
    ]);
    return row?.open ?? 0;
  }

  async unresolved(tx: Tx, migrationId: string): Promise<Map<string, FailureState>> {
    const rows = await tx.query<{ unit: string; state: FailureState }>(
      `SELECT unit, state FROM failure WHERE migration_id = $1 AND state <> 'resolved'`,
      [migrationId],
    );
    return new Map(rows.map((row) => [row.unit, row.state]));
  }

  async resolve(tx: Tx, migrationId: string, unit: string): Promise<void> {
    await tx.query(`UPDATE failure SET state = 'resolved' WHERE migration_id = $1 AND unit = $2 AND state IN ('open', 'retrying')`, [
      migrationId,
      unit,
    ]);
  }

  async list(tx: Tx, migrationId: string, limit: number, after: string | undefined): Promise<Failure[]> {
    const rows = await tx.query<FailureRow>(
      `SELECT failure_id AS id, run_id AS "runId", unit, code, message, attempts, trace_id AS "traceId", state,
              first_failed_at AS "firstFailedAt", last_failed_at AS "lastFailedAt"
       FROM failure WHERE migration_id = $1 AND ($2::text IS NULL OR failure_id > $2) ORDER BY failure_id LIMIT $3`,
      [migrationId, after ?? null, limit],
    );
    return rows.map((row) => ({ ...row, firstFailedAt: row.firstFailedAt.toISOString(), lastFailedAt: row.lastFailedAt.toISOString() }));
  }

  async decide(tx: Tx, migrationId: string, ids: string[], decision: FailureDecision): Promise<number> {
    const rows = await tx.query(
      `UPDATE failure SET state = $3, decided_by = $4, decided_reason = $5, decided_at = clock_timestamp()
       WHERE migration_id = $1 AND state <> 'resolved' AND CASE WHEN cardinality($2::text[]) = 0 THEN state = 'open' ELSE failure_id = ANY($2) END
       RETURNING 1`,
      [migrationId, ids, decision.state, decision.actor, decision.reason],
    );
    return rows.length;
  }
}
