import { newId } from '@smartant/kernel';
import type { Database, SqlExecutor } from '@smartant/platform/postgres';
import { leaseLost } from './lease-errors';
import type { LedgerCounters } from './ledger';
import type { Checkpoint, Claim, Json, NewShard, NewShardRun, RunSignal, RunState, RunSummary, ShardError } from './shard';
import { CLAIM_SQL, RENEW_SQL, WATCH_SQL, toClaim, type ClaimRow } from './shard-sql';

export interface ShardStoreOptions {
  /** How long a claim holds without a renewal, on the database's clock. A dead worker's shards are taken over after it. */
  leaseMs?: number;
}

/** Runs inside the transaction of a checkpoint or completion: what it writes stands or falls with it. */
export type WithinTransaction = (tx: SqlExecutor) => Promise<void>;

/**
 * Shards in Postgres. A claim is committed before its effect; no row lock is held between calls. Each write of a holder
 * names the epoch of its claim and raises SHARD_LEASE_LOST when it is stale, or when the run has ended.
 */
export class ShardStore {
  readonly leaseMs: number;

  constructor(
    private readonly database: Pick<Database, 'query' | 'transaction'>,
    options: ShardStoreOptions = {},
  ) {
    this.leaseMs = options.leaseMs ?? 9_000;
  }

  /** Adds a run, active and without shards. Raises a unique violation when it is there. */
  async addRun(tx: SqlExecutor, run: NewShardRun): Promise<void> {
    await tx.query('INSERT INTO shard_run (run_id, migration_id, settings) VALUES ($1, $2, $3)', [
      run.runId,
      run.migrationId,
      JSON.stringify(run.settings),
    ]);
  }

  /** Adds shards that can be claimed once the transaction commits. */
  async addShards(tx: SqlExecutor, runId: string, shards: NewShard[]): Promise<void> {
    const rows = shards.map((shard) => ({ id: newId('shd'), kind: shard.kind, ordinal: shard.ordinal, range: shard.range }));
    await tx.query(
      `INSERT INTO shard (shard_id, run_id, migration_id, kind, ordinal, range)
       SELECT row.id, run.run_id, run.migration_id, row.kind, row.ordinal, coalesce(row.range, 'null')
       FROM shard_run AS run, jsonb_to_recordset($2::jsonb) AS row (id text, kind text, ordinal integer, range jsonb)
       WHERE run.run_id = $1`,
      [runId, JSON.stringify(rows)],
    );
  }

  /** Holders hear of it within about a second. `ended` also cancels every shard that is not done, which fences their holders at once. */
  async setRunState(tx: SqlExecutor, runId: string, state: RunState): Promise<void> {
    await tx.query(`UPDATE shard_run SET state = $2 WHERE run_id = $1 AND state <> 'ended'`, [runId, state]);
    if (state === 'ended') await this.cancelShards(tx, runId);
  }

  async setSettings(tx: SqlExecutor, runId: string, settings: Json): Promise<void> {
    await tx.query('UPDATE shard_run SET settings = $2 WHERE run_id = $1', [runId, JSON.stringify(settings)]);
  }

  /** Cancels every shard that is not done; their holders lose their leases. */
  async cancelShards(tx: SqlExecutor, runId: string): Promise<void> {
    await tx.query(
      `UPDATE shard SET state = 'cancelled', lease_until = NULL, finished_at = clock_timestamp()
       WHERE run_id = $1 AND state IN ('pending', 'leased')`,
      [runId],
    );
  }

  /** Locks the run against other changes of its shards until the transaction ends. */
  async lockRun(tx: SqlExecutor, runId: string): Promise<void> {
    await tx.query('SELECT 1 FROM shard_run WHERE run_id = $1 FOR UPDATE', [runId]);
  }

  /** The next shard that may be worked on, or null. Migrations with fewer held shards go first. */
  async claim(workerId: string): Promise<Claim | null> {
    const [row] = await this.database.query<ClaimRow>(CLAIM_SQL, [workerId, this.leaseMs]);
    return row ? toClaim(row) : null;
  }

  /** Renews leases; resolves with the ids of the shards that are still held. */
  async renew(claims: readonly Claim[]): Promise<Set<string>> {
    const rows = await this.database.query<{ shard_id: string }>(RENEW_SQL, [
      claims.map((claim) => claim.shardId),
      claims.map((claim) => claim.epoch),
      this.leaseMs,
    ]);
    return new Set(rows.map((row) => row.shard_id));
  }

  /** State, settings and number of workers of runs. Runs that are gone are absent. */
  async watch(runIds: readonly string[]): Promise<RunSignal[]> {
    return this.database.query<RunSignal>(WATCH_SQL, [runIds]);
  }

  /** Writes a checkpoint, renews the lease and adds the ledger to the run, in one transaction. */
  async checkpoint(claim: Claim, checkpoint: Checkpoint, also?: WithinTransaction): Promise<void> {
    await this.database.transaction(async (tx) => {
      await this.addToRun(tx, claim, checkpoint.ledger);
      await this.writeHeld(
        tx,
        claim,
        `position = $3, ledger = ledger_sum(ledger, $4), attempts = 0, failing_since = NULL,
         lease_until = clock_timestamp() + make_interval(secs => $5::float8 / 1000)`,
        [JSON.stringify(checkpoint.position), JSON.stringify(checkpoint.ledger), this.leaseMs],
      );
      await also?.(tx);
    });
  }

