import type { SqlExecutor } from '@smartant/platform/postgres';
import type { Claim, MigrationStore } from '../../application/ports/unit-of-work';
import type { MigrationCensus, MigrationFilter } from '../../application/use-cases';
import { isAtRest, type DrivenMigration } from '../../domain/migration/driven-migration';
import { emptyLedger } from '../../domain/migration/ledger';
import type { MigrationSpec } from '../../domain/migration/migration-spec';

/** What states that an earlier version stored do not have. */
type LaterField =
  | 'stuck'
  | 'revalidatedFor'
  | 'opensAt'
  | 'runWait'
  | 'stream'
  | 'frozenAt'
  | 'openedAt'
  | 'rehearsalRequested'
  | 'inventory'
  | 'prediction'
  | 'rehearsal'
  | 'boot'
  | 'caughtUpSince';

/** A state as some version of this software stored it. */
export type StoredState = Omit<DrivenMigration, 'spec' | LaterField> & Partial<Pick<DrivenMigration, LaterField>>;

interface Row {
  spec: MigrationSpec;
  state: StoredState;
}

interface ClaimRow extends Row {
  revision: string;
  failures: number;
  failing_since_ms: number | null;
  quiet_looks: number;
  now_ms: number;
  due_at_ms: number;
}

/** The columns of a stored state, for `SET` with parameters $1 to $7; the specification only when it changed. */
const SET_STATE = `phase = $1, status = $2, run_id = $3, at_rest = $4, state = $5, stuck_effect = $6, spec = COALESCE($7::json, spec),
  revision = revision + 1`;
/** What is left of a claim once a user has changed its migration. */
const OUTDATED_CLAIM_MS = 1_000;
const AFTER_MS = (parameter: string) => `clock_timestamp() + ${parameter}::float8 * interval '1 millisecond'`;
const EPOCH_MS = (time: string) => `(extract(epoch FROM ${time}) * 1000)::float8`;
/** By the time at which the statement began, which an index can be asked for. */
const CLAIMABLE = 'due_at <= statement_timestamp() AND (claimed_until IS NULL OR claimed_until <= statement_timestamp())';

/** Migrations and the claims on them, in plain SQL: this is the scheduler's hot path. All times are the database's. */
export class MigrationRows implements MigrationStore {
  constructor(private readonly sql: SqlExecutor) {}

