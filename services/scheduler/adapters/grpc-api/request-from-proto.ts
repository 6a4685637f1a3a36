import { type commonV1, migrationV1 } from '@smartant/contracts';
import { SmartantError } from '@smartant/kernel';
import type { MigrationInput, PageRequest } from '../../application/use-cases';
import type { Calendar, Weekday } from '@smartant/shards';
import { DEFAULT_DATABASE_SCOPE, type DatabaseScope } from '../../domain/migration/database-scope';
import { DEFAULT_HOST_SCOPE, type HealthProbe, type HostLayout, type HostScope } from '../../domain/migration/host-scope';
import {
  DEFAULT_PRIORITY,
  DEFAULT_STORAGE_SCOPE,
  NO_LIMITS,
  type Limits,
  type Rates,
  type StorageScope,
} from '../../domain/migration/migration-spec';
import { ACTIONS, type Action } from '../../domain/migration/phase';

const INCREMENTAL_INTERVAL_SECONDS = 60;

const DELETE_POLICIES = [DEFAULT_STORAGE_SCOPE.deletePolicy, 'keep', 'propagate'] as const;
const SYMLINK_POLICIES = [DEFAULT_STORAGE_SCOPE.symlinks, 'skip', 'follow'] as const;
const DATABASE_MODES = [DEFAULT_DATABASE_SCOPE.mode, 'live', 'snapshot'] as const;
const TARGET_POLICIES = [DEFAULT_DATABASE_SCOPE.targetPolicy, 'refuse', 'append', 'replace'] as const;
const DATABASE_VERIFY = [DEFAULT_DATABASE_SCOPE.verify, 'content', 'counts', 'frozen'] as const;
const HOST_ENGINES = [DEFAULT_HOST_SCOPE.engine, 'files', 'blocks'] as const;
const SOURCE_AFTER = [DEFAULT_HOST_SCOPE.sourceAfter, 'keep', 'network-off', 'power-off'] as const;
const NETWORK_MODES = ['dhcp', 'dhcp', 'keep', 'static'] as const;
const HOST_VERIFY = [DEFAULT_HOST_SCOPE.verify, 'content', 'metadata'] as const;
const COMPRESSION = [DEFAULT_HOST_SCOPE.compress, 'auto', 'always', 'never'] as const;
const VERIFY_LEVELS = [DEFAULT_STORAGE_SCOPE.verify, 'content', 'checksum', 'inventory'] as const;

/** proto3 can't tell an absent value from a zero, so zero and "unspecified" stand for the default; an absent scope is all defaults. */
export function migrationInput(request: migrationV1.CreateMigrationRequest): MigrationInput {
  const mode = request.automaticCutover ? ('automatic' as const) : ('manual' as const);
  const scope = request.scope?.kind;
  return {
    ...(request.name === '' ? {} : { name: request.name }),
    source: { endpoint: required('source_endpoint_id', request.sourceEndpointId) },
    target: { endpoint: required('target_endpoint_id', request.targetEndpointId) },
    spec: {
      limits: limitsOf(request.limits),
      priority: request.priority || DEFAULT_PRIORITY,
      cutover: { mode, sourceFrozen: request.sourceFrozen, finalize: 'manual' },
      ...kindOf(scope),
    },
  };
}

function kindOf(scope: commonV1.Scope['kind']) {
  switch (scope?.$case) {
    case 'database':
      return { kind: 'database' as const, database: databaseScopeOf(scope.value) };
    case 'host':
      return { kind: 'host' as const, host: hostScopeOf(scope.value), incrementalIntervalSeconds: INCREMENTAL_INTERVAL_SECONDS };
    default:
      return { kind: 'storage' as const, storage: storageScope(scope?.value), incrementalIntervalSeconds: INCREMENTAL_INTERVAL_SECONDS };
  }
}

function limitsOf(limits: commonV1.Limits | undefined): Limits {
  return limits ? { ...ratesOf(limits), calendar: limits.calendar ? calendarOf(limits.calendar) : null } : NO_LIMITS;
}

function ratesOf({ bytesPerSecond, requestsPerSecond, concurrency }: commonV1.Limits): Rates {
  return { bytesPerSecond, requestsPerSecond, concurrency };
}

/** Its days and times are looked at where every migration's are. */
function calendarOf({ timeZone, windows, outside }: commonV1.Calendar): Calendar {
  return {
    timeZone,
    windows: windows.map(({ days, from, to, limits }) => ({
      days: days as Weekday[],
      from,
      to,
      ...(limits && { limits: ratesOf(limits) }),
    })),
    outside: outside ? ratesOf(outside) : 'stop',
  };
}

