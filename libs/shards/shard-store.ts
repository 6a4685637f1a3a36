import { newId } from '@smartant/kernel';
import type { Database, SqlExecutor } from '@smartant/platform/postgres';
import { leaseLost } from './lease-errors';
import type { LedgerCounters } from './ledger';
import type {
  AddShardsOptions,
  Checkpoint,
  Claim,
  Json,
  NewShard,
  NewShardRun,
  RunSignal,
  RunState,
  RunSummary,
  ShardError,
} from './shard';
import {
  ADD_SHARDS_SQL,
  BEAT_SQL,
  CANCEL_SQL,
  CHECKPOINT_SQL,
  CLAIM_SQL,
  COMPLETE_SQL,
  RENEW_SQL,
  WATCH_SQL,
  toClaim,
  type ClaimRow,
} from './shard-sql';

export interface ShardStoreOptions {
  /** How long a claim holds without a renewal, on the database's clock. A dead worker's shards are taken over after it. */
  leaseMs?: number;
  /**
   * How long one request to a target may last at most, in milliseconds: what a holder sent just before it lost its lease
   * may land until then. Two minutes when absent.
   */
  writeDeadlineMs?: number;
  /**
   * `off` lets stale holders write, to prove that tests notice: nothing that is shipped may set it, and no configuration
   * does.
   */
  fencing?: 'on' | 'off';
}

/** One shard in so many is claimed for the run that has waited longest, so that no priority starves. */
const PATIENT_EVERY = 8;

/** Runs inside the transaction of a checkpoint or completion: what it writes stands or falls with it. */
export type WithinTransaction = (tx: SqlExecutor) => Promise<void>;

/**
 * Shards in Postgres. A claim is committed before its effect; no row lock is held between calls. Each write of a holder
 * names the epoch of its claim and raises SHARD_LEASE_LOST when it is stale, or when the run has ended.
 */
export class ShardStore {
  readonly leaseMs: number;
  readonly writeDeadlineMs: number;
  readonly fenced: boolean;
  private claimed = 0;
  private patientAt = PATIENT_EVERY;

  constructor(
    private readonly database: Pick<Database, 'query' | 'transaction'>,
    options: ShardStoreOptions = {},
  ) {
    this.leaseMs = options.leaseMs ?? 9_000;
    this.writeDeadlineMs = options.writeDeadlineMs ?? 120_000;
    this.fenced = options.fencing !== 'off';
  }

  /** Adds a run, active and without shards. Raises a unique violation when it is there. */
  async addRun(tx: SqlExecutor, run: NewShardRun): Promise<void> {
    await tx.query('INSERT INTO shard_run (run_id, migration_id, workspace_id, priority, settings) VALUES ($1, $2, $3, $4, $5)', [
      run.runId,
      run.migrationId,
      run.workspaceId,
      run.priority ?? 5,
      JSON.stringify(run.settings),
    ]);
  }

  /** Adds shards that can be claimed once the transaction commits, or later as `options` says. */
  async addShards(tx: SqlExecutor, runId: string, shards: NewShard[], options: AddShardsOptions = {}): Promise<void> {
    await this.insertShards(tx, runId, shards, options);
  }

  /** Holders hear of it within about a second. `ended` also cancels every shard that is not done, which fences their holders at once. */
  async setRunState(tx: SqlExecutor, runId: string, state: RunState): Promise<void> {
    await tx.query(
      `UPDATE shard_run SET state = $2, ended_at = CASE WHEN $2 = 'ended' THEN clock_timestamp() END WHERE run_id = $1 AND state <> 'ended'`,
      [runId, state],
    );
    if (state === 'ended') await this.cancelShards(tx, runId);
  }

  async setSettings(tx: SqlExecutor, runId: string, settings: Json): Promise<void> {
    await tx.query('UPDATE shard_run SET settings = $2 WHERE run_id = $1', [runId, JSON.stringify(settings)]);
  }

  /** 1 (low) … 9 (high), for claims from now on. */
  async setPriority(tx: SqlExecutor, runId: string, priority: number): Promise<void> {
    await tx.query('UPDATE shard_run SET priority = $2 WHERE run_id = $1', [runId, priority]);
  }

