import type { SqlExecutor } from '@smartant/platform/postgres';
import type { Claim, MigrationStore } from '../../application/ports/unit-of-work';
import { isAtRest, type DrivenMigration } from '../../domain/migration/driven-migration';
import type { MigrationSpec } from '../../domain/migration/migration-spec';

/** What states that an earlier version stored do not have. */
type LaterField = 'stuck' | 'revalidatedFor';

interface Row {
  spec: MigrationSpec;
  state: Omit<DrivenMigration, 'spec' | LaterField> & Partial<Pick<DrivenMigration, LaterField>>;
}

interface ClaimRow extends Row {
  revision: string;
  failures: number;
  now_ms: number;
}

/** The columns of a stored state, for `SET` with parameters $1 to $6; the specification only when it changed. */
const SET_STATE =
  'phase = $1, status = $2, run_id = $3, at_rest = $4, state = $5, spec = COALESCE($6::json, spec), revision = revision + 1';
const AFTER_MS = (parameter: string) => `clock_timestamp() + ${parameter}::float8 * interval '1 millisecond'`;

/** Migrations and the claims on them, in plain SQL: this is the scheduler's hot path. All times are the database's. */
export class MigrationRows implements MigrationStore {
  constructor(private readonly sql: SqlExecutor) {}

  async insert(migration: DrivenMigration): Promise<void> {
    const { id, workspaceId, spec } = migration;
    await this.sql.query(
      `INSERT INTO migration (phase, status, run_id, at_rest, state, spec, id, workspace_id, source_endpoint_id, target_endpoint_id, due_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, clock_timestamp())`,
      [...stateColumns(migration), JSON.stringify(spec), id, workspaceId, spec.sourceEndpointId, spec.targetEndpointId],
    );
    await this.keepRun(migration);
  }

