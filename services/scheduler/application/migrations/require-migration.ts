import { SmartantError } from '@smartant/kernel';
import type { DrivenMigration } from '../../domain/migration/driven-migration';
import type { Stores } from '../ports/unit-of-work';

/** Raises MIGRATION_NOT_FOUND, also for a migration of another workspace. */
export async function requireMigration(
  stores: Stores,
  workspaceId: string,
  id: string,
  mode: 'read' | 'lock' = 'read',
): Promise<DrivenMigration> {
  const { migrations } = stores;
  const found = mode === 'lock' ? await migrations.lock(workspaceId, id) : await migrations.find(workspaceId, id);
  if (found) return found;
  throw new SmartantError('MIGRATION_NOT_FOUND', `There is no migration "${id}" in this workspace.`, {
    kind: 'not-found',
    hint: 'List the migrations to see their ids.',
  });
}
