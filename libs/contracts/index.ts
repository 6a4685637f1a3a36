/** Messages and services generated from `proto/`, a namespace for each package. Regenerate with `npm run proto:generate`. */
export * as commonV1 from './contracts-common-v1';
export * as credentialV1 from './generated/proto/smartant/credential/v1/credential_service';
export * as eventsV1 from './generated/proto/smartant/events/v1/events';
export * as migrationV1 from './generated/proto/smartant/migration/v1/migration_service';
export * as migratorV1 from './generated/proto/smartant/migrator/v1/migrator_service';
export * as notificationV1 from './generated/proto/smartant/notification/v1/notification_service';
export * as policyV1 from './generated/proto/smartant/policy/v1/policy';
export * as rpcDetails from './generated/proto/google/rpc/error_details';
export { Status as RpcStatus } from './generated/proto/google/rpc/status';
export { Any } from './generated/proto/google/protobuf/any';
export { rpcPolicies, type RpcPolicyEntry } from './generated/rpc-policies';
