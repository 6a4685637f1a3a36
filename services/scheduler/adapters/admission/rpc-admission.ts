import type { RpcAdmission } from '@smartant/platform/grpc';
import type { AdmissionClass } from './admission-class';
import type { SchedulerGate } from './scheduler-gate';

/** Of every RPC that the scheduler serves; a test holds this to the service definitions. */
export const RPC_CLASSES: Record<string, AdmissionClass> = {
  '/smartant.credential.v1.CredentialService/Resolve': 'transition',
  '/smartant.migration.v1.MigrationService/CreateMigration': 'transition',
  '/smartant.migration.v1.MigrationService/ControlMigration': 'transition',
  '/smartant.migration.v1.MigrationService/GetMigration': 'read',
  '/smartant.migration.v1.MigrationService/ListMigrations': 'list',
  '/smartant.migration.v1.MigrationService/WatchMigration': 'stream',
};

/** Puts the scheduler's gRPC server behind the same gate as its REST API. */
export function rpcAdmission(gate: SchedulerGate): RpcAdmission {
  return (path, caller, signal) => gate.enter(RPC_CLASSES[path] ?? 'read', `service:${caller}`, signal);
}
