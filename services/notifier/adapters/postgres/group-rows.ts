import type { Database, Transaction } from '@smartant/platform/postgres';
import type { DueGroup, DueOf, GroupPlace, GroupStore, RoutingBatch } from '../../application/ports/group-store';
import type { KnownAlert } from '../../domain/known-alert';
import { ALERT_COLUMNS } from './alert-rows';
import { lockedGroup, type GroupRow } from './locked-group';
import { readRouting } from './routing-rows';

/** After a group could not be told. */
const PUT_OFF = '30 s';

/** Groups of alerts in the tables `alert_group` and `alert_group_member`; the database's clock says what is due. */
export class GroupRows implements GroupStore {
  /** `retryHours`: for how long a delivery is tried. */
  constructor(
    private readonly database: Pick<Database, 'query' | 'transaction'>,
    private readonly retryHours: number,
  ) {}

  routeNext(size: number, work: (batch: RoutingBatch) => Promise<void>): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      const alerts = await tx.query<KnownAlert>(
        `SELECT ${ALERT_COLUMNS} FROM alert AS a WHERE a.route_due ORDER BY a.id LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED`,
        [size],
      );
      if (alerts.length === 0) return false;
      const now = await nowOf(tx);
      await work({
        now,
        alerts,
        routing: (workspaceId) => readRouting(tx, workspaceId),
        place: (placed, dueOf) => place(tx, placed, dueOf),
      });
      await tx.query('UPDATE alert SET route_due = false WHERE id = ANY($1)', [alerts.map(({ id }) => id)]);
      return true;
    });
  }

  async flushNext(work: (group: DueGroup) => Promise<void>): Promise<boolean> {
    let id: string | undefined;
    try {
      return await this.flush(work, (group) => (id = group));
    } catch (error) {
      // One that can't be told now must not hold up those after it.
      if (id !== undefined) await this.putOff(id);
      throw error;
    }
  }

  private flush(work: (group: DueGroup) => Promise<void>, taken: (id: string) => void): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      const [row] = await tx.query<GroupRow>(
        `SELECT id, workspace_id AS "workspaceId", labels, route, last_notified_at AS "lastNotifiedAt", clock_timestamp() AS now FROM alert_group
         WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
      );
      if (!row) return false;
      taken(row.id);
      await work(lockedGroup(tx, row, this.retryHours));
      return true;
    });
  }

  private async putOff(id: string): Promise<void> {
    await this.database.query(
      `UPDATE alert_group SET due_at = clock_timestamp() + interval '${PUT_OFF}' WHERE id = $1 AND due_at <= clock_timestamp()`,
      [id],
    );
  }

  async nextDueMs(): Promise<number | null> {
    const [row] = await this.database.query<{ ms: number | null }>(
      'SELECT (extract(epoch FROM min(due_at) - clock_timestamp()) * 1000)::float8 AS ms FROM alert_group WHERE due_at IS NOT NULL',
    );
    const ms = row?.ms ?? null;
    return ms === null ? null : Math.max(0, ms);
  }
}

async function nowOf(tx: Transaction): Promise<Date> {
  const [row] = await tx.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  return row!.now;
}

type Placed = readonly { alert: KnownAlert; groups: readonly GroupPlace[] }[];

async function place(tx: Transaction, placed: Placed, dueOf: DueOf): Promise<void> {
  const ids = placed.map(({ alert }) => alert.id);
  const rows = placed.flatMap(({ alert, groups }) =>
    groups.map(({ key, route }) => ({ groupId: key, alertId: alert.id, firing: alert.status === 'firing', digest: route.digest !== null })),
  );
  const joining = rows.filter(({ firing, digest }) => firing || digest);
  await makeGroups(tx, placed, new Set(joining.map(({ groupId }) => groupId)));
  // Whoever tells a group holds its row: what was told is settled before it is compared with what is so now.
  await tx.query(
    `SELECT id FROM alert_group WHERE id = ANY($1) OR id IN (SELECT group_id FROM alert_group_member WHERE alert_id = ANY($2))
     ORDER BY id FOR UPDATE`,
    [[...new Set(joining.map(({ groupId }) => groupId))], ids],
  );
  await tx.query(
    `UPDATE alert_group_member AS m SET pending = m.told = 'firing' OR (m.told IS NULL AND g.route -> 'digest' <> 'null'::jsonb)
     FROM alert_group AS g WHERE g.id = m.group_id AND m.alert_id = ANY($1)`,
    [placed.filter(({ alert }) => alert.status === 'resolved').map(({ alert }) => alert.id)],
  );
  await tx.query(
    `INSERT INTO alert_group_member AS m (group_id, alert_id, pending) SELECT r."groupId", r."alertId", true
     FROM jsonb_to_recordset($1) AS r ("groupId" text, "alertId" text)
     ON CONFLICT (group_id, alert_id) DO UPDATE SET pending = m.told IS DISTINCT FROM 'firing',
       escalated = CASE WHEN m.told = 'firing' THEN m.escalated ELSE 0 END,
       first_told_at = CASE WHEN m.told = 'firing' THEN m.first_told_at END`,
    [JSON.stringify(joining.filter(({ firing }) => firing))],
  );
  await tx.query(
    `INSERT INTO alert_group_member (group_id, alert_id, pending) SELECT r."groupId", r."alertId", true
     FROM jsonb_to_recordset($1) AS r ("groupId" text, "alertId" text) ON CONFLICT DO NOTHING`,
    [JSON.stringify(joining.filter(({ firing }) => !firing))],
  );
  await tx.query(
    `DELETE FROM alert_group_member AS m WHERE m.alert_id = ANY($1)
       AND NOT EXISTS (SELECT 1 FROM jsonb_to_recordset($2) AS r ("groupId" text, "alertId" text) WHERE r."groupId" = m.group_id AND r."alertId" = m.alert_id)`,
    [placed.filter(({ alert }) => alert.status === 'firing').map(({ alert }) => alert.id), JSON.stringify(rows)],
  );
  await setDue(tx, ids, dueOf);
}

async function makeGroups(tx: Transaction, placed: Placed, wanted: ReadonlySet<string>): Promise<void> {
  const groups = new Map(
    placed
      .flatMap(({ groups }) => groups)
      .filter(({ key }) => wanted.has(key))
      .map((group) => [group.key, group]),
  );
  await tx.query(
    `INSERT INTO alert_group (id, workspace_id, labels, route) SELECT key, "workspaceId", labels, route
     FROM jsonb_to_recordset($1) AS r (key text, "workspaceId" text, labels jsonb, route jsonb) ORDER BY key
     ON CONFLICT (id) DO UPDATE SET route = excluded.route`,
    [JSON.stringify([...groups.values()])],
  );
}

/** Of the groups in which something of these alerts is to be told. An earlier moment stays. */
async function setDue(tx: Transaction, alertIds: readonly string[], dueOf: DueOf): Promise<void> {
  const groups = await tx.query<{ id: string; route: GroupPlace['route']; lastNotifiedAt: Date | null }>(
    `SELECT g.id, g.route, g.last_notified_at AS "lastNotifiedAt" FROM alert_group AS g
     WHERE EXISTS (SELECT 1 FROM alert_group_member AS m WHERE m.group_id = g.id AND m.alert_id = ANY($1) AND m.pending)`,
    [alertIds],
  );
  await tx.query(
    `UPDATE alert_group AS g SET due_at = least(coalesce(g.due_at, 'infinity'), r."dueAt")
     FROM jsonb_to_recordset($1) AS r (id text, "dueAt" timestamptz) WHERE g.id = r.id`,
    [JSON.stringify(groups.map((group) => ({ id: group.id, dueAt: dueOf(group) })))],
  );
}
