import type { Database, SqlExecutor } from '@smartant/platform/postgres';
import type { AttemptRecord, DeliveryFilter, DeliveryRecord, DeliveryStore } from '../../application/ports/stores';

const COLUMNS = `d.id, d.workspace_id AS "workspaceId", d.channel_id AS "channelId", d.state, d.alert_ids AS "alertIds", d.title,
  d.created_at AS "createdAt", CASE WHEN d.state = 'pending' THEN d.next_attempt_at END AS "nextAttemptAt", d.trace_id AS "traceId"`;
/** The newest of each delivery that are shown. */
const ATTEMPTS_SHOWN = 50;
/** How long what is retried by hand is tried again. */
export const GIVE_UP_AFTER = `interval '72 hours'`;

/** The log of deliveries, as it is shown. */
export class DeliveryRows implements DeliveryStore {
  constructor(private readonly database: Pick<Database, 'query'>) {}

  async find(workspaceId: string, id: string): Promise<DeliveryRecord | null> {
    const rows = await this.database.query<Omit<DeliveryRecord, 'attempts'>>(
      `SELECT ${COLUMNS} FROM delivery AS d WHERE d.workspace_id = $1 AND d.id = $2`,
      [workspaceId, id],
    );
    return (await withAttempts(this.database, rows))[0] ?? null;
  }

  async list(
    workspaceId: string,
    { channelId, alertId, state }: DeliveryFilter,
    size: number,
    after: string | null,
  ): Promise<DeliveryRecord[]> {
    const rows = await this.database.query<Omit<DeliveryRecord, 'attempts'>>(
      `SELECT ${COLUMNS} FROM delivery AS d
       WHERE d.workspace_id = $1 AND ($2 = '' OR d.channel_id = $2) AND ($3 = '' OR d.alert_ids @> ARRAY[$3]) AND ($4 = '' OR d.state = $4)
         AND ($5::text IS NULL OR d.id < $5)
       ORDER BY d.id DESC LIMIT $6`,
      [workspaceId, channelId, alertId, state, after, size],
    );
    return withAttempts(this.database, rows);
  }

  async retry(workspaceId: string, id: string): Promise<DeliveryRecord | null> {
    await this.database.query(
      `UPDATE delivery SET state = 'pending', next_attempt_at = clock_timestamp(), failures = 0, settled_at = NULL, tried_channels = '{}',
         give_up_at = clock_timestamp() + ${GIVE_UP_AFTER}
       WHERE workspace_id = $1 AND id = $2 AND lease IS NULL AND EXISTS (SELECT 1 FROM channel AS c WHERE c.id = channel_id)`,
      [workspaceId, id],
    );
    return this.find(workspaceId, id);
  }
}

async function withAttempts(executor: SqlExecutor, rows: Omit<DeliveryRecord, 'attempts'>[]): Promise<DeliveryRecord[]> {
  if (rows.length === 0) return [];
  const attempts = await executor.query<AttemptRecord & { deliveryId: string }>(
    `SELECT delivery_id AS "deliveryId", at, outcome, error_code AS "errorCode", error_message AS "errorMessage", provider_id AS "providerId",
       provider_code AS "providerCode", duration_ms AS "durationMs"
     FROM (SELECT *, row_number() OVER (PARTITION BY delivery_id ORDER BY number DESC) AS newest FROM delivery_attempt WHERE delivery_id = ANY($1)) AS a
     WHERE newest <= ${ATTEMPTS_SHOWN} ORDER BY number`,
    [rows.map(({ id }) => id)],
  );
  const byDelivery = Map.groupBy(attempts, ({ deliveryId }) => deliveryId);
  return rows.map((row) => ({ ...row, attempts: byDelivery.get(row.id) ?? [] }));
}