  /** Nothing of the run is claimed before this moment of the database's clock; null: at any time. What is held stays held. */
  async setOpensAt(tx: SqlExecutor, runId: string, opensAt: Date | null): Promise<void> {
    await tx.query('UPDATE shard_run SET opens_at = $2 WHERE run_id = $1', [runId, opensAt]);
  }

  /** Removes every shard that is not done; their holders lose their leases. */
  async cancelShards(tx: SqlExecutor, runId: string): Promise<void> {
    // A statement of its own: what another transaction adds while the lock is waited for is seen only by a later snapshot.
    await this.lockRun(tx, runId);
    await tx.query(CANCEL_SQL, [runId, this.writeDeadlineMs]);
  }

  /** Locks the run against other changes of its shards until the transaction ends. */
  async lockRun(tx: SqlExecutor, runId: string): Promise<void> {
    await tx.query('SELECT 1 FROM shard_run WHERE run_id = $1 FOR UPDATE', [runId]);
  }

  /**
   * Claims up to `count` shards that may be worked on, in one committed statement. Workspaces that hold least go first, in
   * each the highest priority, of equal ones the migration that holds least; every eighth shard is one of the run that has
   * waited longest. Fewer than `count` may be resolved although there are more: only none at all means that none was free.
   */
  async claim(workerId: string, count = 1): Promise<Claim[]> {
    const patient = this.claimed + count >= this.patientAt;
    const rows = await this.database.query<ClaimRow>(CLAIM_SQL, [workerId, this.leaseMs, count, patient, this.writeDeadlineMs]);
    this.claimed += rows.length;
    if (patient && rows.length > 0) this.patientAt = this.claimed + PATIENT_EVERY;
    return rows.map(toClaim);
  }

  /** Renews leases; resolves with the ids of the shards that are still held. */
  async renew(claims: readonly Claim[]): Promise<Set<string>> {
    const rows = await this.database.query<{ shard_id: string }>(RENEW_SQL, [
      claims.map((claim) => claim.shardId),
      claims.map((claim) => claim.epoch),
      this.leaseMs,
      this.fenced,
    ]);
    return new Set(rows.map((row) => row.shard_id));
  }

  /** State, settings and number of workers of runs. Runs that are gone are absent. */
  async watch(runIds: readonly string[]): Promise<RunSignal[]> {
    return this.database.query<RunSignal>(WATCH_SQL, [runIds]);
  }

  /** Tells of a process that is alive, and of how much more it could hold. */
  async beat(workerId: string, slots: number, held: number): Promise<void> {
    await this.database.query(BEAT_SQL, [workerId, slots, held]);
  }

  /** The process stops: its slots are no longer there. */
  async leave(workerId: string): Promise<void> {
    await this.database.query('DELETE FROM shard_worker WHERE worker_id = $1', [workerId]);
  }

  /**
   * Records that a write to the target may still land although its outcome was never heard, until a write deadline from
   * now. To be awaited before the shard goes on: what verifies the target waits for it.
   */
  async mayLandLate(claim: Claim, tx: SqlExecutor = this.database): Promise<void> {
    await tx.query(
      `INSERT INTO shard_zombie (migration_id, shard_id, epoch, until)
       VALUES ($1, $2, $3, clock_timestamp() + make_interval(secs => $4::float8 / 1000))`,
      [claim.migrationId, claim.shardId, claim.epoch, this.writeDeadlineMs],
    );
  }

  /** The last moment at which a stale write could land at a migration's target; null when none is known of. */
  async zombieHorizon(tx: SqlExecutor, migrationId: string): Promise<Date | null> {
    const [row] = await tx.query<{ until: Date | null }>('SELECT max(until) AS until FROM shard_zombie WHERE migration_id = $1', [
      migrationId,
    ]);
    return row?.until ?? null;
  }

  /** Writes a checkpoint, renews the lease and adds the ledger to the run, in one transaction. */
  async checkpoint(claim: Claim, checkpoint: Checkpoint, also?: WithinTransaction): Promise<void> {
    await this.database.transaction(async (tx) => {
      const { position, ledger } = checkpoint;
      const { shardId, epoch, runId } = claim;
      const values = [shardId, epoch, runId, JSON.stringify(position), JSON.stringify(ledger), this.leaseMs, this.fenced];
      const [row] = await tx.query<{ held: boolean }>(CHECKPOINT_SQL, values);
      if (!row?.held && this.fenced) throw leaseLost(shardId);
      await also?.(tx);
    });
  }

