import type { SqlExecutor } from '@smartant/platform/postgres';
import type { Rotation, RotationProgress, RotationStore } from '../../../application/ports/rotation-store';

interface Row {
  id: string;
  kind: Rotation['kind'];
  target_key_id: string;
  state: Rotation['state'];
  requested_by: string;
  created_at: Date;
  finished_at: Date | null;
  total: string;
  done: string;
  failed: string;
  pass: number;
  area: string | null;
  after_id: string | null;
  attempts: number;
  last_error: Rotation['lastError'];
}

/** Rotations of the vault's keys; at most one runs, and one replica at a time holds it, on the database's clock. */
export class RotationRows implements RotationStore {
  constructor(private readonly sql: SqlExecutor) {}

  async latest(): Promise<Rotation | null> {
    const [row] = await this.sql.query<Row>(`SELECT * FROM vault_rotation ORDER BY created_at DESC, id DESC LIMIT 1`);
    return row ? toRotation(row) : null;
  }

  async lockRunning(): Promise<Rotation | null> {
    const [row] = await this.sql.query<Row>(`SELECT * FROM vault_rotation WHERE state = 'running' FOR UPDATE`);
    return row ? toRotation(row) : null;
  }

  async insert(rotation: Rotation): Promise<boolean> {
    const { id, kind, targetKeyId, state, requestedBy, createdAt, total, done, failed, pass } = rotation;
    const inserted = await this.sql.query(
      `INSERT INTO vault_rotation (id, kind, target_key_id, state, requested_by, created_at, total, done, failed, pass)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING id`,
      [id, kind, targetKeyId, state, requestedBy, createdAt, total, done, failed, pass],
    );
    return inserted.length > 0;
  }

  async supersede(id: string): Promise<void> {
    await this.sql.query(
      `UPDATE vault_rotation SET state = 'superseded', finished_at = clock_timestamp(), claim_token = NULL WHERE id = $1 AND state = 'running'`,
      [id],
    );
  }

  async claim(token: string, claimMs: number, targetKeyId: string): Promise<Rotation | null> {
    const [row] = await this.sql.query<Row>(
      `UPDATE vault_rotation SET claim_token = $1, claimed_until = clock_timestamp() + $2::float8 * interval '1 millisecond'
       WHERE state = 'running' AND target_key_id = $3 AND due_at <= clock_timestamp()
         AND (claim_token IS NULL OR claimed_until <= clock_timestamp())
       RETURNING *`,
      [token, claimMs, targetKeyId],
    );
    return row ? toRotation(row) : null;
  }

  async save(id: string, token: string, claimMs: number, progress: RotationProgress): Promise<boolean> {
    const { done, failed, pass, area, afterId, lastError } = progress;
    const saved = await this.sql.query(
      `UPDATE vault_rotation SET done = $4, failed = $5, pass = $6, area = $7, after_id = $8, last_error = $9, attempts = 0,
         claimed_until = clock_timestamp() + $3::float8 * interval '1 millisecond'
       WHERE id = $1 AND claim_token = $2 AND state = 'running' RETURNING id`,
      [id, token, claimMs, done, failed, pass, area, afterId, lastError && JSON.stringify(lastError)],
    );
    return saved.length > 0;
  }

  async release(id: string, token: string, dueInMs: number, error: Rotation['lastError']): Promise<void> {
    await this.sql.query(
      `UPDATE vault_rotation SET claim_token = NULL, due_at = clock_timestamp() + $3::float8 * interval '1 millisecond',
         attempts = attempts + CASE WHEN $4::json IS NULL THEN 0 ELSE 1 END, last_error = coalesce($4::json, last_error)
       WHERE id = $1 AND claim_token = $2`,
      [id, token, dueInMs, error && JSON.stringify(error)],
    );
  }

  async finish(id: string, token: string): Promise<boolean> {
    const finished = await this.sql.query(
      `UPDATE vault_rotation SET state = 'done', finished_at = clock_timestamp(), claim_token = NULL
       WHERE id = $1 AND claim_token = $2 AND state = 'running' RETURNING id`,
      [id, token],
    );
    return finished.length > 0;
  }
}

function toRotation(row: Row): Rotation {
  return {
    id: row.id,
    kind: row.kind,
    targetKeyId: row.target_key_id,
    state: row.state,
    requestedBy: row.requested_by,
    createdAt: row.created_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    total: Number(row.total),
    done: Number(row.done),
    failed: Number(row.failed),
    pass: row.pass,
    area: row.area,
    afterId: row.after_id,
    attempts: row.attempts,
    lastError: row.last_error,
  };
}
