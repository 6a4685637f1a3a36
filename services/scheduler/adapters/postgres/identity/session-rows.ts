import type { SqlExecutor } from '@smartant/platform/postgres';
import type { NewSession, SessionEnd, SessionRecord, SessionStore, ShownToken } from '../../../application/identity/session-store';

interface Row {
  id: string;
  user_id: string;
  workspace_id: string;
  method: string;
  second_factor: boolean;
  address: string;
  user_agent: string | null;
  created_at: Date;
  last_used_at: Date;
  idle_until: Date;
  ends_at: Date;
}

const COLUMNS = 'id, user_id, workspace_id, method, second_factor, address, user_agent, created_at, last_used_at, idle_until, ends_at';
const ALIVE = 'ended_at IS NULL AND idle_until > now()';

const IDLE_UNTIL = 'least(now() + make_interval(secs => $1::float8), ends_at)';

/** A month: so long is it known that a token that comes back was copied. Rows that another request is at are left to a later one. */
const FORGET = `
  DELETE FROM user_session WHERE id IN (
    SELECT id FROM user_session WHERE idle_until < now() - interval '30 days' ORDER BY idle_until LIMIT 100 FOR UPDATE SKIP LOCKED
  )`;

const END_OLDEST = `
  UPDATE user_session SET ended_at = now(), end_reason = 'too-many' WHERE id IN (
    SELECT id FROM user_session WHERE user_id = $1 AND ${ALIVE} ORDER BY last_used_at DESC, id DESC OFFSET $2
  )`;

const OPEN = `
  INSERT INTO user_session (id, user_id, workspace_id, method, second_factor, address, user_agent, idle_until, ends_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8::float8), now() + make_interval(secs => $9::float8)) RETURNING ${COLUMNS}`;

export class SessionRows implements SessionStore {
  constructor(private readonly sql: SqlExecutor) {}

  async open(session: NewSession, most: number): Promise<SessionRecord> {
    await this.sql.query(FORGET);
    const { id, userId, workspaceId, method, secondFactor, address, userAgent, lifeSeconds } = session;
    const idle = Math.min(session.idleSeconds, lifeSeconds);
    const values = [id, userId, workspaceId, method, secondFactor, address, userAgent, idle, lifeSeconds];
    const [row] = await this.sql.query<Row>(OPEN, values);
    await this.sql.query('INSERT INTO user_session_token (digest, session_id, generation) VALUES ($1, $2, 1)', [session.digest, id]);
    await this.sql.query(END_OLDEST, [userId, most]);
    return toRecord(row!);
  }

  async byToken(digest: Buffer): Promise<ShownToken | null> {
    const [token] = await this.sql.query<{ session_id: string; generation: number }>(
      'SELECT session_id, generation FROM user_session_token WHERE digest = $1',
      [digest],
    );
    if (!token) return null;
    const [row] = await this.sql.query<Row & { alive: boolean; generation: number; rotated_ms_ago: number }>(
      `SELECT ${COLUMNS}, ${ALIVE} AS alive, generation, extract(epoch FROM clock_timestamp() - rotated_at)::float8 * 1000 AS rotated_ms_ago
       FROM user_session WHERE id = $1 FOR UPDATE`,
      [token.session_id],
    );
    if (!row) return null;
    const rotationsAgo = row.generation - token.generation;
    return { session: toRecord(row), alive: row.alive, rotationsAgo, rotatedMsAgo: row.rotated_ms_ago };
  }

  async rotate(id: string, digest: Buffer): Promise<void> {
    await this.sql.query('UPDATE user_session SET generation = generation + 1, rotated_at = clock_timestamp() WHERE id = $1', [id]);
    await this.addToken(id, digest);
  }

  async addToken(id: string, digest: Buffer): Promise<void> {
    await this.sql.query(
      'INSERT INTO user_session_token (digest, session_id, generation) SELECT $2, id, generation FROM user_session WHERE id = $1',
      [id, digest],
    );
  }

  async use(id: string, use: { address: string; userAgent: string | null; idleSeconds: number }): Promise<SessionRecord> {
    const [row] = await this.sql.query<Row>(
      `UPDATE user_session SET last_used_at = now(), address = $3, user_agent = $4, idle_until = ${IDLE_UNTIL}
       WHERE id = $2 RETURNING ${COLUMNS}`,
      [use.idleSeconds, id, use.address, use.userAgent],
    );
    return toRecord(row!);
  }

  async find(id: string): Promise<SessionRecord | null> {
    const [row] = await this.sql.query<Row>(`SELECT ${COLUMNS} FROM user_session WHERE id = $1 AND ${ALIVE}`, [id]);
    return row ? toRecord(row) : null;
  }

  async setSecondFactor(id: string, shown: boolean): Promise<void> {
    await this.sql.query('UPDATE user_session SET second_factor = $2 WHERE id = $1', [id, shown]);
  }

  async list(userId: string): Promise<SessionRecord[]> {
    const rows = await this.sql.query<Row>(
      `SELECT ${COLUMNS} FROM user_session WHERE user_id = $1 AND ${ALIVE} ORDER BY last_used_at DESC, id DESC`,
      [userId],
    );
    return rows.map(toRecord);
  }

  async end(userId: string, id: string, why: SessionEnd): Promise<SessionRecord | null> {
    const [row] = await this.sql.query<Row>(
      `UPDATE user_session SET ended_at = now(), end_reason = $3 WHERE user_id = $1 AND id = $2 AND ${ALIVE} RETURNING ${COLUMNS}`,
      [userId, id, why],
    );
    return row ? toRecord(row) : null;
  }

  async endAll(userId: string, exceptId: string | null, why: SessionEnd): Promise<string[]> {
    const rows = await this.sql.query<{ id: string }>(
      `UPDATE user_session SET ended_at = now(), end_reason = $3
       WHERE user_id = $1 AND id IS DISTINCT FROM $2 AND ${ALIVE} RETURNING id`,
      [userId, exceptId, why],
    );
    return rows.map(({ id }) => id);
  }

  async moveTo(userId: string, id: string, workspaceId: string): Promise<SessionRecord | null> {
    const [row] = await this.sql.query<Row>(
      `UPDATE user_session SET workspace_id = $3 WHERE user_id = $1 AND id = $2 AND ${ALIVE} RETURNING ${COLUMNS}`,
      [userId, id, workspaceId],
    );
    return row ? toRecord(row) : null;
  }
}

function toRecord(row: Row): SessionRecord {
  return {
    id: row.id,
    userId: row.user_id,
    workspaceId: row.workspace_id,
    method: row.method,
    secondFactor: row.second_factor,
    address: row.address,
    userAgent: row.user_agent,
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at.toISOString(),
    idleUntil: row.idle_until.toISOString(),
    endsAt: row.ends_at.toISOString(),
  };
}
