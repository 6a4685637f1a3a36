import type { SqlExecutor } from '@smartant/platform/postgres';
import type { ConditionFilter, IdRange } from '../../../application/ports/alerting';
import type { Subject } from '../../../domain/alerting/alert-rule';
import type { Condition, ConditionState } from '../../../domain/alerting/condition';

interface Row {
  condition: Condition;
}

const OF_MIGRATIONS = `SELECT condition FROM alert_condition WHERE subject = 'migration'`;

/** Conditions as they were last stored. */
export class ConditionRows {
  constructor(private readonly sql: SqlExecutor) {}

  async ofMigrations({ afterId, upToId }: IdRange): Promise<Condition[]> {
    return this.read(`${OF_MIGRATIONS} AND ($1::text IS NULL OR migration_id > $1) AND ($2::text IS NULL OR migration_id <= $2)`, [
      afterId,
      upToId,
    ]);
  }

  async ofMigration(migrationId: string): Promise<Condition[]> {
    return this.read(`${OF_MIGRATIONS} AND migration_id = $1`, [migrationId]);
  }

  async of(subject: Subject): Promise<Condition[]> {
    return this.read('SELECT condition FROM alert_condition WHERE subject = $1', [subject]);
  }

  async page(workspaceId: string, filter: ConditionFilter, beforeId: string | null, limit: number): Promise<Condition[]> {
    const { state = null, rule = null, migrationId = null } = filter;
    return this.read(
      `SELECT condition FROM alert_condition
       WHERE workspace_id = $1 AND ($2::text IS NULL OR id < $2) AND ($3::text IS NULL OR state = $3)
         AND ($4::text IS NULL OR rule = $4) AND ($5::text IS NULL OR migration_id = $5)
       ORDER BY id DESC LIMIT $6`,
      [workspaceId, beforeId, state, rule, migrationId, limit],
    );
  }

  async save(conditions: readonly Condition[]): Promise<void> {
    if (conditions.length === 0) return;
    const column = (name: keyof Condition): unknown[] => conditions.map((condition) => condition[name]);
    await this.sql.query(
      `INSERT INTO alert_condition (fingerprint, id, workspace_id, rule, subject, state, migration_id, condition)
       SELECT fingerprint, id, workspace_id, rule, subject, state, migration_id, condition::json
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
         AS given (fingerprint, id, workspace_id, rule, subject, state, migration_id, condition)
       ON CONFLICT (fingerprint) DO UPDATE SET state = excluded.state, condition = excluded.condition`,
      [
        ...(['fingerprint', 'id', 'workspaceId', 'rule', 'subject', 'state', 'migrationId'] as const).map(column),
        conditions.map((condition) => JSON.stringify(condition)),
      ],
    );
  }

  async forget(fingerprints: readonly string[]): Promise<void> {
    if (fingerprints.length === 0) return;
    await this.sql.query('DELETE FROM alert_condition WHERE fingerprint = ANY($1::text[])', [[...fingerprints]]);
  }

  async census(): Promise<{ rule: string; state: ConditionState; count: number }[]> {
    return this.sql.query('SELECT rule, state, count(*)::int AS count FROM alert_condition GROUP BY rule, state');
  }

  private async read(sql: string, params: unknown[]): Promise<Condition[]> {
    return (await this.sql.query<Row>(sql, params)).map(({ condition }) => condition);
  }
}
