import { commonV1, migrationV1 } from '@smartant/contracts';
import type { Migration } from '../../domain/migration/migration';

/** A migration as internal clients see it. */
export function migrationToProto(migration: Migration): migrationV1.Migration {
  const { spec, phase, status, runId, ledger, error } = migration;
  return {
    id: migration.id,
    workspaceId: migration.workspaceId,
    name: migration.name,
    sourceEndpointId: spec.sourceEndpointId,
    targetEndpointId: spec.targetEndpointId,
    phase: commonV1.phaseFromJSON(`PHASE_${phase.toUpperCase()}`),
    status: commonV1.statusFromJSON(`STATUS_${status.toUpperCase()}`),
    version: migration.version,
    runId: runId ?? '',
    ledger: commonV1.Ledger.fromPartial(ledger),
    errorCode: error?.code ?? '',
    errorMessage: error?.message ?? '',
    createdAt: migration.createdAt,
    updatedAt: migration.updatedAt,
  };
}
