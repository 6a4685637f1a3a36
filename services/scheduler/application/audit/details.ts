import type { Endpoint, EndpointLocation } from '../../domain/endpoint/endpoint';
import type { MigrationSpec } from '../../domain/migration/migration-spec';
import type { DrivenMigration } from '../../domain/migration/driven-migration';
import type { AuditDetail, AuditTarget } from '../ports/audit';

/** How many ids of a list are named. */
const MOST_IDS = 100;

export const endpointTarget = ({ id, name }: Endpoint): AuditTarget => ({ kind: 'endpoint', id, name });
export const fileRootTarget = (name: string): AuditTarget => ({ kind: 'file-root', id: name, name });
export const migrationTarget = ({ id, name }: DrivenMigration): AuditTarget => ({ kind: 'migration', id, name });

/** An endpoint without its secret, which is kept apart from it. */
export function endpointDetail({ location }: Endpoint): AuditDetail {
  return { location: locationDetail(location) };
}

/** A certificate authority is no secret, but thousands of characters that nobody reads. */
function locationDetail(location: EndpointLocation): AuditDetail {
  if (location.kind === 'file' || location.kind === 'image' || location.kind === 'ssh') return { ...location };
  const { tlsCaPem, ...rest } = location;
  return { ...rest, ownCertificateAuthority: tlsCaPem !== undefined };
}

/** What a migration was made with. A list of keys is only counted. */
export function createdDetail({ spec }: DrivenMigration, source: Endpoint, target: Endpoint): AuditDetail {
  const side = (endpoint: Endpoint) => ({ endpointId: endpoint.id, ...endpointDetail(endpoint) });
  return {
    source: side(source),
    target: side(target),
    ...scopeDetail(spec),
    limits: spec.limits,
    cutover: spec.cutover,
    priority: spec.priority,
  };
}

/** Conditions over rows may name whom they are about, and scripts may hold anything: only the tables that have one, and names, are told. */
function scopeDetail(spec: MigrationSpec): AuditDetail {
  if (spec.kind === 'database') {
    const { rows, ...database } = spec.database;
    return { database: { ...database, tablesWithCondition: rows.map(({ table }) => table) } };
  }
  if (spec.kind === 'host') {
    const { actions, layout, ...host } = spec.host;
    return { host: { ...host, hasLayout: layout !== null, actions: actions.map(({ name }) => name) } };
  }
  const { filesFrom, ...storage } = spec.storage;
  return { storage: { ...storage, filesFromCount: filesFrom.length }, incrementalIntervalSeconds: spec.incrementalIntervalSeconds };
}

/** Where a migration stands. */
export function standing({ phase, status, version }: DrivenMigration): AuditDetail {
  return { phase, status, version };
}

export function ofLimits({ spec }: DrivenMigration): AuditDetail {
  return { ...spec.limits };
}

/** Quarantined units by their ids: keys of objects may say more than an auditor is to read. */
export function failuresDetail(failures: readonly { id: string }[], reason: string): AuditDetail {
  return { count: failures.length, failureIds: failures.slice(0, MOST_IDS).map(({ id }) => id), reason };
}
