export { AdmissionGate, type GateOptions } from './admission-gate';
export type { ClassLimits, Permit } from './class-limits';
