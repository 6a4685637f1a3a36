import type { operations, Schema } from '@smartant/contracts/openapi';
import type { Connection } from './connection';

export type LogLine = Schema<'LogLine'>;
export type LogLevelSetting = Schema<'LogLevelSetting'>;
export type SetLogLevel = Schema<'SetLogLevel'>;
export type Shard = Schema<'Shard'>;
export type ShardFilter = Omit<NonNullable<operations['listShards']['parameters']['query']>, 'pageSize' | 'pageToken'>;
export type LogFilter = Omit<NonNullable<operations['listMigrationLogs']['parameters']['query']>, 'pageSize' | 'pageToken'>;

/** Logs and traces. */
export class RecordApi {
  constructor(private readonly connection: Connection) {}

  unitTrace(id: string, query: { object?: string; table?: string; path?: string }): Promise<Schema<'UnitTrace'>> {
    const params = { path: { ...this.connection.path, id }, query };
    return this.connection.send(this.connection.client.GET('/v1/workspaces/{ws}/migrations/{id}/trace', { params }));
  }

  trace(traceId: string): Promise<Schema<'FoundTrace'>> {
    const params = { path: { ...this.connection.path, traceId } };
    return this.connection.send(this.connection.client.GET('/v1/workspaces/{ws}/traces/{traceId}', { params }));
  }

  /** By stage, then in the order of their ranges. */
  shards(id: string, filter: ShardFilter, limit: number): Promise<Shard[]> {
    const path = { ...this.connection.path, id };
    return this.connection.all(limit, (page) =>
      this.connection.client.GET('/v1/workspaces/{ws}/migrations/{id}/shards', { params: { path, query: { ...filter, ...page } } }),
    );
  }

  /** Of the workspace alone; newest first. */
  workspaceLogs(filter: LogFilter, limit: number): Promise<LogLine[]> {
    const { client, path } = this.connection;
    return this.connection.all(limit, (page) =>
      client.GET('/v1/workspaces/{ws}/logs', { params: { path, query: { ...filter, ...page } } }),
    );
  }

  /** Of a migration, or of the whole platform; newest first. */
  logs(migration: string | undefined, filter: LogFilter, limit: number): Promise<LogLine[]> {
    const { client, path } = this.connection;
    return this.connection.all(limit, (page) => {
      const query = { ...filter, ...page };
      if (migration === undefined) return client.GET('/v1/platform/logs', { params: { query } });
      return client.GET('/v1/workspaces/{ws}/migrations/{id}/logs', { params: { path: { ...path, id: migration }, query } });
    });
  }

  async logLevels(): Promise<LogLevelSetting[]> {
    return (await this.connection.send(this.connection.client.GET('/v1/platform/log-levels'))).items;
  }

  setLogLevel(body: SetLogLevel): Promise<LogLevelSetting> {
    return this.connection.send(this.connection.client.POST('/v1/platform/log-levels', { body }));
  }

  async resetLogLevels(service: string): Promise<void> {
    await this.connection.send(this.connection.client.DELETE('/v1/platform/log-levels/{service}', { params: { path: { service } } }));
  }
}
