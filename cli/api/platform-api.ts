import type { Schema } from '@smartant/contracts/openapi';
import type { Connection } from './connection';

export type AuditEntry = Schema<'AuditEntry'>;

export type PlatformService = Schema<'PlatformService'>;

export interface AuditFilter {
  from?: string;
  to?: string;
  actor?: string;
  action?: string;
  target?: string;
}

/** What administrators see of the platform and do with it, and the audit trail. */
export class PlatformApi {
  constructor(private readonly connection: Connection) {}

  async fileRoots(): Promise<Schema<'FileRoot'>[]> {
    return (await this.connection.send(this.connection.client.GET('/v1/file-roots'))).items;
  }

  addFileRoot(body: Schema<'FileRoot'>): Promise<Schema<'FileRoot'>> {
    return this.connection.send(this.connection.client.POST('/v1/file-roots', { body }));
  }

  async removeFileRoot(name: string): Promise<void> {
    await this.connection.send(this.connection.client.DELETE('/v1/file-roots/{name}', { params: { path: { name } } }));
  }

  async services(): Promise<PlatformService[]> {
    return (await this.connection.send(this.connection.client.GET('/v1/platform/services'))).items;
  }

  async parkedEvents(): Promise<Schema<'ParkedEvent'>[]> {
    return (await this.connection.send(this.connection.client.GET('/v1/admin/events/parked'))).items;
  }

  async replayParkedEvents(topic: string, group: string): Promise<number> {
    return (await this.connection.send(this.connection.client.POST('/v1/admin/events/replay', { body: { topic, group } }))).replayed;
  }

  vaultStatus(): Promise<Schema<'VaultStatus'>> {
    return this.connection.send(this.connection.client.GET('/v1/admin/vault'));
  }

  rotateVault(dataKeys: boolean): Promise<Schema<'VaultRotation'>> {
    return this.connection.send(this.connection.client.POST('/v1/admin/vault/rotate', { body: { dataKeys } }));
  }

  /** Of the workspace, or of the whole platform; newest first. */
  audit(filter: AuditFilter, limit: number, all: boolean): Promise<AuditEntry[]> {
    return this.connection.all(limit, (page) => {
      const query = { ...filter, ...page };
      if (all) return this.connection.client.GET('/v1/audit', { params: { query } });
      return this.connection.client.GET('/v1/workspaces/{ws}/audit', { params: { path: this.connection.path, query } });
    });
  }

  /** The body of an export: lines. */
  async exportAudit({ after, all }: { after?: number; all: boolean }): Promise<ReadableStream<Uint8Array>> {
    const answer = all
      ? this.connection.client.GET('/v1/audit/export', { parseAs: 'stream' })
      : this.connection.client.GET('/v1/workspaces/{ws}/audit/export', {
          params: { path: this.connection.path, query: { after } },
          parseAs: 'stream',
        });
    return (await this.connection.send<unknown>(answer)) as ReadableStream<Uint8Array>;
  }
}