  async insert(migration: DrivenMigration): Promise<void> {
    const { id, workspaceId, spec } = migration;
    await this.sql.query(
      `INSERT INTO migration (phase, status, run_id, at_rest, state, stuck_effect, spec, id, workspace_id, source_endpoint_id, target_endpoint_id,
         kind, name, due_at, moved_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, clock_timestamp(), clock_timestamp())`,
      [
        ...stateColumns(migration),
        JSON.stringify(spec),
        id,
        workspaceId,
        spec.sourceEndpointId,
        spec.targetEndpointId,
        spec.kind,
        // For searching alone: text holds no U+0000.
        migration.name.replaceAll('\u0000', ''),
      ],
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

  async lockActive(workspaceId: string, endpointId: string | null): Promise<DrivenMigration[]> {
    const rows = await this.sql.query<Row>(
      `SELECT spec, state FROM migration
       WHERE NOT at_rest AND workspace_id = $1 AND ($2::text IS NULL OR source_endpoint_id = $2 OR target_endpoint_id = $2)
       ORDER BY id FOR UPDATE`,
      [workspaceId, endpointId],
    );
    return rows.map(toMigration);
  }

  async update(migration: DrivenMigration): Promise<void> {
    await this.sql.query(
      `UPDATE migration SET ${SET_STATE}, due_at = clock_timestamp(), failures = 0, failing_since = NULL, quiet_looks = 0,
         moved_at = clock_timestamp(),
         claimed_until = CASE WHEN claimed_until IS NOT NULL THEN least(claimed_until, ${AFTER_MS('$9')}) END
       WHERE id = $8`,
      [...stateColumns(migration), JSON.stringify(migration.spec), migration.id, OUTDATED_CLAIM_MS],
    );
    await this.keepRun(migration);
  }

  async page(workspaceId: string, beforeId: string | null, limit: number, filter: MigrationFilter = {}): Promise<DrivenMigration[]> {
    const { phase = null, status = null, kind = null, name = null } = filter;
    // Which ones, by an index alone that has all of this; and only then their states.
    const rows = await this.sql.query<Row>(
      `SELECT spec, state FROM migration WHERE id = ANY (ARRAY(
         SELECT id FROM migration WHERE workspace_id = $1 AND ($2::text IS NULL OR id < $2)
           AND ($4::text IS NULL OR phase = $4) AND ($5::text IS NULL OR status = $5) AND ($6::text IS NULL OR kind = $6)
           AND ($7::text IS NULL OR id = $7 OR strpos(lower(name), lower($7)) > 0)
         ORDER BY id DESC LIMIT $3))
       ORDER BY id DESC`,
      [workspaceId, beforeId, limit, phase, status, kind, name],
    );
    return rows.map(toMigration);
  }

  async censusByWorkspace(workspaceId: string | null): Promise<MigrationCensus[]> {
    return this.sql.query<MigrationCensus>(
      `SELECT workspace_id AS "workspaceId", kind, phase, status, count(*)::int AS count FROM migration
       WHERE $1::text IS NULL OR workspace_id = $1 GROUP BY workspace_id, kind, phase, status ORDER BY 1, 2, 3, 4`,
      [workspaceId],
    );
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
      `WITH busy AS (
         SELECT workspace_id, count(*) AS claims FROM migration WHERE claimed_until > statement_timestamp() GROUP BY workspace_id
       ), candidate AS (
         SELECT due.id, due.due_at, coalesce(busy.claims, 0) + row_number() OVER (PARTITION BY due.workspace_id ORDER BY due.due_at) AS turn
         FROM workspace
         CROSS JOIN LATERAL (
           SELECT id, workspace_id, due_at FROM migration WHERE workspace_id = workspace.id AND ${CLAIMABLE} ORDER BY due_at LIMIT $3
         ) due
         LEFT JOIN busy ON busy.workspace_id = workspace.id
       ), chosen AS (SELECT id FROM candidate ORDER BY turn, due_at LIMIT $3)
       UPDATE migration SET claim_token = $1, claimed_until = ${AFTER_MS('$2')},
         failures = CASE WHEN claim_token IS NULL THEN failures ELSE failures + 1 END,
         failing_since = CASE WHEN claim_token IS NULL THEN failing_since ELSE coalesce(failing_since, claimed_until) END
       WHERE id IN (SELECT id FROM migration WHERE id IN (SELECT id FROM chosen) AND ${CLAIMABLE} FOR UPDATE SKIP LOCKED)
       RETURNING spec, state, revision, failures, quiet_looks, ${EPOCH_MS('failing_since')} AS failing_since_ms,
         ${EPOCH_MS('clock_timestamp()')} AS now_ms, ${EPOCH_MS('due_at')} AS due_at_ms`,
      [token, claimMs, limit],
    );
    return rows.map((row) => toClaim(row, token));
  }

  async renew(claim: Claim, claimMs: number): Promise<'kept' | 'changed' | 'lost'> {
    const [row] = await this.sql.query<{ revision: string }>(
      `UPDATE migration SET claimed_until = CASE WHEN revision = $4 THEN ${AFTER_MS('$3')} ELSE claimed_until END
       WHERE id = $1 AND claim_token = $2 RETURNING revision`,
      [claim.migration.id, claim.token, claimMs, claim.revision],
    );
    if (!row) return 'lost';
    return Number(row.revision) === claim.revision ? 'kept' : 'changed';
  }

  async settle(claim: Claim, migration: DrivenMigration, dueInMs: number | null, quietLooks = 0): Promise<boolean> {
    const spec = migration.spec === claim.migration.spec ? null : JSON.stringify(migration.spec);
    const rows = await this.sql.query(
      `UPDATE migration SET ${SET_STATE}, claim_token = NULL, claimed_until = NULL, failures = 0, failing_since = NULL,
         quiet_looks = $12, moved_at = CASE WHEN $12::int = 0 OR moved_at IS NULL THEN clock_timestamp() ELSE moved_at END,
         due_at = CASE WHEN $11::float8 IS NULL THEN NULL ELSE ${AFTER_MS('$11')} END
       WHERE id = $8 AND claim_token = $9 AND revision = $10 RETURNING id`,
      [...stateColumns(migration), spec, migration.id, claim.token, claim.revision, dueInMs, quietLooks],
    );
    if (rows.length > 0 && migration.runId !== claim.migration.runId) await this.keepRun(migration);
    return rows.length > 0;
  }

  async release(claim: Claim, dueInMs: number): Promise<void> {
    await this.sql.query(
      `UPDATE migration SET claim_token = NULL, claimed_until = NULL,
         failures = CASE WHEN revision = $3 THEN failures + 1 ELSE 0 END,
         failing_since = CASE WHEN revision = $3 THEN coalesce(failing_since, statement_timestamp()) END,
         due_at = CASE WHEN revision = $3 THEN ${AFTER_MS('$4')} ELSE clock_timestamp() END
       WHERE id = $1 AND claim_token = $2`,
      [claim.migration.id, claim.token, claim.revision, dueInMs],
    );
  }

  async releaseStuck(claim: Claim, migration: DrivenMigration, dueInMs: number): Promise<boolean> {
    const rows = await this.sql.query(
      `UPDATE migration SET ${SET_STATE}, claim_token = NULL, claimed_until = NULL, failures = failures + 1,
         failing_since = coalesce(failing_since, statement_timestamp()), due_at = ${AFTER_MS('$11')}
       WHERE id = $8 AND claim_token = $9 AND revision = $10 RETURNING id`,
      [...stateColumns(migration), null, migration.id, claim.token, claim.revision, dueInMs],
    );
    return rows.length > 0;
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
      `SELECT (extract(epoch FROM least(
         (SELECT due_at FROM migration WHERE due_at IS NOT NULL AND claimed_until IS NULL ORDER BY due_at LIMIT 1),
         (SELECT min(greatest(due_at, claimed_until)) FROM migration WHERE due_at IS NOT NULL AND claimed_until IS NOT NULL)
       ) - clock_timestamp()) * 1000)::float8 AS in_ms`,
    );
    return row === undefined || row.in_ms === null ? null : Math.max(0, row.in_ms);
  }

