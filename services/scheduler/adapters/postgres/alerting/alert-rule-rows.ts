import type { SqlExecutor } from '@smartant/platform/postgres';
import type { AlertRuleStore, StoredRule } from '../../../application/ports/alerting';
import type { RuleChange } from '../../../domain/alerting/rule-settings';

interface Row {
  workspace_id: string;
  name: string;
  change: RuleChange;
  version: string;
  updated_at: Date;
  updated_by: string;
}

const COLUMNS = 'workspace_id, name, change, version, updated_at, updated_by';

export class AlertRuleRows implements AlertRuleStore {
  constructor(private readonly sql: SqlExecutor) {}

  async changed(workspaceIds: readonly string[]): Promise<StoredRule[]> {
    const rows = await this.sql.query<Row>(`SELECT ${COLUMNS} FROM alert_rule WHERE workspace_id = ANY($1::text[])`, [[...workspaceIds]]);
    return rows.map(toRule);
  }

  /** A rule that was never changed has no row to be locked: its name is. */
  async lock(workspaceId: string, name: string): Promise<StoredRule> {
    await this.sql.query('SELECT pg_advisory_xact_lock(hashtext($1), hashtext(current_schema()))', [`alert rule ${workspaceId} ${name}`]);
    const [row] = await this.sql.query<Row>(`SELECT ${COLUMNS} FROM alert_rule WHERE workspace_id = $1 AND name = $2`, [workspaceId, name]);
    return row ? toRule(row) : { workspaceId, name, change: {}, version: 0, updatedAt: null, updatedBy: null };
  }

  async save(workspaceId: string, name: string, change: RuleChange, userId: string): Promise<StoredRule> {
    const [row] = await this.sql.query<Row>(
      `INSERT INTO alert_rule AS held (${COLUMNS}) VALUES ($1, $2, $3, 1, clock_timestamp(), $4)
       ON CONFLICT (workspace_id, name) DO UPDATE
         SET change = excluded.change, version = held.version + 1, updated_at = excluded.updated_at, updated_by = excluded.updated_by
       RETURNING ${COLUMNS}`,
      [workspaceId, name, JSON.stringify(change), userId],
    );
    return toRule(row!);
  }
}

function toRule(row: Row): StoredRule {
  return {
    workspaceId: row.workspace_id,
    name: row.name,
    change: row.change,
    version: Number(row.version),
    updatedAt: row.updated_at.toISOString(),
    updatedBy: row.updated_by,
  };
}
