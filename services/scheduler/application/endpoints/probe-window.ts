import { newId } from '@smartant/kernel';
import type { MigrationKind } from '../../domain/migration/migration-spec';
import type { Access } from '../ports/migrator';
import type { Probe, UnitOfWork } from '../ports/unit-of-work';

/** Longer than the longest call under a probe (Precheck has 120 s). */
const PROBE_TTL_MS = 180_000;

/** Runs a call during which the migrator may resolve the secrets of these endpoints, and not a moment longer. */
export async function withProbe<T>(
  unitOfWork: UnitOfWork,
  workspaceId: string,
  kind: MigrationKind,
  endpoints: Probe['endpoints'],
  call: (access: Access) => Promise<T>,
): Promise<T> {
  const probe: Probe = { id: newId('probe'), epoch: 1, workspaceId, endpoints, kind };
  await unitOfWork.direct.probes.open(probe, PROBE_TTL_MS);
  try {
    return await call({ runId: probe.id, epoch: probe.epoch });
  } finally {
    await unitOfWork.direct.probes.close(probe.id);
  }
}
