import type { SqlExecutor } from '@smartant/platform/postgres';
import type { AlertStore, ConditionFilter, IdRange } from '../../../application/ports/alerting';
import type { Subject } from '../../../domain/alerting/alert-rule';
import type { Condition } from '../../../domain/alerting/condition';
import { ConditionRows } from './condition-rows';
import { FactRows } from './fact-rows';

export class AlertRows implements AlertStore {
  private readonly conditions: ConditionRows;
  private readonly facts: FactRows;

  constructor(private readonly sql: SqlExecutor) {
    this.conditions = new ConditionRows(sql);
    this.facts = new FactRows(sql);
  }

  async claimLook(everyMs: number): Promise<boolean> {
    const rows = await this.sql.query(
      `UPDATE alert_look SET due_at = clock_timestamp() + $1::float8 * interval '1 millisecond'
       WHERE name = 'rules' AND due_at <= clock_timestamp() RETURNING 1`,
      [everyMs],
    );
    return rows.length > 0;
  }

  /** What is read after it is at least as new as what its last holder has committed: each statement here sees what was committed before it. */
  async lockConditions(): Promise<number> {
    await this.sql.query(`SELECT pg_advisory_xact_lock(hashtext('smartant alert conditions'), hashtext(current_schema()))`);
    const [row] = await this.sql.query<{ now: number }>('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now');
    return Math.round(row!.now);
  }

  watchedMigrations = (afterId: string | null, limit: number) => this.facts.migrations(afterId, limit);
  watchedMigration = (id: string) => this.facts.migration(id);
  watchedEndpoints = (limit: number) => this.facts.endpoints(limit);
  watchedCredentials = (days: number, limit: number) => this.facts.credentials(days, limit);
  watchedPlatform = () => this.facts.platform();

  conditionsOfMigrations = (range: IdRange) => this.conditions.ofMigrations(range);
  conditionsOfMigration = (migrationId: string) => this.conditions.ofMigration(migrationId);
  conditionsOf = (subject: Subject) => this.conditions.of(subject);
  save = (conditions: readonly Condition[]) => this.conditions.save(conditions);
  forget = (fingerprints: readonly string[]) => this.conditions.forget(fingerprints);
  census = () => this.conditions.census();

  page(workspaceId: string, filter: ConditionFilter, beforeId: string | null, limit: number): Promise<Condition[]> {
    return this.conditions.page(workspaceId, filter, beforeId, limit);
  }
}
