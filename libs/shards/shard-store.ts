import type { SqlExecutor } from '@smartant/platform/postgres';
import { leaseLost } from './lease-errors';
import type { Checkpoint, Claim, Json, RunSignal, ShardError } from './shard';
import { ShardRuns } from './shard-runs';
import { BEAT_SQL, CHECKPOINT_SQL, CLAIM_SQL, COMPLETE_SQL, RENEW_SQL, WATCH_SQL, toClaim, type ClaimRow } from './shard-sql';

/** One shard in so many is claimed for the run that has waited longest, so that no priority starves. */
const PATIENT_EVERY = 8;

/** Runs inside the transaction of a checkpoint or completion: what it writes stands or falls with it. */
export type WithinTransaction = (tx: SqlExecutor) => Promise<void>;

/**
 * Shards in Postgres. A claim is committed before its effect; no row lock is held between calls. Each write of a holder
 * names the epoch of its claim and raises SHARD_LEASE_LOST when it is stale, or when the run has ended. Everything that is
 * acknowledged to a holder is a transaction, also where one statement would do: a guarded database counts those, and knows by them
 * what a failover or restore took back.
 */
export class ShardStore extends ShardRuns {
  private claimed = 0;
  private patientAt = PATIENT_EVERY;

  /**
   * Claims up to `count` shards that may be worked on, in one committed statement. Workspaces that hold least go first, in
   * each the highest priority, of equal ones the migration that holds least; every eighth shard is one of the run that has
   * waited longest. Fewer than `count` may be resolved although there are more: only none at all means that none was free.
   */
  async claim(workerId: string, count = 1): Promise<Claim[]> {
    const patient = this.claimed + count >= this.patientAt;
    const values = [workerId, this.leaseMs, count, patient, this.writeDeadlineMs];
    const rows = await this.database.transaction((tx) => tx.query<ClaimRow>(CLAIM_SQL, values));
    this.claimed += rows.length;
    if (patient && rows.length > 0) this.patientAt = this.claimed + PATIENT_EVERY;
    return rows.map(toClaim);
  }

  /** Renews leases; resolves with the ids of the shards that are still held. */
  async renew(claims: readonly Claim[]): Promise<Set<string>> {
    const values = [claims.map((claim) => claim.shardId), claims.map((claim) => claim.epoch), this.leaseMs, this.fenced];
    const rows = await this.database.transaction((tx) => tx.query<{ shard_id: string }>(RENEW_SQL, values));
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
  async mayLandLate(claim: Claim, within?: SqlExecutor): Promise<void> {
    const work = (tx: SqlExecutor) =>
      tx.query(
        `INSERT INTO shard_zombie (migration_id, shard_id, epoch, until)
       VALUES ($1, $2, $3, clock_timestamp() + make_interval(secs => $4::float8 / 1000))`,
        [claim.migrationId, claim.shardId, claim.epoch, this.writeDeadlineMs],
      );
    await (within ? work(within) : this.database.transaction(work));
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
   * Where the last checkpoint of a held shard stands: tells its holder whether one went through whose answer was lost. Waits for one that
   * is under way. Raises SHARD_LEASE_LOST when stale.
   */
  async position(claim: Claim): Promise<Json> {
    return this.database.transaction(async (tx) => {
      await this.assertHeld(tx, claim);
      const [row] = await tx.query<{ position: Json }>('SELECT position FROM shard WHERE shard_id = $1', [claim.shardId]);
      return row?.position ?? null;
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
    const assignments = `state = 'pending', lease_until = NULL, attempts = attempts + 1, last_error = $3,
      failing_since = coalesce(failing_since, clock_timestamp()),
      not_before = clock_timestamp() + make_interval(secs => $4::float8 / 1000)`;
    await this.database.transaction((tx) => this.writeHeld(tx, claim, assignments, [JSON.stringify(error), delayMs]));
  }

  /** Hands the shard back as it is, to be claimed at once. */
  async release(claim: Claim): Promise<void> {
    await this.database.transaction((tx) => this.writeHeld(tx, claim, `state = 'pending', lease_until = NULL`, []));
  }

  /**
   * Hands back a shard whose lease ran out in the hands of a worker that is alive, so that it does not count as the death of
   * one. What was in flight when it ran out may land late. Nothing happens when another worker has it by now.
   */
  async giveUp(claim: Claim): Promise<void> {
    await this.database.transaction(async (tx) => {
      const rows = await tx.query(
        `UPDATE shard SET state = 'pending', lease_until = NULL WHERE shard_id = $1 AND epoch = $2 AND state = 'leased' RETURNING shard_id`,
        [claim.shardId, claim.epoch],
      );
      if (rows.length > 0 && claim.writes) await this.mayLandLate(claim, tx);
    });
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
