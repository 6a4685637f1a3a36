import type { PostgresLocation } from '@smartant/connectors';
import { commonV1 } from '@smartant/contracts';
import type { DatabaseMode, DatabaseScope, DatabaseVerify, TargetPolicy } from '../../domain/migration/database-scope';
import { tlsToProto, wayToProto } from './network-to-proto';

const TLS_MODES: Record<PostgresLocation['tlsMode'], commonV1.TlsMode> = {
  disable: commonV1.TlsMode.TLS_MODE_DISABLE,
  require: commonV1.TlsMode.TLS_MODE_REQUIRE,
  'verify-ca': commonV1.TlsMode.TLS_MODE_VERIFY_CA,
  'verify-full': commonV1.TlsMode.TLS_MODE_VERIFY_FULL,
};
const MODES: Record<DatabaseMode, commonV1.DatabaseMode> = {
  live: commonV1.DatabaseMode.DATABASE_MODE_LIVE,
  snapshot: commonV1.DatabaseMode.DATABASE_MODE_SNAPSHOT,
};
const TARGET_POLICIES: Record<TargetPolicy, commonV1.TargetPolicy> = {
  refuse: commonV1.TargetPolicy.TARGET_POLICY_REFUSE,
  append: commonV1.TargetPolicy.TARGET_POLICY_APPEND,
  replace: commonV1.TargetPolicy.TARGET_POLICY_REPLACE,
};
const VERIFY_LEVELS: Record<DatabaseVerify, commonV1.DatabaseVerify> = {
  content: commonV1.DatabaseVerify.DATABASE_VERIFY_CONTENT,
  counts: commonV1.DatabaseVerify.DATABASE_VERIFY_COUNTS,
  frozen: commonV1.DatabaseVerify.DATABASE_VERIFY_FROZEN,
};

export function postgresToProto({
  host,
  port,
  database,
  user,
  tlsMode,
  tlsCaPem = '',
  tls,
  via,
}: PostgresLocation): commonV1.PostgresLocation {
  const network = { via: (via ?? []).map(wayToProto), tls: tlsToProto(tls) };
  return { host, port, database, user, tlsMode: TLS_MODES[tlsMode], tlsCaPem, ...network };
}

export function databaseScopeToProto(scope: DatabaseScope): commonV1.DatabaseScope {
  return {
    ...scope,
    tablespaces: scope.tablespaces ?? [],
    publications: scope.publications ?? false,
    columns: scope.columns ?? [],
    resyncs: scope.resyncs ?? [],
    mode: MODES[scope.mode],
    targetPolicy: TARGET_POLICIES[scope.targetPolicy],
    verify: VERIFY_LEVELS[scope.verify],
  };
}
