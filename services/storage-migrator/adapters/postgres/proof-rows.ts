import type { KeyRange } from '@smartant/connectors';
import type { DigestKind, ProofStore, Tx } from '../../application/ports/stores';
import type { Difference, Run } from '../../domain/run';

/** Differences kept of a run: what the report samples from, and what a retry copies whatever the listings say. */
const KEPT_DIFFERENCES = 1_000;

export class ProofRows implements ProofStore {
  async saveDigest(tx: Tx, runId: string, shardId: string, kind: DigestKind, state: Buffer): Promise<void> {
    await tx.query(
      `INSERT INTO shard_digest (shard_id, run_id, kind, state) VALUES ($1, $2, $3, $4)
       ON CONFLICT (shard_id, kind) DO UPDATE SET state = excluded.state`,
      [shardId, runId, kind, state],
    );
  }

  async loadDigest(tx: Tx, shardId: string, kind: DigestKind): Promise<Buffer | null> {
    const [row] = await tx.query<{ state: Buffer }>('SELECT state FROM shard_digest WHERE shard_id = $1 AND kind = $2', [shardId, kind]);
    return row?.state ?? null;
  }

  async *digests(tx: Tx, runId: string, stage: string, kind: DigestKind): AsyncIterable<Buffer> {
    const shards = await tx.query<{ id: string }>(`SELECT shard_id AS id FROM finished_shard WHERE run_id = $1 AND kind = $2`, [
      runId,
      stage,
    ]);
    for (const { id } of shards) {
      const state = await this.loadDigest(tx, id, kind);
      if (state) yield state;
    }
  }

  async addDifferences(tx: Tx, run: Pick<Run, 'runId' | 'migrationId'>, differences: Difference[]): Promise<void> {
    await tx.query(
      `INSERT INTO difference (run_id, migration_id, key, kind, detail, waived)
       SELECT $1, $2, row.* FROM jsonb_to_recordset($3::jsonb) AS row (key text, kind text, detail text, waived boolean)
       LIMIT greatest(0, $4 - (SELECT count(*) FROM difference WHERE run_id = $1)) ON CONFLICT DO NOTHING`,
      [run.runId, run.migrationId, JSON.stringify(differences), KEPT_DIFFERENCES],
    );
  }

  async sample(tx: Tx, runId: string, limit: number): Promise<Difference[]> {
    return tx.query<Difference>('SELECT key, kind, detail, waived FROM difference WHERE run_id = $1 ORDER BY waived, key LIMIT $2', [
      runId,
      limit,
    ]);
  }

  async differentKeys(tx: Tx, migrationId: string, range: KeyRange): Promise<Set<string>> {
    const rows = await tx.query<{ key: string }>(
      `SELECT DISTINCT key FROM difference WHERE migration_id = $1 AND kind IN ('content', 'size', 'properties') AND NOT waived
       AND ($2::text IS NULL OR key > $2) AND ($3::text IS NULL OR key <= $3)`,
      [migrationId, range.after ?? null, range.through ?? null],
    );
    return new Set(rows.map((row) => row.key));
  }

  async forgetMigration(tx: Tx, migrationId: string): Promise<void> {
    await tx.query('DELETE FROM shard_digest WHERE run_id IN (SELECT run_id FROM run WHERE migration_id = $1)', [migrationId]);
  }

  async tidy(tx: Tx, run: Pick<Run, 'runId' | 'migrationId' | 'phase'>): Promise<void> {
    await tx.query('DELETE FROM shard_digest WHERE run_id = $1', [run.runId]);
    // Only a verification outdates what an earlier one has found.
    if (run.phase !== 'cutover') return;
    await tx.query('DELETE FROM difference WHERE migration_id = $1 AND run_id <> $2', [run.migrationId, run.runId]);
  }
}