  async census(): Promise<{ phase: string; status: string; count: number }[]> {
    return this.sql.query('SELECT phase, status, count(*)::int AS count FROM migration GROUP BY phase, status');
  }

  async stuckEffects(): Promise<{ effect: string; count: number }[]> {
    return this.sql.query(
      'SELECT stuck_effect AS effect, count(*)::int AS count FROM migration WHERE stuck_effect IS NOT NULL GROUP BY stuck_effect',
    );
  }

  async unfinishedPage(afterId: string | null, limit: number): Promise<{ id: string; workspaceId: string }[]> {
    return this.sql.query(
      `SELECT id, workspace_id AS "workspaceId" FROM migration
       WHERE NOT at_rest AND ($1::text IS NULL OR id > $1) ORDER BY id LIMIT $2`,
      [afterId, limit],
    );
  }
}

function stateColumns(migration: DrivenMigration): unknown[] {
  const { spec: _spec, ...state } = migration;
  return [migration.phase, migration.status, migration.runId, isAtRest(migration), JSON.stringify(state), migration.stuck?.effect ?? null];
}

const LATER_FIELDS: Pick<DrivenMigration, LaterField> = {
  stuck: null,
  revalidatedFor: null,
  opensAt: null,
  runWait: null,
  stream: null,
  frozenAt: null,
  openedAt: null,
  rehearsalRequested: false,
  inventory: null,
  prediction: null,
  rehearsal: null,
  boot: null,
  caughtUpSince: null,
};

/** A stored state with what later versions added to it. */
export function migrationState(state: StoredState): Omit<DrivenMigration, 'spec'> {
  return { ...LATER_FIELDS, ...state, ledger: { ...emptyLedger(), ...state.ledger } };
}

function toMigration(row: Row): DrivenMigration {
  return { ...migrationState(row.state), spec: row.spec };
}

function toClaim(row: ClaimRow, token: string): Claim {
  return {
    migration: toMigration(row),
    token,
    revision: Number(row.revision),
    failures: row.failures,
    failingSinceMs: row.failing_since_ms === null ? null : Math.round(row.failing_since_ms),
    quietLooks: row.quiet_looks,
    overdueMs: Math.max(0, Math.round(row.now_ms - row.due_at_ms)),
    nowMs: Math.round(row.now_ms),
  };
}

function first(rows: Row[]): DrivenMigration | null {
  return rows[0] ? toMigration(rows[0]) : null;
}
