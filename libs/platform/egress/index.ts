export { createEgressGuard, type EgressGuard, type EgressSettings, type GuardedLookup } from './egress-guard';
export { guardedAgents, type GuardedAgents } from './guarded-agents';
export { guardedFetch } from './guarded-fetch';
