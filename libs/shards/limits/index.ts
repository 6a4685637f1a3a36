export * from './limit-migrations';
export { LimitStore } from './limit-store';
export { type Charge, type LimitedWork } from './limited-work';
export * from './limits';
export { SharedLimits, type SharedLimitsOptions } from './shared-limits';
