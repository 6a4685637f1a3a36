import { EntitySchema } from 'typeorm';
import type { EndpointLocation } from '../../domain/endpoint/endpoint';

export interface WorkspaceRow {
  id: string;
  name: string;
}
export const WorkspaceEntity = new EntitySchema<WorkspaceRow>({
  name: 'workspace',
  columns: { id: { type: 'text', primary: true }, name: { type: 'text' } },
});

export interface EndpointRow {
  id: string;
  workspaceId: string;
  name: string;
  location: EndpointLocation;
  ownedByMigrationId: string | null;
  createdAt: Date;
  updatedAt: Date;
  needsSecret?: boolean;
}
export const EndpointEntity = new EntitySchema<EndpointRow>({
  name: 'endpoint',
  columns: {
    id: { type: 'text', primary: true },
    workspaceId: { type: 'text', name: 'workspace_id' },
    name: { type: 'text' },
    location: { type: 'json' },
    ownedByMigrationId: { type: 'text', name: 'owned_by_migration_id', nullable: true },
    createdAt: { type: 'timestamptz', name: 'created_at' },
    updatedAt: { type: 'timestamptz', name: 'updated_at' },
    needsSecret: { type: 'boolean', name: 'needs_secret', default: false },
  },
});

export interface EndpointSecretRow {
  endpointId: string;
  workspaceId: string;
  sealed: string;
}
export const EndpointSecretEntity = new EntitySchema<EndpointSecretRow>({
  name: 'endpoint_secret',
  columns: {
    endpointId: { type: 'text', name: 'endpoint_id', primary: true },
    workspaceId: { type: 'text', name: 'workspace_id' },
    sealed: { type: 'text' },
  },
});

export interface FileRootRow {
  name: string;
  path: string;
}
export const FileRootEntity = new EntitySchema<FileRootRow>({
  name: 'file_root',
  columns: { name: { type: 'text', primary: true }, path: { type: 'text' } },
});

export interface ReportKeyRow {
  keyId: string;
  publicKeyPem: string;
  sealedPrivateKey: string;
  createdAt: Date;
  retiredAt: Date | null;
}
export const ReportKeyEntity = new EntitySchema<ReportKeyRow>({
  name: 'report_key',
  columns: {
    keyId: { type: 'text', name: 'key_id', primary: true },
    publicKeyPem: { type: 'text', name: 'public_key_pem' },
    sealedPrivateKey: { type: 'text', name: 'sealed_private_key' },
    createdAt: { type: 'timestamptz', name: 'created_at' },
    retiredAt: { type: 'timestamptz', name: 'retired_at', nullable: true },
  },
});

export const schedulerEntities = [WorkspaceEntity, EndpointEntity, EndpointSecretEntity, FileRootEntity, ReportKeyEntity];
