import { commonV1, type migratorV1 } from '@smartant/contracts';
import { assertGlobs, orderCommonsFromProto, required, tlsFromProto, wayFromProto } from '@smartant/runs/adapters';
import { RUN_PHASES, type Endpoint, type RunOrder, type StorageScope } from '../../domain/run';

/** Raises REQUEST_INVALID, naming the field. */
export function endpointFromProto(endpoint: commonV1.Endpoint | undefined, field: string): Endpoint {
  const { id, workspaceId, location } = required(endpoint, field);
  if (location?.$case === 's3' || location?.$case === 'routedS3') {
    const { addressing, tlsCaPem, via, tls, ...s3 } = location.value;
    const virtual = addressing === commonV1.AddressingStyle.ADDRESSING_STYLE_VIRTUAL;
    const network = {
      via: via.map((way, index) => wayFromProto(way, `${field}.via.${index}`)),
      tls: tlsFromProto(tls, `${field}.tls`),
      tlsCaPem: tlsCaPem || undefined,
    };
    return { id, workspaceId, location: { kind: 's3', ...s3, addressing: virtual ? 'virtual' : 'path', ...network } };
  }
  const file = location?.$case === 'file' ? location.value : undefined;
  return { id, workspaceId, location: { kind: 'file', ...required(file, `${field}.location`) } };
}

/** Unspecified choices are the safe ones: extras are kept, links are skipped, content is read. Raises REQUEST_INVALID, also for a malformed glob. */
export function scopeFromProto(scope: commonV1.Scope | undefined): StorageScope {
  const storage = required(scope?.kind?.$case === 'storage' ? scope.kind.value : undefined, 'scope.storage');
  assertGlobs(storage.include, 'scope.storage.include');
  assertGlobs(storage.exclude, 'scope.storage.exclude');
  return {
    include: storage.include,
    exclude: storage.exclude,
    filesFrom: storage.filesFrom,
    minSizeBytes: storage.minSizeBytes,
    maxSizeBytes: storage.maxSizeBytes,
    deletePolicy: storage.deletePolicy === commonV1.DeletePolicy.DELETE_POLICY_PROPAGATE ? 'propagate' : 'keep',
    maxDeletes: storage.maxDeletes,
    symlinks: storage.symlinks === commonV1.SymlinkPolicy.SYMLINK_POLICY_FOLLOW ? 'follow' : 'skip',
    directoryMarkers: storage.directoryMarkers,
    verify: verifyLevelFromProto(storage.verify),
    quarantineCap: storage.quarantineCap,
    partSizeBytes: storage.partSizeBytes,
  };
}

function verifyLevelFromProto(level: commonV1.VerifyLevel): StorageScope['verify'] {
  if (level === commonV1.VerifyLevel.VERIFY_LEVEL_CHECKSUM) return 'checksum';
  return level === commonV1.VerifyLevel.VERIFY_LEVEL_INVENTORY ? 'inventory' : 'content';
}

/** Raises REQUEST_INVALID, also for a phase that is no run. */
export function orderFromProto(request: migratorV1.StartPhaseRequest): RunOrder {
  return {
    ...orderCommonsFromProto(request, RUN_PHASES),
    source: endpointFromProto(request.source, 'source'),
    target: endpointFromProto(request.target, 'target'),
    scope: scopeFromProto(request.scope),
  };
}
