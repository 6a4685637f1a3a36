import { hasNetworkSettings } from '@smartant/connectors';
import { commonV1, type migratorV1 } from '@smartant/contracts';
import type { Calendar } from '@smartant/shards';
import type { LimitOrder, ResolvedEndpoint, RunOrder } from '../../application/ports/migrator';
import type { MigrationScope, Rates, StorageScope, VerifyLevel } from '../../domain/migration/migration-spec';
import { databaseScopeToProto, postgresToProto } from './database-to-proto';
import { hostScopeToProto, imageToProto, sshToProto } from './host-to-proto';
import { tlsToProto, wayToProto } from './network-to-proto';
import { phaseToProto } from './proto-names';

const VERIFY_LEVELS: Record<VerifyLevel, commonV1.VerifyLevel> = {
  content: commonV1.VerifyLevel.VERIFY_LEVEL_CONTENT,
  checksum: commonV1.VerifyLevel.VERIFY_LEVEL_CHECKSUM,
  inventory: commonV1.VerifyLevel.VERIFY_LEVEL_INVENTORY,
};

export function endpointToProto({ id, workspaceId, location }: ResolvedEndpoint): commonV1.Endpoint {
  return { id, workspaceId, location: locationToProto(location) };
}

function locationToProto(location: ResolvedEndpoint['location']): commonV1.Endpoint['location'] {
  switch (location.kind) {
    case 'file':
      return { $case: 'file', value: { rootPath: location.rootPath, path: location.path } };
    case 'postgres':
      return { $case: 'postgres', value: postgresToProto(location) };
    case 'ssh':
      return { $case: 'ssh', value: sshToProto(location) };
    case 'image':
      return { $case: 'image', value: imageToProto(location) };
    case 's3':
      return s3ToProto(location);
  }
}

function s3ToProto(location: Extract<ResolvedEndpoint['location'], { kind: 's3' }>): commonV1.Endpoint['location'] {
  const { serviceUrl, region, bucket, prefix, tlsCaPem = '' } = location;
  const network = { via: (location.via ?? []).map(wayToProto), tls: tlsToProto(location.tls) };
  const { ADDRESSING_STYLE_PATH, ADDRESSING_STYLE_VIRTUAL } = commonV1.AddressingStyle;
  const addressing = location.addressing === 'path' ? ADDRESSING_STYLE_PATH : ADDRESSING_STYLE_VIRTUAL;
  const $case = hasNetworkSettings(location) ? 'routedS3' : 's3';
  return { $case, value: { serviceUrl, region, bucket, prefix, addressing, tlsCaPem, ...network } };
}

export function scopeToProto(scope: MigrationScope): commonV1.Scope {
  switch (scope.kind) {
    case 'storage':
      return { kind: { $case: 'storage', value: storageScopeToProto(scope.storage) } };
    case 'database':
      return { kind: { $case: 'database', value: databaseScopeToProto(scope.database) } };
    case 'host':
      return { kind: { $case: 'host', value: hostScopeToProto(scope.host) } };
  }
}

function storageScopeToProto(scope: StorageScope): commonV1.StorageScope {
  const { DELETE_POLICY_KEEP, DELETE_POLICY_PROPAGATE } = commonV1.DeletePolicy;
  const { SYMLINK_POLICY_SKIP, SYMLINK_POLICY_FOLLOW } = commonV1.SymlinkPolicy;
  return {
    ...scope,
    // Undecided means that nothing which is found at the target is deleted.
    deletePolicy: scope.deletePolicy === 'propagate' ? DELETE_POLICY_PROPAGATE : DELETE_POLICY_KEEP,
    symlinks: scope.symlinks === 'skip' ? SYMLINK_POLICY_SKIP : SYMLINK_POLICY_FOLLOW,
    verify: VERIFY_LEVELS[scope.verify],
    minSizeBytes: scope.minSizeBytes,
    maxSizeBytes: scope.maxSizeBytes,
  };
}

export function limitOrderToProto({
  limits: { calendar, ...rates },
  limitsVersion,
  shared,
}: LimitOrder): Pick<migratorV1.SetLimitsRequest, 'limits' | 'limitsVersion' | 'sharedLimits'> {
  const sharedLimits = shared.map(({ scope, version, limits }) => ({ scope, version, limits: { ...limits, calendar: undefined } }));
  return { limits: { ...rates, calendar: calendar ? calendarToProto(calendar) : undefined }, limitsVersion, sharedLimits };
}

function calendarToProto({ timeZone, windows, outside }: Calendar): commonV1.Calendar {
  const ratesToProto = (rates: Rates): commonV1.Limits => ({ ...rates, calendar: undefined });
  return {
    timeZone,
    windows: windows.map(({ limits, ...window }) => ({ ...window, limits: limits && ratesToProto(limits) })),
    outside: outside === 'stop' ? undefined : ratesToProto(outside),
  };
}

export function orderToProto(order: RunOrder): migratorV1.StartPhaseRequest {
  const { runId, migrationId, workspaceId, epoch, round, priority, sourceFrozen } = order;
  return {
    runId,
    migrationId,
    workspaceId,
    epoch,
    round,
    priority,
    ...limitOrderToProto(order),
    sourceFrozen,
    phase: phaseToProto(order.phase),
    source: endpointToProto(order.source),
    target: endpointToProto(order.target),
    scope: scopeToProto(order.scope),
  };
}