  /**
   * Files the shard as finished, with its last ledger. `onLast` runs in the same transaction when no other shard of the run
   * is left: it adds the shards of the next stage, or ends the run. Exactly one completion of a stage gets to run it.
   */
  async complete(claim: Claim, checkpoint: Checkpoint, steps: { also?: WithinTransaction; onLast: WithinTransaction }): Promise<void> {
    await this.database.transaction(async (tx) => {
      const values = [claim.shardId, claim.epoch, claim.runId, JSON.stringify(checkpoint.ledger), this.fenced];
      const [row] = await tx.query<{ open: number | null }>(COMPLETE_SQL, values);
      const open = row?.open ?? null;
      if (open === null && this.fenced) throw leaseLost(claim.shardId);
      await steps.also?.(tx);
      if (open !== null && open <= 0) await steps.onLast(tx);
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
      const [held] = await this.writeHeld(tx, claim, 'range = $3, splits = splits + 1', [JSON.stringify(keep)]);
      // Sorts after this shard and before what was split from it earlier, which lies behind this rest.
      const path = [...(held?.path ?? []), -(held?.splits ?? 1)];
      const shard = { kind: claim.kind, ordinal: claim.ordinal, path, range: rest, writes: claim.writes };
      await this.insertShards(tx, claim.runId, [shard], {});
    });
  }

  /** Raises SHARD_LEASE_LOST unless the claim still holds; keeps it from changing hands until the transaction ends. */
  async assertHeld(tx: SqlExecutor, claim: Claim): Promise<void> {
    const rows = await tx.query(`SELECT 1 FROM shard WHERE shard_id = $1 AND epoch = $2 AND state = 'leased' FOR SHARE`, [
      claim.shardId,
      claim.epoch,
    ]);
    if (rows.length === 0 && this.fenced) throw leaseLost(claim.shardId);
  }

  /** Null when there is no such run. */
  async summary(runId: string, tx: SqlExecutor = this.database): Promise<RunSummary | null> {
    const [row] = await tx.query<RunSummary>(
      `SELECT run_id AS "runId", state, ledger, shards_open + shards_done AS "shardsTotal", shards_done AS "shardsDone"
       FROM shard_run WHERE run_id = $1`,
      [runId],
    );
    return row ?? null;
  }

  /** Ranges and ledgers of the finished shards of one kind, in the order of their ranges also where shards were split. */
  async finished(tx: SqlExecutor, runId: string, kind: string): Promise<{ shardId: string; range: Json; ledger: LedgerCounters }[]> {
    return tx.query(
      `SELECT shard_id AS "shardId", range, ledger FROM finished_shard WHERE run_id = $1 AND kind = $2 ORDER BY ordinal, path`,
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
    await tx.query(
      `DELETE FROM shard WHERE run_id IN (SELECT run_id FROM shard_run WHERE migration_id = $1) AND (state = 'pending' OR state = 'leased')`,
      [migrationId],
    );
    await tx.query('DELETE FROM shard_run WHERE migration_id = $1', [migrationId]);
    await tx.query('DELETE FROM shard_zombie WHERE migration_id = $1', [migrationId]);
  }

  private async insertShards(tx: SqlExecutor, runId: string, shards: (NewShard & { path?: number[] })[], options: AddShardsOptions) {
    const rows = shards.map((shard) => ({ ...shard, id: newId('shd') }));
    await tx.query(ADD_SHARDS_SQL, [runId, JSON.stringify(rows), rows.length, options.afterZombies ?? false]);
  }

  private async writeHeld(
    tx: SqlExecutor,
    claim: Claim,
    assignments: string,
    params: unknown[],
  ): Promise<{ path: number[]; splits: number }[]> {
    const fence = this.fenced ? `epoch = $2 AND state = 'leased'` : '$2::integer IS NOT NULL';
    const rows = await tx.query<{ path: number[]; splits: number }>(
      `UPDATE shard SET ${assignments} WHERE shard_id = $1 AND ${fence} RETURNING path, splits`,
      [claim.shardId, claim.epoch, ...params],
    );
    if (rows.length === 0 && this.fenced) throw leaseLost(claim.shardId);
    return rows;
  }
}
