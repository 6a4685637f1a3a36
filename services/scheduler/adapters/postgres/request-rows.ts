import { SmartantError } from '@smartant/kernel';
import type { SqlExecutor } from '@smartant/platform/postgres';
import type { Probe, ProbeStore, RequestStore } from '../../application/ports/unit-of-work';

type RequestKey = Parameters<RequestStore['recall']>[0];

/** Request ids (Idempotency-Key), each with a fingerprint of its content and what it made. */
export class RequestRows implements RequestStore {
  constructor(private readonly sql: SqlExecutor) {}

  async recall({ workspaceId, scope, requestId, fingerprint }: RequestKey): Promise<string | null> {
    const [known] = await this.sql.query<{ fingerprint: string; resource_id: string }>(
      'SELECT fingerprint, resource_id FROM request WHERE workspace_id = $1 AND scope = $2 AND request_id = $3',
      [workspaceId, scope, requestId],
    );
    if (!known) return null;
    if (known.fingerprint === fingerprint) return known.resource_id;
    throw new SmartantError('IDEMPOTENCY_KEY_REUSED', 'This request id was used before, for other content.', {
      kind: 'conflict',
      hint: 'Use a new Idempotency-Key for a new request.',
    });
  }

  /** The unique key makes a second request wait until the first one's transaction is over. */
  async remember(request: RequestKey & { resourceId: string }): Promise<string | null> {
    const { workspaceId, scope, requestId, fingerprint, resourceId } = request;
    const inserted = await this.sql.query(
      `INSERT INTO request (workspace_id, scope, request_id, fingerprint, resource_id) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING RETURNING resource_id`,
      [workspaceId, scope, requestId, fingerprint, resourceId],
    );
    return inserted.length > 0 ? null : this.recall(request);
  }

  async removeOlderThan(days: number): Promise<void> {
    await this.sql.query("DELETE FROM request WHERE created_at < now() - $1 * interval '1 day'", [days]);
  }
}

/** Open probes; they end on the database's clock. */
export class ProbeRows implements ProbeStore {
  constructor(private readonly sql: SqlExecutor) {}

  async open(probe: Probe, ttlMs: number): Promise<void> {
    await this.sql.query(
      `INSERT INTO probe (id, epoch, workspace_id, kind, endpoints, expires_at)
       VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6::float8 * interval '1 millisecond')`,
      [probe.id, probe.epoch, probe.workspaceId, probe.kind, JSON.stringify(probe.endpoints), ttlMs],
    );
  }

  async find(id: string): Promise<Probe | null> {
    const [row] = await this.sql.query<{
      id: string;
      epoch: string;
      workspace_id: string;
      kind: Probe['kind'];
      endpoints: Probe['endpoints'];
    }>('SELECT id, epoch, workspace_id, kind, endpoints FROM probe WHERE id = $1 AND expires_at > clock_timestamp()', [id]);
    return row ? { id: row.id, epoch: Number(row.epoch), workspaceId: row.workspace_id, kind: row.kind, endpoints: row.endpoints } : null;
  }

  async close(id: string): Promise<void> {
    await this.sql.query('DELETE FROM probe WHERE id = $1', [id]);
  }

  async removeExpired(): Promise<void> {
    await this.sql.query('DELETE FROM probe WHERE expires_at <= clock_timestamp()');
  }
}
