import { SmartantError } from '@smartant/kernel';
import { isUniqueViolation, type Transaction } from '@smartant/platform/postgres';
import { IsNull, LessThan, type FindOptionsWhere } from 'typeorm';
import type { EndpointStore, FileRootStore } from '../../application/ports/unit-of-work';
import type { Endpoint, FileRoot } from '../../domain/endpoint/endpoint';
import { EndpointEntity, EndpointSecretEntity, FileRootEntity, type EndpointRow } from './entities';

export class EndpointRows implements EndpointStore {
  constructor(private readonly tx: Transaction) {}

  async insert(endpoint: Endpoint, sealed: string): Promise<void> {
    const row: EndpointRow = { ...endpoint, createdAt: new Date(endpoint.createdAt), updatedAt: new Date(endpoint.updatedAt) };
    try {
      await this.tx.manager.insert(EndpointEntity, row as never);
    } catch (error) {
      if (!isUniqueViolation(error, 'endpoint_name')) throw error;
      throw nameTaken('ENDPOINT_NAME_TAKEN', `There is an endpoint "${endpoint.name}" already.`);
    }
    await this.tx.manager.insert(EndpointSecretEntity, { endpointId: endpoint.id, workspaceId: endpoint.workspaceId, sealed });
  }

  async find(workspaceId: string, idOrName: string): Promise<Endpoint | null> {
    const rows = this.tx.manager.getRepository(EndpointEntity);
    const byId: FindOptionsWhere<EndpointRow> = { workspaceId, id: idOrName };
    const byName: FindOptionsWhere<EndpointRow> = { workspaceId, name: idOrName, ownedByMigrationId: IsNull() };
    const row = (await rows.findOneBy(byId)) ?? (await rows.findOneBy(byName));
    return row && toEndpoint(row);
  }

  async lock(workspaceId: string, id: string): Promise<Endpoint | null> {
    const rows = this.tx.manager.getRepository(EndpointEntity);
    const row = await rows.findOne({ where: { workspaceId, id }, lock: { mode: 'pessimistic_write' } });
    return row && toEndpoint(row);
  }

  async update({ id, location, updatedAt }: Endpoint, sealed: string | null): Promise<void> {
    await this.tx.query('UPDATE endpoint SET location = $2, updated_at = $3 WHERE id = $1', [id, JSON.stringify(location), updatedAt]);
    if (sealed === null) return;
    await this.tx.query('UPDATE endpoint_secret SET sealed = $2 WHERE endpoint_id = $1', [id, sealed]);
    await this.tx.query('UPDATE endpoint SET needs_secret = false WHERE id = $1 AND needs_secret', [id]);
  }

  async page(workspaceId: string, beforeId: string | null, limit: number): Promise<Endpoint[]> {
    const where: FindOptionsWhere<EndpointRow> = {
      workspaceId,
      ownedByMigrationId: IsNull(),
      ...(beforeId === null ? {} : { id: LessThan(beforeId) }),
    };
    const rows = await this.tx.manager.getRepository(EndpointEntity).find({ where, order: { id: 'DESC' }, take: limit });
    return rows.map(toEndpoint);
  }

  async keepCertificateLife(endpointId: string, life: { from: Date; until: Date } | null): Promise<void> {
    await this.tx.query('UPDATE endpoint_secret SET certificate_from = $2, certificate_until = $3 WHERE endpoint_id = $1', [
      endpointId,
      life?.from ?? null,
      life?.until ?? null,
    ]);
  }

  sealedSecret(endpointId: string): Promise<{ workspaceId: string; sealed: string } | null> {
    return this.tx.manager.getRepository(EndpointSecretEntity).findOneBy({ endpointId });
  }

  async remove(id: string): Promise<void> {
    await this.tx.query('DELETE FROM endpoint WHERE id = $1', [id]);
    await this.tx.query(`DELETE FROM scope_limit WHERE kind = 'endpoint' AND id = $1`, [id]);
  }

  async removeOwnedBy(migrationId: string): Promise<void> {
    const own = 'SELECT id FROM endpoint WHERE owned_by_migration_id = $1';
    await this.tx.query(`DELETE FROM scope_limit WHERE kind = 'endpoint' AND id IN (${own})`, [migrationId]);
    await this.tx.query('DELETE FROM endpoint WHERE owned_by_migration_id = $1', [migrationId]);
  }
}

function toEndpoint(row: EndpointRow): Endpoint {
  return { ...row, createdAt: row.createdAt.toISOString(), updatedAt: row.updatedAt.toISOString() };
}

export class FileRootRows implements FileRootStore {
  constructor(private readonly tx: Transaction) {}

  list(): Promise<FileRoot[]> {
    return this.tx.manager.getRepository(FileRootEntity).find({ order: { name: 'ASC' } });
  }

  find(name: string): Promise<FileRoot | null> {
    return this.tx.manager.getRepository(FileRootEntity).findOneBy({ name });
  }

  async insert(root: FileRoot): Promise<void> {
    try {
      await this.tx.manager.insert(FileRootEntity, { name: root.name, path: root.path });
    } catch (error) {
      if (!isUniqueViolation(error, 'file_root_pkey')) throw error;
      throw nameTaken('FILE_ROOT_NAME_TAKEN', `There is a file root "${root.name}" already, with another path.`);
    }
  }

  async remove(name: string): Promise<boolean> {
    return (await this.tx.query('DELETE FROM file_root WHERE name = $1 RETURNING name', [name])).length > 0;
  }

  async inUse(name: string): Promise<boolean> {
    const sql = "SELECT 1 FROM endpoint WHERE location->>'kind' IN ('file', 'image') AND location->>'root' = $1 LIMIT 1";
    return (await this.tx.query(sql, [name])).length > 0;
  }
}

function nameTaken(code: string, message: string): SmartantError {
  return new SmartantError(code, message, {
    kind: 'conflict',
    hint: 'Choose another name, or remove that one first.',
    fields: [{ field: 'name', message: 'is taken' }],
  });
}
