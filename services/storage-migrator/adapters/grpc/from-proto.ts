import { commonV1, type migratorV1 } from '@smartant/contracts';
import { globProblem } from '@smartant/kernel';
import { assertCalendarValid, type Calendar, type Limits as Rates, type Weekday } from '@smartant/shards';
import { tlsFromProto, wayFromProto } from './network-from-proto';
import { invalid } from './request-invalid';
import { RUN_PHASES, type Access, type Endpoint, type Limits, type RunOrder, type RunPhase, type StorageScope } from '../../domain/run';

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
  return { id, workspaceId, location: { kind: 'file', ...required(location?.value, `${field}.location`) } };
}

export function accessFromProto(access: migratorV1.Access | undefined): Access {
  const { runId, epoch } = required(access, 'access');
  return { runId, epoch };
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

/** A filter that matches nothing by mistake would migrate nothing, and prove that it did. */
function assertGlobs(globs: string[], field: string): void {
  globs.forEach((glob, index) => {
    if (globProblem(glob) !== undefined) throw invalid(`${field}.${index}`);
  });
}

function verifyLevelFromProto(level: commonV1.VerifyLevel): StorageScope['verify'] {
  if (level === commonV1.VerifyLevel.VERIFY_LEVEL_CHECKSUM) return 'checksum';
  return level === commonV1.VerifyLevel.VERIFY_LEVEL_INVENTORY ? 'inventory' : 'content';
}

/** What a migration is limited by, with what it shares with others. Raises CALENDAR_INVALID. */
export function limitsFromProto(told: Pick<migratorV1.SetLimitsRequest, 'limits' | 'limitsVersion' | 'sharedLimits'>): Limits {
  const calendar = calendarFromProto(told.limits?.calendar);
  if (calendar) assertCalendarValid(calendar, 'limits.calendar');
  const shared = told.sharedLimits.map(({ scope, version, limits }) => ({ scope, version, limits: ratesFromProto(limits) }));
  return { ...ratesFromProto(told.limits), calendar, version: told.limitsVersion, shared };
}

function ratesFromProto(limits: commonV1.Limits | undefined): Rates {
  const { bytesPerSecond = 0, requestsPerSecond = 0, concurrency = 0 } = limits ?? {};
  return { bytesPerSecond, requestsPerSecond, concurrency };
}

function calendarFromProto(calendar: commonV1.Calendar | undefined): Calendar | null {
  if (!calendar) return null;
  const windows = calendar.windows.map(({ days, from, to, limits }) => ({
    days: days as Weekday[],
    from,
    to,
    ...(limits && { limits: ratesFromProto(limits) }),
  }));
  return { timeZone: calendar.timeZone, windows, outside: calendar.outside ? ratesFromProto(calendar.outside) : 'stop' };
}

/** Raises REQUEST_INVALID, also for a phase that is no run. */
export function orderFromProto(request: migratorV1.StartPhaseRequest): RunOrder {
  const { runId, migrationId, workspaceId, epoch, sourceFrozen, round, priority } = request;
  for (const [field, value] of Object.entries({ runId, migrationId, epoch })) if (!value) throw invalid(field);
  const name = commonV1.phaseToJSON(request.phase).replace('PHASE_', '').toLowerCase();
  if (!RUN_PHASES.some((phase) => phase === name)) throw invalid('phase');
  if (priority > 9) throw invalid('priority');
  return {
    runId,
    migrationId,
    workspaceId,
    epoch,
    sourceFrozen,
    round,
    phase: name as RunPhase,
    source: endpointFromProto(request.source, 'source'),
    target: endpointFromProto(request.target, 'target'),
    scope: scopeFromProto(request.scope),
    limits: limitsFromProto(request),
    priority: priority || undefined,
  };
}

function required<T>(value: T | undefined, field: string): T {
  if (value === undefined) throw invalid(field);
  return value;
}
