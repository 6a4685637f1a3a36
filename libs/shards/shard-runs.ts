import { newId } from '@smartant/kernel';
import type { Database, SqlExecutor } from '@smartant/platform/postgres';
import type { LedgerCounters } from './ledger';
import { NOTIFY_SQL } from './run-news';
import type { AddShardsOptions, Json, NewShard, NewShardRun, RunState, RunSummary } from './shard';
import { ShardMap } from './shard-map';
import { ADD_SHARDS_SQL, ANYONE_MAY_LAND_LATE_SQL, CANCEL_SQL, FORGET_WORKERS_SQL, FORGET_ZOMBIES_SQL, SWEEP_SQL } from './shard-sql';

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

/** Runs and their shards as a whole; what a single holder does is in `ShardStore`. */
export class ShardRuns {
  readonly leaseMs: number;
  readonly writeDeadlineMs: number;
  readonly fenced: boolean;
  /** For people who look at it. */
  readonly map: ShardMap;

  constructor(
    protected readonly database: Pick<Database, 'query' | 'transaction'>,
    options: ShardStoreOptions = {},
  ) {
    this.leaseMs = options.leaseMs ?? 9_000;
    this.writeDeadlineMs = options.writeDeadlineMs ?? 120_000;
    this.fenced = options.fencing !== 'off';
    this.map = new ShardMap(database);
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
    await this.tell(tx, runId);
  }

  async setSettings(tx: SqlExecutor, runId: string, settings: Json): Promise<void> {
    await tx.query('UPDATE shard_run SET settings = $2 WHERE run_id = $1', [runId, JSON.stringify(settings)]);
    await this.tell(tx, runId);
  }

  /** 1 (low) … 9 (high), for claims from now on. */
  async setPriority(tx: SqlExecutor, runId: string, priority: number): Promise<void> {
    await tx.query('UPDATE shard_run SET priority = $2 WHERE run_id = $1', [runId, priority]);
  }

  /** Nothing of the run is claimed before this moment of the database's clock; null: at any time. What is held stays held. */
  async setOpensAt(tx: SqlExecutor, runId: string, opensAt: Date | null): Promise<void> {
    await tx.query('UPDATE shard_run SET opens_at = $2 WHERE run_id = $1', [runId, opensAt]);
    await this.tell(tx, runId);
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

  /** The last moment at which a stale write could land at a migration's target; null when none is known of. */
  async zombieHorizon(tx: SqlExecutor, migrationId: string): Promise<Date | null> {
    const [row] = await tx.query<{ until: Date | null }>(`SELECT max(until) AS until FROM shard_zombie WHERE migration_id IN ($1, '')`, [
      migrationId,
    ]);
    return row?.until ?? null;
  }

  /**
   * Acknowledged claims may be gone from the tables: whoever held a shard then may write for as long as its lease and its last requests
   * last, at the target of any migration.
   */
  async anyoneMayLandLate(tx: SqlExecutor): Promise<void> {
    await tx.query(ANYONE_MAY_LAND_LATE_SQL, [2 * this.leaseMs + this.writeDeadlineMs]);
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
       WHERE shard.state = 'pending' AND shard_run.state = 'active' AND coalesce(opens_at <= clock_timestamp(), true)
         AND ($1::text IS NULL OR run_id = $1)`,
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

  /**
   * Removes finished shards of runs that ended longer ago than `retentionMs`, some thousands at a time; resolves with how
   * many, 0 when nothing is left to remove. A run's counters stay as long as its migration.
   */
  async sweep(retentionMs: number, rows = 5_000): Promise<number> {
    await this.database.query(FORGET_ZOMBIES_SQL);
    await this.database.query(FORGET_WORKERS_SQL);
    for (;;) {
      const [swept] = await this.database.query<{ removed: number; found: boolean }>(SWEEP_SQL, [retentionMs, rows]);
      if (!swept?.found || swept.removed > 0) return swept?.removed ?? 0;
    }
  }

  protected async insertShards(tx: SqlExecutor, runId: string, shards: (NewShard & { path?: number[] })[], options: AddShardsOptions) {
    const rows = shards.map((shard) => ({ ...shard, id: newId('shd') }));
    await tx.query(ADD_SHARDS_SQL, [runId, JSON.stringify(rows), rows.length, options.afterZombies ?? false]);
    await this.tell(tx, runId);
  }

  /** Tells every replica, once the transaction commits. */
  private async tell(tx: SqlExecutor, runId: string): Promise<void> {
    await tx.query(NOTIFY_SQL, [runId]);
  }
}