function storageScope(scope: commonV1.StorageScope | undefined): StorageScope {
  if (!scope) return DEFAULT_STORAGE_SCOPE;
  const { include, exclude, filesFrom, minSizeBytes, maxSizeBytes, directoryMarkers, partSizeBytes } = scope;
  return {
    include,
    exclude,
    filesFrom,
    minSizeBytes,
    maxSizeBytes,
    directoryMarkers,
    partSizeBytes,
    deletePolicy: oneOf(DELETE_POLICIES, scope.deletePolicy, 'scope.storage.delete_policy'),
    symlinks: oneOf(SYMLINK_POLICIES, scope.symlinks, 'scope.storage.symlinks'),
    verify: oneOf(VERIFY_LEVELS, scope.verify, 'scope.storage.verify'),
    maxDeletes: scope.maxDeletes || DEFAULT_STORAGE_SCOPE.maxDeletes,
    quarantineCap: scope.quarantineCap || DEFAULT_STORAGE_SCOPE.quarantineCap,
  };
}

/** Its booleans are taken as they are sent: who gives a scope says all that it switches on. */
function databaseScopeOf(scope: commonV1.DatabaseScope): DatabaseScope {
  const mode = oneOf(DATABASE_MODES, scope.mode, 'scope.database.mode');
  return {
    ...scope,
    mode,
    targetPolicy: oneOf(TARGET_POLICIES, scope.targetPolicy, 'scope.database.target_policy'),
    verify: oneOf(DATABASE_VERIFY, scope.verify, 'scope.database.verify'),
    quarantineCap: scope.quarantineCap || DEFAULT_DATABASE_SCOPE.quarantineCap,
  };
}

/** Its booleans and times are taken as they are sent. */
function hostScopeOf(scope: commonV1.HostScope): HostScope {
  const { keepMachineId, newSshHostKeys, neverDirect, ...same } = scope;
  const at = (name: string): string => `scope.host.${name}`;
  return {
    ...same,
    engine: oneOf(HOST_ENGINES, scope.engine, at('engine')),
    layout: (scope.layout as HostLayout | undefined) ?? null,
    sourceAfter: oneOf(SOURCE_AFTER, scope.sourceAfter, at('source_after')),
    network: scope.network.map((plan, index) => ({ ...plan, mode: oneOf(NETWORK_MODES, plan.mode, at(`network.${index}.mode`)) })),
    machineId: keepMachineId ? 'keep' : 'new',
    sshHostKeys: newSshHostKeys ? 'new' : 'keep',
    probes: scope.probes.map((probe, index) => probeOf(probe, at(`probes.${index}`))),
    verify: oneOf(HOST_VERIFY, scope.verify, at('verify')),
    compress: oneOf(COMPRESSION, scope.compress, at('compress')),
    direct: neverDirect ? 'never' : 'auto',
    quarantineCap: scope.quarantineCap || DEFAULT_HOST_SCOPE.quarantineCap,
  };
}

function probeOf({ kind, timeoutMs }: commonV1.HealthProbe, field: string): HealthProbe {
  switch (kind?.$case) {
    case 'ssh':
      return { kind: 'ssh', timeoutMs };
    case 'tcp':
      return { kind: 'tcp', ...kind.value, timeoutMs };
    case 'http':
      return { kind: 'http', ...kind.value, timeoutMs };
    case 'mount':
      return { kind: 'mount', ...kind.value, timeoutMs };
    case 'service':
      return { kind: 'service', ...kind.value, timeoutMs };
    default:
      throw invalid(field, 'must be one of ssh, tcp, http, mount, service');
  }
}

/** Members in the order of the enum; the first stands for "unspecified". A newer client may send one that is not known here. */
function oneOf<T extends string>(members: readonly T[], index: number, field: string): T {
  const member = members[index];
  if (member !== undefined) return member;
  throw invalid(field, `must be one of ${members.slice(1).join(', ')}`);
}

/** Raises REQUEST_INVALID for an action that is unspecified, or of a newer client. */
export function actionOf(request: migrationV1.ControlMigrationRequest): Action {
  const name = migrationV1.controlMigrationRequest_ActionToJSON(request.action).replace('ACTION_', '').toLowerCase();
  const action = ACTIONS.find((known) => known === name);
  if (action) return action;
  throw invalid('action', `must be one of ${ACTIONS.join(', ')}`);
}

export function pageRequest({ pageSize, pageToken }: migrationV1.ListMigrationsRequest): PageRequest {
  if (pageSize > 200) throw invalid('page_size', 'must be at most 200');
  return { ...(pageSize === 0 ? {} : { pageSize }), ...(pageToken === '' ? {} : { pageToken }) };
}

export function requestIdOf({ requestId }: { requestId: string }): string | undefined {
  if (requestId.length > 128) throw invalid('request_id', 'must be at most 128 characters long');
  return requestId === '' ? undefined : requestId;
}

export function required(field: string, value: string): string {
  if (value !== '') return value;
  throw invalid(field, 'is missing');
}

function invalid(field: string, message: string): SmartantError {
  return new SmartantError('REQUEST_INVALID', `${field} ${message}.`, {
    kind: 'invalid',
    hint: 'Correct the field and send it again.',
    fields: [{ field, message }],
  });
}
