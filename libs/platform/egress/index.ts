export type { Dialer, DialTarget } from './dialer';
export { dialerFor, type DialerSettings } from './dialer-for';
export type { ConnectionGuard } from './direct-dialer';
export { createEgressGuard, type EgressGuard, type EgressSettings, type GuardedLookup } from './egress-guard';
export { egressSettings } from './egress-settings';
export { guardedAgents, type GuardedAgents } from './guarded-agents';
export { guardedConnect, type GuardedConnectOptions } from './guarded-connect';
export { tlsError } from './tls-errors';
export { undiciConnector, type UndiciConnectorOptions } from './undici-connector';
