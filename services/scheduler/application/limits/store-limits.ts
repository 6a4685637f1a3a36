import { tellLimits } from '../../domain/migration/apply-user-event';
import type { Rates } from '../../domain/migration/migration-spec';
import type { LimitScope, Stores } from '../ports/unit-of-work';

/** Keeps the limits of a scope and orders every run concerned to be told, in one transaction. Resolves with their migrations' ids. */
export async function storeLimits(stores: Stores, workspaceId: string, scope: LimitScope, limits: Rates): Promise<string[]> {
  await stores.scopeLimits.save(scope, limits);
  const active = await stores.migrations.lockActive(workspaceId, scope.kind === 'endpoint' ? scope.id : null);
  const told = active.map(tellLimits).filter(({ limitsDue }) => limitsDue);
  for (const migration of told) await stores.migrations.update(migration);
  return told.map(({ id }) => id);
}
