import type { StateStore } from '../../stages';
import type { Tx } from '../../stores';

/** Table `migration_state` of `STAGE_TABLES`. */
export class StateRows implements StateStore {
  async takeHold(tx: Tx, migrationId: string, leavesSomething: boolean): Promise<number> {
    const [row] = await tx.query<{ epoch: number }>(
      `INSERT INTO migration_state (migration_id, holder_epoch, leaves_something)
       VALUES ($1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint, $2)
       ON CONFLICT (migration_id) DO UPDATE SET leaves_something = migration_state.leaves_something OR excluded.leaves_something,
         holder_epoch = greatest(migration_state.holder_epoch + 1, excluded.holder_epoch)
       RETURNING holder_epoch::float8 AS epoch`,
      [migrationId, leavesSomething],
    );
    return row?.epoch ?? 0;
  }

  async released(tx: Tx, migrationId: string): Promise<void> {
    await tx.query('UPDATE migration_state SET leaves_something = false, release_failing_since = NULL WHERE migration_id = $1', [
      migrationId,
    ]);
  }

  async failingRelease(tx: Tx, migrationId: string): Promise<number> {
    const [row] = await tx.query<{ ms: number }>(
      `UPDATE migration_state SET release_failing_since = coalesce(release_failing_since, clock_timestamp()) WHERE migration_id = $1
       RETURNING extract(epoch FROM clock_timestamp() - release_failing_since)::float8 * 1000 AS ms`,
      [migrationId],
    );
    return row?.ms ?? 0;
  }

  async leavesSomething(tx: Tx, migrationId: string): Promise<boolean> {
    const rows = await tx.query('SELECT 1 FROM migration_state WHERE migration_id = $1 AND leaves_something', [migrationId]);
    return rows.length > 0;
  }

  async load(tx: Tx, migrationId: string): Promise<Record<string, unknown>> {
    const [row] = await tx.query<{ state: Record<string, unknown> }>('SELECT state FROM migration_state WHERE migration_id = $1', [
      migrationId,
    ]);
    return row?.state ?? {};
  }

  async loadLocked(tx: Tx, migrationId: string): Promise<Record<string, unknown>> {
    await tx.query('SELECT FROM migration_state WHERE migration_id = $1 FOR UPDATE', [migrationId]);
    return this.load(tx, migrationId);
  }

  async save(tx: Tx, migrationId: string, change: Record<string, unknown>): Promise<void> {
    await tx.query(
      `INSERT INTO migration_state (migration_id, state) VALUES ($1, $2)
       ON CONFLICT (migration_id) DO UPDATE SET state = migration_state.state || excluded.state`,
      [migrationId, JSON.stringify(change)],
    );
  }
}