  /**
   * Marks the shard done, with its last checkpoint. `onLast` runs in the same transaction when no other shard of the run
   * is left: it adds the shards of the next stage, or ends the run. Exactly one completion of a stage gets to run it.
   */
  async complete(claim: Claim, checkpoint: Checkpoint, steps: { also?: WithinTransaction; onLast: WithinTransaction }): Promise<void> {
    await this.database.transaction(async (tx) => {
      await this.addToRun(tx, claim, checkpoint.ledger);
      await this.writeHeld(
        tx,
        claim,
        `position = $3, ledger = ledger_sum(ledger, $4), state = 'done', lease_until = NULL, finished_at = clock_timestamp()`,
        [JSON.stringify(checkpoint.position), JSON.stringify(checkpoint.ledger)],
      );
      await steps.also?.(tx);
      const left = await tx.query(`SELECT 1 FROM shard WHERE run_id = $1 AND state IN ('pending', 'leased') LIMIT 1`, [claim.runId]);
      if (left.length === 0) await steps.onLast(tx);
    });
  }

  /** Hands the shard back to be tried again after `delayMs`, from its last checkpoint. */
  async fail(claim: Claim, error: ShardError, delayMs: number): Promise<void> {
    await this.writeHeld(
      this.database,
      claim,
      `state = 'pending', lease_until = NULL, attempts = attempts + 1, last_error = $3,
       failing_since = coalesce(failing_since, clock_timestamp()),
       not_before = clock_timestamp() + make_interval(secs => $4::float8 / 1000)`,
      [JSON.stringify(error), delayMs],
    );
  }

  /** Hands the shard back as it is, to be claimed at once. */
  async release(claim: Claim): Promise<void> {
    await this.writeHeld(this.database, claim, `state = 'pending', lease_until = NULL`, []);
  }

  /** Narrows a held shard to `keep` and adds a shard of the same kind for `rest`, so that another worker can help. */
  async split(claim: Claim, keep: Json, rest: Json): Promise<void> {
    await this.database.transaction(async (tx) => {
      await this.lockRun(tx, claim.runId);
      await this.writeHeld(tx, claim, 'range = $3', [JSON.stringify(keep)]);
      await this.addShards(tx, claim.runId, [{ kind: claim.kind, ordinal: claim.ordinal, range: rest }]);
    });
  }

  /** Raises SHARD_LEASE_LOST unless the claim still holds; keeps it from changing hands until the transaction ends. */
  async assertHeld(tx: SqlExecutor, claim: Claim): Promise<void> {
    const rows = await tx.query(`SELECT 1 FROM shard WHERE shard_id = $1 AND epoch = $2 AND state = 'leased' FOR SHARE`, [
      claim.shardId,
      claim.epoch,
    ]);
    if (rows.length === 0) throw leaseLost(claim.shardId);
  }

  /** Null when there is no such run. */
  async summary(runId: string, tx: SqlExecutor = this.database): Promise<RunSummary | null> {
    const [row] = await tx.query<RunSummary>(
      `SELECT run_id AS "runId", state, ledger,
              (SELECT count(*)::int FROM shard WHERE shard.run_id = run.run_id AND state <> 'cancelled') AS "shardsTotal",
              (SELECT count(*)::int FROM shard WHERE shard.run_id = run.run_id AND state = 'done') AS "shardsDone"
       FROM shard_run AS run WHERE run_id = $1`,
      [runId],
    );
    return row ?? null;
  }

  /** Ranges and ledgers of the finished shards of one kind, in order. */
  async finished(tx: SqlExecutor, runId: string, kind: string): Promise<{ shardId: string; range: Json; ledger: LedgerCounters }[]> {
    return tx.query(
      `SELECT shard_id AS "shardId", range, ledger FROM shard WHERE run_id = $1 AND kind = $2 AND state = 'done' ORDER BY ordinal, created_at`,
      [runId, kind],
    );
  }

  /** Shards that wait for a worker now. */
  async pendingShards(runId?: string): Promise<number> {
    const [row] = await this.database.query<{ pending: number }>(
      `SELECT count(*)::int AS pending FROM shard JOIN shard_run USING (run_id)
       WHERE shard.state = 'pending' AND shard_run.state = 'active' AND ($1::text IS NULL OR run_id = $1)`,
      [runId ?? null],
    );
    return row?.pending ?? 0;
  }

  /** Forgets a migration's runs and shards. */
  async forgetMigration(tx: SqlExecutor, migrationId: string): Promise<void> {
    await tx.query('DELETE FROM shard_run WHERE migration_id = $1', [migrationId]);
  }

  private async addToRun(tx: SqlExecutor, claim: Claim, ledger: LedgerCounters): Promise<void> {
    await tx.query('UPDATE shard_run SET ledger = ledger_sum(ledger, $2) WHERE run_id = $1', [claim.runId, JSON.stringify(ledger)]);
  }

  private async writeHeld(tx: SqlExecutor, claim: Claim, assignments: string, params: unknown[]): Promise<void> {
    const rows = await tx.query(
      `UPDATE shard SET ${assignments} WHERE shard_id = $1 AND epoch = $2 AND state = 'leased' RETURNING shard_id`,
      [claim.shardId, claim.epoch, ...params],
    );
    if (rows.length === 0) throw leaseLost(claim.shardId);
  }
}
