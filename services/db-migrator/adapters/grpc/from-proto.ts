import type { PostgresLocation } from '@smartant/connectors';
import { commonV1, type migratorV1 } from '@smartant/contracts';
import { assertGlobs, invalid, orderCommonsFromProto, required, tlsFromProto, wayFromProto } from '@smartant/runs/adapters';
import type { DatabaseScope } from '../../domain/database-scope';
import type { Endpoint, RunOrder } from '../../domain/run';
import { RUN_PHASES } from '../../domain/stages';

const { TlsMode, DatabaseMode, TargetPolicy, DatabaseVerify } = commonV1;

const TLS_MODES: Partial<Record<commonV1.TlsMode, PostgresLocation['tlsMode']>> = {
  [TlsMode.TLS_MODE_DISABLE]: 'disable',
  [TlsMode.TLS_MODE_REQUIRE]: 'require',
  [TlsMode.TLS_MODE_VERIFY_CA]: 'verify-ca',
  [TlsMode.TLS_MODE_VERIFY_FULL]: 'verify-full',
};
/** Unspecified choices are the safe ones: nothing of the target is touched, every row is compared. */
const MODES: Partial<Record<commonV1.DatabaseMode, DatabaseScope['mode']>> = {
  [DatabaseMode.DATABASE_MODE_UNSPECIFIED]: 'live',
  [DatabaseMode.DATABASE_MODE_LIVE]: 'live',
  [DatabaseMode.DATABASE_MODE_SNAPSHOT]: 'snapshot',
};
const POLICIES: Partial<Record<commonV1.TargetPolicy, DatabaseScope['targetPolicy']>> = {
  [TargetPolicy.TARGET_POLICY_UNSPECIFIED]: 'refuse',
  [TargetPolicy.TARGET_POLICY_REFUSE]: 'refuse',
  [TargetPolicy.TARGET_POLICY_APPEND]: 'append',
  [TargetPolicy.TARGET_POLICY_REPLACE]: 'replace',
};
const LEVELS: Partial<Record<commonV1.DatabaseVerify, DatabaseScope['verify']>> = {
  [DatabaseVerify.DATABASE_VERIFY_UNSPECIFIED]: 'content',
  [DatabaseVerify.DATABASE_VERIFY_CONTENT]: 'content',
  [DatabaseVerify.DATABASE_VERIFY_COUNTS]: 'counts',
  [DatabaseVerify.DATABASE_VERIFY_FROZEN]: 'frozen',
};

/** Connections that one migration may open for its tables, or for its indexes. */
const MOST_JOBS = 64;

/** Raises REQUEST_INVALID, naming the field. */
export function endpointFromProto(endpoint: commonV1.Endpoint | undefined, field: string): Endpoint {
  const { id, workspaceId, location } = required(endpoint, field);
  const postgres = required(location?.$case === 'postgres' ? location.value : undefined, `${field}.location`);
  const { host, port, database, user, tlsMode, tlsCaPem, via, tls } = postgres;
  for (const [name, value] of Object.entries({ host, database, user })) if (value === '') throw invalid(`${field}.${name}`);
  if (port < 1 || port > 65_535) throw invalid(`${field}.port`);
  const network = {
    via: via.map((way, index) => wayFromProto(way, `${field}.via.${index}`)),
    tls: tlsFromProto(tls, `${field}.tls`),
    tlsCaPem: tlsCaPem || undefined,
  };
  const mode = required(TLS_MODES[tlsMode], `${field}.tls_mode`);
  return { id, workspaceId, location: { kind: 'postgres', host, port, database, user, tlsMode: mode, ...network } };
}

/** Raises REQUEST_INVALID, naming the field. */
export function scopeFromProto(scope: commonV1.Scope | undefined): DatabaseScope {
  const database = required(scope?.kind?.$case === 'database' ? scope.kind.value : undefined, 'scope.database');
  const at = (name: string): string => `scope.database.${name}`;
  assertGlobs(database.includeSchemas, at('include_schemas'));
  assertGlobs(database.excludeSchemas, at('exclude_schemas'));
  assertGlobs(database.includeTables, at('include_tables'));
  assertGlobs(database.excludeTables, at('exclude_tables'));
  database.rows.forEach(({ table, where }, index) => {
    if (!table.includes('.') || where.trim() === '') throw invalid(at(`rows.${index}`));
  });
  database.renames.forEach(({ from, to }, index) => {
    if (from === '' || to === '' || database.renames.findIndex((other) => other.from === from) !== index)
      throw invalid(at(`renames.${index}`));
  });
  database.tablespaces.forEach(({ from, to }, index) => {
    if (from === '' || to === '' || database.tablespaces.findIndex((other) => other.from === from) !== index)
      throw invalid(at(`tablespaces.${index}`));
  });
  database.columns.forEach(({ table, exclude, renames }, index) => {
    const isNamed = [...exclude, ...renames.flatMap(({ from, to }) => [from, to])].every((name) => name !== '');
    const isFirst = database.columns.findIndex((other) => other.table === table) === index;
    if (!table.includes('.') || !isNamed || !isFirst) throw invalid(at(`columns.${index}`));
  });
  database.resyncs.forEach(({ table, request }, index) => {
    if (!table.includes('.') || request < 1) throw invalid(at(`resyncs.${index}`));
  });
  if (database.tableJobs > MOST_JOBS) throw invalid(at('table_jobs'));
  if (database.indexJobs > MOST_JOBS) throw invalid(at('index_jobs'));
  if (database.maxRetainedWalBytes < 0) throw invalid(at('max_retained_wal_bytes'));
  return {
    ...database,
    mode: required(MODES[database.mode], at('mode')),
    targetPolicy: required(POLICIES[database.targetPolicy], at('target_policy')),
    verify: required(LEVELS[database.verify], at('verify')),
  };
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