  /** Idempotent: a run's epoch never changes. */
  private async keepRun({ runId, id, epoch }: DrivenMigration): Promise<void> {
    if (runId === null) return;
    await this.sql.query('INSERT INTO run (id, migration_id, epoch) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [runId, id, epoch]);
  }

  async find(workspaceId: string, id: string): Promise<DrivenMigration | null> {
    return first(await this.sql.query<Row>('SELECT spec, state FROM migration WHERE id = $1 AND workspace_id = $2', [id, workspaceId]));
  }

  async lock(workspaceId: string, id: string): Promise<DrivenMigration | null> {
    return first(
      await this.sql.query<Row>('SELECT spec, state FROM migration WHERE id = $1 AND workspace_id = $2 FOR UPDATE', [id, workspaceId]),
    );
  }

  async update(migration: DrivenMigration): Promise<void> {
    await this.sql.query(`UPDATE migration SET ${SET_STATE}, due_at = clock_timestamp(), failures = 0 WHERE id = $7`, [
      ...stateColumns(migration),
      JSON.stringify(migration.spec),
      migration.id,
    ]);
    await this.keepRun(migration);
  }

  async page(workspaceId: string, beforeId: string | null, limit: number): Promise<DrivenMigration[]> {
    const rows = await this.sql.query<Row>(
      'SELECT spec, state FROM migration WHERE workspace_id = $1 AND ($2::text IS NULL OR id < $2) ORDER BY id DESC LIMIT $3',
      [workspaceId, beforeId, limit],
    );
    return rows.map(toMigration);
  }

  async findByRun(runId: string): Promise<{ migration: DrivenMigration; epoch: number } | null> {
    const [row] = await this.sql.query<Row & { epoch: string }>(
      'SELECT m.spec, m.state, r.epoch FROM run r JOIN migration m ON m.id = r.migration_id WHERE r.id = $1',
      [runId],
    );
    return row ? { migration: toMigration(row), epoch: Number(row.epoch) } : null;
  }

  async activeUserOf(endpointId: string): Promise<string | null> {
    const [row] = await this.sql.query<{ id: string }>(
      'SELECT id FROM migration WHERE NOT at_rest AND (source_endpoint_id = $1 OR target_endpoint_id = $1) LIMIT 1',
      [endpointId],
    );
    return row?.id ?? null;
  }

  async claim(token: string, claimMs: number, limit: number): Promise<Claim[]> {
    const rows = await this.sql.query<ClaimRow>(
      `UPDATE migration SET claim_token = $1, claimed_until = ${AFTER_MS('$2')}
       WHERE id IN (
         SELECT id FROM migration
         WHERE due_at <= clock_timestamp() AND (claimed_until IS NULL OR claimed_until <= clock_timestamp())
         ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
       RETURNING spec, state, revision, failures, (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms`,
      [token, claimMs, limit],
    );
    return rows.map((row) => ({
      migration: toMigration(row),
      token,
      revision: Number(row.revision),
      failures: row.failures,
      nowMs: Math.round(row.now_ms),
    }));
  }

  async renew(claim: Claim, claimMs: number): Promise<'kept' | 'changed' | 'lost'> {
    const [row] = await this.sql.query<{ revision: string }>(
      `UPDATE migration SET claimed_until = ${AFTER_MS('$3')} WHERE id = $1 AND claim_token = $2 RETURNING revision`,
      [claim.migration.id, claim.token, claimMs],
    );
    if (!row) return 'lost';
    return Number(row.revision) === claim.revision ? 'kept' : 'changed';
  }

  async settle(claim: Claim, migration: DrivenMigration, dueInMs: number | null): Promise<boolean> {
    const spec = migration.spec === claim.migration.spec ? null : JSON.stringify(migration.spec);
    const rows = await this.sql.query(
      `UPDATE migration SET ${SET_STATE}, claim_token = NULL, claimed_until = NULL, failures = 0,
         due_at = CASE WHEN $10::float8 IS NULL THEN NULL ELSE ${AFTER_MS('$10')} END
       WHERE id = $7 AND claim_token = $8 AND revision = $9 RETURNING id`,
      [...stateColumns(migration), spec, migration.id, claim.token, claim.revision, dueInMs],
    );
    if (rows.length > 0 && migration.runId !== claim.migration.runId) await this.keepRun(migration);
    return rows.length > 0;
  }

  async release(claim: Claim, dueInMs: number): Promise<void> {
    await this.sql.query(
      `UPDATE migration SET claim_token = NULL, claimed_until = NULL,
         failures = CASE WHEN revision = $3 THEN failures + 1 ELSE 0 END,
         due_at = CASE WHEN revision = $3 THEN ${AFTER_MS('$4')} ELSE clock_timestamp() END
       WHERE id = $1 AND claim_token = $2`,
      [claim.migration.id, claim.token, claim.revision, dueInMs],
    );
  }

  async abandon(claim: Claim): Promise<void> {
    await this.sql.query('UPDATE migration SET claim_token = NULL, claimed_until = NULL WHERE id = $1 AND claim_token = $2', [
      claim.migration.id,
      claim.token,
    ]);
  }

  async delete(claim: Claim): Promise<boolean> {
    const { migration, token, revision } = claim;
    const sql = 'DELETE FROM migration WHERE id = $1 AND claim_token = $2 AND revision = $3 RETURNING id';
    return (await this.sql.query(sql, [migration.id, token, revision])).length > 0;
  }

  async makeDue(id: string, runId: string): Promise<void> {
    await this.sql.query('UPDATE migration SET due_at = clock_timestamp() WHERE id = $1 AND run_id = $2 AND due_at > clock_timestamp()', [
      id,
      runId,
    ]);
  }

  async nextDueInMs(): Promise<number | null> {
    const [row] = await this.sql.query<{ in_ms: number | null }>(
      `SELECT (extract(epoch FROM min(greatest(due_at, claimed_until)) - clock_timestamp()) * 1000)::float8 AS in_ms
       FROM migration WHERE due_at IS NOT NULL`,
    );
    return row === undefined || row.in_ms === null ? null : Math.max(0, row.in_ms);
  }

  async census(): Promise<{ phase: string; status: string; count: number }[]> {
    return this.sql.query('SELECT phase, status, count(*)::int AS count FROM migration GROUP BY phase, status');
  }
}

function stateColumns(migration: DrivenMigration): unknown[] {
  const { spec: _spec, ...state } = migration;
  return [migration.phase, migration.status, migration.runId, isAtRest(migration), JSON.stringify(state)];
}

function toMigration(row: Row): DrivenMigration {
  return { stuck: null, revalidatedFor: null, ...row.state, spec: row.spec };
}

function first(rows: Row[]): DrivenMigration | null {
  return rows[0] ? toMigration(rows[0]) : null;
}
