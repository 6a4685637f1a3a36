import type { Transaction } from '@smartant/platform/postgres';
import type { DueGroup, Member, NewDelivery } from '../../application/ports/group-store';
import type { KnownAlert } from '../../domain/known-alert';
import { ALERT_COLUMNS, firingPage } from './alert-rows';
import { channelNames } from './channel-rows';
import { readRouting } from './routing-rows';
import { activeSilences } from './silence-rows';
import { templatesOf } from './template-rows';

export type GroupRow = Pick<DueGroup, 'id' | 'workspaceId' | 'labels' | 'route' | 'lastNotifiedAt' | 'now'>;
type MemberRow = KnownAlert & Omit<Member, 'alert'>;

/** A group whose row this transaction has locked. */
export function lockedGroup(tx: Transaction, group: GroupRow, retryHours: number): DueGroup {
  const { id, workspaceId, now } = group;
  const members = async (where: string, size: number, after: string): Promise<Member[]> => {
    const rows = await tx.query<MemberRow>(
      `SELECT ${ALERT_COLUMNS}, m.told, m.first_told_at AS "firstToldAt", m.escalated
       FROM alert_group_member AS m JOIN alert AS a ON a.id = m.alert_id
       WHERE m.group_id = $1 AND m.alert_id > $2 AND ${where} ORDER BY m.alert_id LIMIT $3`,
      [id, after, size],
    );
    return rows.map(({ told, firstToldAt, escalated, ...alert }) => ({ alert, told, firstToldAt, escalated }));
  };
  return {
    ...group,
    surroundings: async () => ({
      routing: await readRouting(tx, workspaceId),
      silences: await activeSilences(tx, workspaceId, now),
      channels: await channelNames(tx, workspaceId),
      templates: await templatesOf(tx, workspaceId),
    }),
    firing: (matchers, size, after) => firingPage(tx, workspaceId, matchers, size, after),
    pending: (size, after) => members('m.pending', size, after),
    open: (size, after) => members(`m.told = 'firing' AND a.status = 'firing' AND a.acknowledged_at IS NULL`, size, after),
    firingCount: async () => {
      const [row] = await tx.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM alert_group_member AS m JOIN alert AS a ON a.id = m.alert_id WHERE m.group_id = $1 AND a.status = 'firing'`,
        [id],
      );
      return row?.count ?? 0;
    },
    markTold: async (alerts) => {
      await tx.query(
        `UPDATE alert_group_member AS m SET pending = false, told = r.status, first_told_at = coalesce(m.first_told_at, $3)
         FROM jsonb_to_recordset($2) AS r (id text, status text) WHERE m.group_id = $1 AND m.alert_id = r.id`,
        [id, JSON.stringify(alerts.map((alert) => ({ id: alert.id, status: alert.status }))), now],
      );
    },
    markEscalated: async (alertIds, steps) => {
      await tx.query('UPDATE alert_group_member SET escalated = $3 WHERE group_id = $1 AND alert_id = ANY($2)', [id, alertIds, steps]);
    },
    deliver: (deliveries) => insertDeliveries(tx, workspaceId, id, deliveries, retryHours),
    settle: ({ dueAt, notified }) => settle(tx, id, dueAt, notified ? now : null),
  };
}

async function insertDeliveries(
  tx: Transaction,
  workspaceId: string,
  groupId: string,
  deliveries: readonly NewDelivery[],
  retryHours: number,
): Promise<void> {
  for (const { channelId, kind, message, alertIds, traceId, spanId } of deliveries) {
    await tx.query(
      `INSERT INTO delivery (id, workspace_id, channel_id, group_id, kind, state, message, title, alert_ids, next_attempt_at, give_up_at, trace_id, span_id)
       VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7, $8, clock_timestamp(), clock_timestamp() + make_interval(hours => $9), $10, $11)`,
      [message.id, workspaceId, channelId, groupId, kind, JSON.stringify(message), message.title, alertIds, retryHours, traceId, spanId],
    );
  }
}

/** What changed since it was read stays a member until it was routed. */
async function settle(tx: Transaction, id: string, dueAt: Date | null, notifiedAt: Date | null): Promise<void> {
  await tx.query(
    `DELETE FROM alert_group_member AS m USING alert AS a WHERE m.group_id = $1 AND a.id = m.alert_id AND a.status = 'resolved' AND NOT a.route_due
       AND NOT m.pending AND m.told IS DISTINCT FROM 'firing'`,
    [id],
  );
  await tx.query(
    'DELETE FROM alert_group AS g WHERE g.id = $1 AND NOT EXISTS (SELECT 1 FROM alert_group_member AS m WHERE m.group_id = g.id)',
    [id],
  );
  await tx.query('UPDATE alert_group SET due_at = $2, last_notified_at = coalesce($3, last_notified_at) WHERE id = $1', [
    id,
    dueAt,
    notifiedAt,
  ]);
}
