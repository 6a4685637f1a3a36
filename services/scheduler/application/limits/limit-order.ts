import type { DrivenMigration } from '../../domain/migration/driven-migration';
import type { LimitOrder } from '../ports/migrator';
import type { LimitScope, Stores } from '../ports/unit-of-work';

const VERSIONS_A_RUN = 1_000_000;

/** All that limits a migration now. */
export async function limitOrder(stores: Stores, migration: DrivenMigration): Promise<LimitOrder> {
  const { spec, epoch, version } = migration;
  const endpoints = [...new Set([spec.sourceEndpointId, spec.targetEndpointId])].map((id) => ({ kind: 'endpoint', id }) as const);
  const scopes: LimitScope[] = [...endpoints, { kind: 'workspace', id: migration.workspaceId }];
  const shared = await stores.scopeLimits.find(scopes);
  return {
    limits: spec.limits,
    // By the epoch first: a restored database may have forgotten versions, but its next run has an epoch above all others.
    limitsVersion: epoch * VERSIONS_A_RUN + Math.min(version, VERSIONS_A_RUN - 1),
    shared: shared.map(({ kind, id, limits, version: changed }) => ({ scope: `${kind}:${id}`, version: changed, limits })),
  };
}
