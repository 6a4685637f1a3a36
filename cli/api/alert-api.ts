import type { operations, Schema } from '@smartant/contracts/openapi';
import type { Connection } from './connection';

export type AlertRule = Schema<'AlertRule'>;
export type AlertRuleChange = Schema<'SetAlertRuleRequest'>;
export type AlertCondition = Schema<'AlertCondition'>;
export type ConditionQuery = NonNullable<operations['listAlertConditions']['parameters']['query']>;

/** Alert rules of the workspace, or of the platform. A change is made to the version that was read, and to no other. */
export class AlertApi {
  constructor(private readonly connection: Connection) {}

  async rules(ofPlatform: boolean): Promise<AlertRule[]> {
    if (ofPlatform) return (await this.connection.send(this.connection.client.GET('/v1/admin/alert-rules'))).items;
    return (
      await this.connection.send(this.connection.client.GET('/v1/workspaces/{ws}/alert-rules', { params: { path: this.connection.path } }))
    ).items;
  }

  rule(ofPlatform: boolean, rule: string): Promise<AlertRule> {
    if (ofPlatform) return this.connection.send(this.connection.client.GET('/v1/admin/alert-rules/{rule}', { params: { path: { rule } } }));
    return this.connection.send(
      this.connection.client.GET('/v1/workspaces/{ws}/alert-rules/{rule}', { params: { path: { ...this.connection.path, rule } } }),
    );
  }

  set(ofPlatform: boolean, { name: rule, version }: AlertRule, body: AlertRuleChange): Promise<AlertRule> {
    const header = { 'If-Match': `"${version}"` };
    if (ofPlatform)
      return this.connection.send(this.connection.client.PUT('/v1/admin/alert-rules/{rule}', { params: { path: { rule }, header }, body }));
    const params = { path: { ...this.connection.path, rule }, header };
    return this.connection.send(this.connection.client.PUT('/v1/workspaces/{ws}/alert-rules/{rule}', { params, body }));
  }

  async reset(ofPlatform: boolean, { name: rule, version }: AlertRule): Promise<void> {
    const header = { 'If-Match': `"${version}"` };
    if (ofPlatform)
      await this.connection.send(this.connection.client.DELETE('/v1/admin/alert-rules/{rule}', { params: { path: { rule }, header } }));
    else
      await this.connection.send(
        this.connection.client.DELETE('/v1/workspaces/{ws}/alert-rules/{rule}', {
          params: { path: { ...this.connection.path, rule }, header },
        }),
      );
  }

  /** Newest first. */
  conditions(ofPlatform: boolean, filter: ConditionQuery, limit: number): Promise<AlertCondition[]> {
    const { client, path } = this.connection;
    return this.connection.all(limit, (page) => {
      const query = { ...filter, ...page };
      if (ofPlatform) return client.GET('/v1/admin/alert-conditions', { params: { query } });
      return client.GET('/v1/workspaces/{ws}/alert-conditions', { params: { path, query } });
    });
  }
}
